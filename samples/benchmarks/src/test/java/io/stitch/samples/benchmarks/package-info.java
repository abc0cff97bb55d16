@NullMarked
package io.stitch.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
