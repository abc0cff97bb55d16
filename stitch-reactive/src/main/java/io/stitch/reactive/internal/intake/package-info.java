/**
 * From any thread to the store's worker: writes, and tasks that must not overtake them, in the order in which they were handed over, and
 * who waits for what becomes of them. Knows {@code writes}, which says what a write is. {@code InOrder} is its door.
 */
@NullMarked
package io.stitch.reactive.internal.intake;

import org.jspecify.annotations.NullMarked;
