/**
 * What is on the wire of both modes: topics, change events, requests and replies, hellos, and JSON with its bounds. Decoding touches no
 * state, so it runs on the network's threads. Knows no other room.
 */
@NullMarked
package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.NullMarked;
