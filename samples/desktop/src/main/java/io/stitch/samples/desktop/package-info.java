/**
 * The desktop board: a JavaFX window on a store. Begin with {@link io.stitch.samples.desktop.Board}, which says what is kept in sync;
 * {@link io.stitch.samples.desktop.LiveList} draws a live query as an observable list, and
 * {@link io.stitch.samples.desktop.BoardModel} is everything between the store and the window.
 */
@NullMarked
package io.stitch.samples.desktop;

import org.jspecify.annotations.NullMarked;
