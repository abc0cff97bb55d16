/**
 * Pending writes: a lane for each record that has any, with the server's state of it and the rows on top, from when a write is taken until
 * it is settled or refused; in what order they are sent, and what the disk knows of that. Knows {@code intake}, which brings them here,
 * {@code writes}, which says what a write is, and {@code records}, which it writes on top of. {@code PendingWrites} is its door.
 */
@NullMarked
package io.stitch.reactive.internal.lanes;

import org.jspecify.annotations.NullMarked;
