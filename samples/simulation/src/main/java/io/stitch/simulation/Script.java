package io.stitch.simulation;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What happens in one run, made of its seed before anything happens, so that parts of it can be left out.
 *
 * @param conditions under which everything happens, for a reader
 * @param calmable the names of the conditions that can be made better
 * @param fair whether threads take turns
 * @param steps what happens, in this order
 * @param begin makes the world
 * @param end heals the world and looks at it
 * @param <W> the world
 */
public record Script<W>(
        List<String> conditions,
        Set<String> calmable,
        boolean fair,
        List<Step<W>> steps,
        Function<Run, W> begin,
        Consumer<W> end) {}
