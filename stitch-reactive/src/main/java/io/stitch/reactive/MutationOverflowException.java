package io.stitch.reactive;

/**
 * Ends a subscription to every change ({@link Scope#mutations(int)}) whose subscriber was too slow: its buffer was full
 * when one more change came. The buffered changes are delivered before this error; the changes after them are lost to
 * that subscription. Other subscriptions are not affected.
 */
public final class MutationOverflowException extends StitchException {
    private static final long serialVersionUID = 1L;

    /** How many changes were buffered. */
    private final int buffered;

    /**
     * Makes the error.
     *
     * @param buffered how many changes were waiting, which is as many as the buffer takes
     * @param cause what noticed the overflow
     */
    public MutationOverflowException(int buffered, Throwable cause) {
        super(
                "The subscriber had " + buffered
                        + " undelivered changes, as many as its buffer takes, when one more came: "
                        + "it requests changes more slowly than records change, and a stream of every change may skip none. "
                        + "The buffered changes were delivered before this error. Request faster, use a larger buffer, "
                        + "or subscribe to the conflated changes, which hold one change per record and cannot overflow; "
                        + "then subscribe again.",
                cause);
        this.buffered = buffered;
    }

    /**
     * {@return how many changes were waiting}
     */
    public int buffered() {
        return buffered;
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
