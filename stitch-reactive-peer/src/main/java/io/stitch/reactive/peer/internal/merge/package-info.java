/**
 * How two states of one record become one, field by field (protocol section 5.4). Values and pure functions: nothing here knows of a store. Called
 * by the replica, by what stamps writes, and by what says what is held.
 */
@NullMarked
package io.stitch.reactive.peer.internal.merge;

import org.jspecify.annotations.NullMarked;
