/**
 * What a sync mode is, and server mode: the connection and its repair, the capability probe, hello and replay, the list
 * fallback, requests and their replies.
 *
 * <p>It may use {@code store}, {@code transport} and {@code wire}; the root package calls it. Unless a method says
 * otherwise, everything here runs on the store's one serial worker.
 */
@NullMarked
package io.stitch.reactive.sync;

import org.jspecify.annotations.NullMarked;
