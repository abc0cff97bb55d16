package io.stitch.reactive.test;

/** What the stores held when a test failed: attached to the failure, so that it is seen wherever that is shown. */
final class StoresAtFailure extends Exception {
    private static final long serialVersionUID = 1;

    StoresAtFailure(String report) {
        super(report, null, false, false);
    }
}
