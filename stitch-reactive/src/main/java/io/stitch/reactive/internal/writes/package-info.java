/**
 * Writes from the moment that somebody subscribes to them until they are settled: rules, the queue and its lanes, rows in doubt, and the
 * journal that keeps them together with the records. Knows {@code records}, which it writes on top of, and {@code wire}.
 */
@NullMarked
package io.stitch.reactive.internal.writes;

import org.jspecify.annotations.NullMarked;
