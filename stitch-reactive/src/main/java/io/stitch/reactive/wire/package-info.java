/**
 * The wire: topics, change events, hello, requests and replies, and the bounded decoding of everything that arrives.
 *
 * <p>Pure functions and immutable data, safe on any thread. It knows no other package of the module; every other one may
 * use it.
 */
@NullMarked
package io.stitch.reactive.wire;

import org.jspecify.annotations.NullMarked;
