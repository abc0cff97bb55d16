package io.stitch.reactive;

/** What became of writes, in a word. */
final class Outcomes {
    private Outcomes() {}

    /** {@return why a write failed: the reason of a request, or else the kind of the error} */
    static String name(Throwable error) {
        return error instanceof RequestRefusedException refused
                ? refused.reason().name()
                : error instanceof RequestFailedException failed
                        ? failed.reason().name()
                        : error.getClass().getSimpleName();
    }
}
