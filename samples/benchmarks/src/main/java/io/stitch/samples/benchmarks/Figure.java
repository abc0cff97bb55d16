package io.stitch.samples.benchmarks;

/**
 * A row of the table.
 *
 * @param name what was measured
 * @param sample its value
 * @param unit the unit of the value
 * @param limit how good it has to be
 * @param note what it was compared with
 */
record Figure(String name, Sample sample, String unit, Limit limit, String note) {
    boolean hasLimit() {
        return limit.kind() != Limit.Kind.NONE;
    }

    boolean ok() {
        return limit.admits(sample.median());
    }
}
