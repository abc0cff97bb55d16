/**
 * Server mode: requests and their replies, scopes that follow a server by hello and replay or by listing, and how writes are sent and
 * settled. The sibling of {@code stitch-reactive-peer}; the two know {@code mode}, and nothing of each other. Only {@code runtime} opens it.
 */
@NullMarked
package io.stitch.reactive.internal.server;

import org.jspecify.annotations.NullMarked;
