package io.stitch.samples.benchmarks;

/**
 * How long it took from asking for a scope, in milliseconds.
 *
 * @param returned until the call returned
 * @param first until the first record was there
 * @param last until the last one was there
 */
record OpenTimes(double returned, double first, double last) {}
