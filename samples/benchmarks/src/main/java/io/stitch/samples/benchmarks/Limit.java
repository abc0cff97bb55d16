package io.stitch.samples.benchmarks;

/**
 * How good a figure has to be.
 *
 * @param kind on which side of the value the good figures are
 * @param value the last value that is good enough
 */
record Limit(Kind kind, double value) {
    /** On which side of a limit the good figures are. */
    enum Kind {
        /** Smaller is better. */
        AT_MOST,
        /** Larger is better. */
        AT_LEAST,
        /** The figure is there for comparison only. */
        NONE
    }

    static final Limit NONE = new Limit(Kind.NONE, 0);

    static Limit atMost(double value) {
        return new Limit(Kind.AT_MOST, value);
    }

    static Limit atLeast(double value) {
        return new Limit(Kind.AT_LEAST, value);
    }

    boolean admits(double figure) {
        return switch (kind) {
            case AT_MOST -> figure <= value;
            case AT_LEAST -> figure >= value;
            case NONE -> true;
        };
    }

    /** {@return it as the table shows it} */
    @Override
    public String toString() {
        return switch (kind) {
            case AT_MOST -> "<= " + Table.number(value);
            case AT_LEAST -> ">= " + Table.number(value);
            case NONE -> "";
        };
    }
}
