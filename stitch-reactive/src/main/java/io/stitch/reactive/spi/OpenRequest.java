package io.stitch.reactive.spi;

import io.stitch.reactive.ModeMismatchException;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * What a store says about itself when it opens what was kept.
 *
 * @param mode the name of its sync mode
 * @param entities what it says about its entities, by name; a persistence may use it to answer lists fast, and need not
 */
public record OpenRequest(String mode, Map<String, KeptEntity> entities) {
    /**
     * Copies the map.
     *
     * @param mode the name of the store's sync mode
     * @param entities what it says about its entities
     */
    public OpenRequest {
        entities = Map.copyOf(entities);
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
