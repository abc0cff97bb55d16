package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * The reference server that a scenario wants.
 *
 * @param legacy whether it is an old one
 * @param sizes how many records each of its scopes has
 */
record ServerSpec(boolean legacy, List<Integer> sizes) {}
