package io.stitch.samples.benchmarks;

/**
 * A row of the table.
 *
 * @param name what was measured
 * @param sample its value
 * @param unit the unit of the value
 * @param limit the largest value that is good enough; infinite if the row is there for comparison only
 * @param note what it was compared with
 */
record Figure(String name, Sample sample, String unit, double limit, String note) {
    /** {@return a row without a limit} */
    static Figure unlimited(String name, Sample sample, String unit, String note) {
        return new Figure(name, sample, unit, Double.POSITIVE_INFINITY, note);
    }

    boolean hasLimit() {
        return limit != Double.POSITIVE_INFINITY;
    }

    boolean ok() {
        return sample.median() <= limit;
    }
}
