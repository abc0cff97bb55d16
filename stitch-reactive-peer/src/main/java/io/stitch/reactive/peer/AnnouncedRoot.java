package io.stitch.reactive.peer;

import org.jspecify.annotations.Nullable;

/**
 * A scope that peers have announced lately, and what they call it.
 *
 * @param id the scope's id
 * @param name the name that was said last, as a foreign text: of at most 256 characters, without what cannot be seen; {@code null} if nobody says one
 */
public record AnnouncedRoot(String id, @Nullable String name) {}
