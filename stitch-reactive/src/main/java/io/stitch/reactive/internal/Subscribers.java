package io.stitch.reactive.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;

/**
 * Keeps what an application's code does to its own stack away from the store. Reactor counts an overflow among the errors that end a JVM;
 * but the stack is whole again when the call has come back, and whoever overflowed it is the only one concerned. Any thread.
 */
public final class Subscribers {
    private static final Logger LOG = LoggerFactory.getLogger(Subscribers.class);

    private Subscribers() {}

    /**
     * Throws what was thrown by a subscriber, if it ends the JVM.
     *
     * @param thrown what was thrown
     */
    public static void throwIfFatal(Throwable thrown) {
        if (!(thrown instanceof StackOverflowError)) {
            Exceptions.throwIfJvmFatal(thrown);
        }
    }

    /**
     * What a subscriber that threw gets as its error.
     *
     * @param thrown what was thrown
     * @return that, or for an overflow an exception with it as its cause, which operators pass on
     */
    public static Throwable error(Throwable thrown) {
        return thrown instanceof StackOverflowError
                ? new IllegalStateException("The subscriber overflowed the stack.", thrown)
                : Exceptions.unwrap(thrown);
    }

    /**
     * Tells somebody something.
     *
     * @param signal may call code of an application
     */
    public static void tell(Runnable signal) {
        try {
            signal.run();
        } catch (StackOverflowError e) {
            LOG.warn("A subscriber overflowed the stack instead of handling a signal; the store goes on", e);
        }
    }
}
