/**
 * Live queries: an ordered index of what a query matches, kept up to date by difference, and what changed in the part of it that is shown.
 * Knows {@code records} and {@code wire}. One subscriber's query is worked on by one thread at a time; its results are immutable.
 */
@NullMarked
package io.stitch.reactive.internal.queries;

import org.jspecify.annotations.NullMarked;
