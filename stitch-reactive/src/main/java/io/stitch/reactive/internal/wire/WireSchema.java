package io.stitch.reactive.internal.wire;

import java.util.Map;
import java.util.Set;

/**
 * The entities as topics see them.
 *
 * @param root the root entity
 * @param children each child entity with its scope field
 * @param topLevel the entities that belong to no scope
 */
public record WireSchema(String root, Map<String, String> children, Set<String> topLevel) {
    /**
     * Copies the collections.
     *
     * @param root the root entity
     * @param children each child entity with its scope field
     * @param topLevel the entities that belong to no scope
     */
    public WireSchema {
        children = Map.copyOf(children);
        topLevel = Set.copyOf(topLevel);
    }
}
