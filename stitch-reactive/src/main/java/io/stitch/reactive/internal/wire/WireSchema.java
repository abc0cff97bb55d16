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
    /** Begins the keys of the records of entities that belong to no scope. No record's id has it. */
    private static final String TOP_LEVEL = "#";

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

    /**
     * Names the set of an entity's records.
     *
     * @param entity the entity
     * @return a key that no scope id can equal
     */
    public static String topLevelKey(String entity) {
        return TOP_LEVEL + entity;
    }

    /**
     * Tells whether a key names records that belong to no scope.
     *
     * @param key the key of a set of records
     * @return whether it is one that {@link #topLevelKey} gives
     */
    public static boolean isTopLevel(String key) {
        return key.startsWith(TOP_LEVEL);
    }

    /**
     * The entity of records that belong to no scope.
     *
     * @param key a key that {@link #topLevelKey} gave
     * @return the entity
     */
    public static String topLevelEntity(String key) {
        return key.substring(TOP_LEVEL.length());
    }
}
