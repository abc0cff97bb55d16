/** What is known of who else holds the records of a scope, and how that is told. Used by {@code peer.internal}. On the store's worker. */
@NullMarked
package io.stitch.reactive.peer.internal.safety;

import org.jspecify.annotations.NullMarked;
