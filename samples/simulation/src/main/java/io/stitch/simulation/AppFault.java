package io.stitch.simulation;

/** What an application's own code throws in the middle of a library: no problem of the library's, if it bears it. */
public final class AppFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Throws no stack trace along: there are many of these. */
    public AppFault() {
        super("The application's callback fails on purpose.", null, false, false);
    }

    /** The stack overflows in an application's callback. */
    public static final class Overflow extends StackOverflowError {
        private static final long serialVersionUID = 1;

        /** Says what it is. */
        public Overflow() {
            super("The application's callback overflows the stack on purpose.");
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    /**
     * Tells whether the application is to blame.
     *
     * @param error an error
     * @return whether it, or what caused it, was thrown on purpose
     */
    public static boolean isBehind(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof AppFault || each instanceof Overflow) {
                return true;
            }
        }
        return false;
    }
}
