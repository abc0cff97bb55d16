/**
 * What a store holds and keeps: its records and pending writes in memory, what of them is on disk, who it is, and what it tells of writes that
 * nobody waits for. Knows {@code mode} and what that knows, and not what a mode does; only {@code runtime} uses it. {@code LocalState} is its
 * door.
 */
@NullMarked
package io.stitch.reactive.internal.local;

import org.jspecify.annotations.NullMarked;
