/**
 * How a comparison among peers goes (protocol sections 4.8, 4.9 and 5.3): whose hello is taken when, what an own one is answered with and
 * what is asked next, and who says the last word on those of others. Called by the peer's scopes, on the worker; says what it has to say
 * through what it is given, and touches no record.
 */
@NullMarked
package io.stitch.reactive.peer.internal.hello;

import org.jspecify.annotations.NullMarked;
