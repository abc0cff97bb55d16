package io.stitch.reactive.spi;

import io.stitch.reactive.ModeMismatchException;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * What a store says about itself when it opens what was kept.
 *
 * @param mode the name of its sync mode
 * @param entities what it says about its entities, by name; a persistence may use it to answer lists fast, and need not
 * @param scopedKeys whether the scope is a part of each record's identity, as among peers
 */
public record OpenRequest(String mode, Map<String, KeptEntity> entities, boolean scopedKeys) {
    /**
     * Copies the map.
     *
     * @param mode the name of the store's sync mode
     * @param entities what it says about its entities
     * @param scopedKeys whether the scope is a part of each record's identity
     */
    public OpenRequest {
        entities = Map.copyOf(entities);
    }

    /**
     * A request of a store whose records may be in any scope.
     *
     * @param mode the name of the store's sync mode
     * @param entities what it says about its entities
     */
    public OpenRequest(String mode, Map<String, KeptEntity> entities) {
        this(mode, entities, false);
    }

    /**
     * Asks to open for a sync mode, without a word about entities.
     *
     * @param mode the name of the store's sync mode
     * @return the request
     */
    public static OpenRequest of(String mode) {
        return new OpenRequest(mode, Map.of());
    }

    /**
     * Names a record as this store does: for a persistence that keeps the parts of a key, and the scope only once.
     *
     * @param scope the key of the set of records that it is, or was, in
     * @param entity its entity
     * @param id its id
     * @return the key
     */
    public RecordKey key(String scope, String entity, String id) {
        return scopedKeys ? new RecordKey(scope, entity, id) : new RecordKey(entity, id);
    }

    /**
     * Checks that a database was made in this sync mode.
     *
     * @param persistedMode the mode that it was made in, or {@code null} if it is new
     * @throws ModeMismatchException if it was made in another one
     */
    public void requireSameMode(@Nullable String persistedMode) {
        if (persistedMode != null && !persistedMode.equals(mode)) {
            throw new ModeMismatchException(persistedMode, mode);
        }
    }
}
