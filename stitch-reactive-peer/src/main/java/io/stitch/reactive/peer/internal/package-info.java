/**
 * Peer mode at work: scopes that peers share, what wins, tombstones, who is there, and how writes are told. Built on {@code mode} of
 * {@code stitch-reactive}, as server mode is.
 */
@NullMarked
package io.stitch.reactive.peer.internal;

import org.jspecify.annotations.NullMarked;
