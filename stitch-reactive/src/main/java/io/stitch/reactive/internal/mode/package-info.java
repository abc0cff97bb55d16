/**
 * What a sync mode is ({@link io.stitch.reactive.internal.mode.Mode}, {@link io.stitch.reactive.internal.mode.SyncSession}), how a running
 * one is connected, and what both modes share: the rhythm of hellos, and reading from what is held here. Knows {@code wire}, {@code
 * records}, {@code writes} and {@code connection}; server mode and the peer module are built on it.
 */
@NullMarked
package io.stitch.reactive.internal.mode;

import org.jspecify.annotations.NullMarked;
