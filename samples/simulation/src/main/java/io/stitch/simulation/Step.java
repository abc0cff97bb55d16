package io.stitch.simulation;

import java.util.function.Consumer;

/**
 * Something that somebody does, or that happens to them. Whatever was left out before it, it can be done; it may have no effect then.
 *
 * @param text what it is, for a reader
 * @param pause what happens until the next step
 * @param action does it
 * @param <W> the world that it is done to
 */
public record Step<W>(String text, Pause pause, Consumer<W> action) {}
