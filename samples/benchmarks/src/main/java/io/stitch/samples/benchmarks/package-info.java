/**
 * What the store costs, measured against the bare MQTT client in the same run. {@link Benchmarks} starts everything; a row of
 * the table is a {@link Figure} of a {@link Scenario}.
 */
@NullMarked
package io.stitch.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
