package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;

import java.util.Set;

/**
 * What a persistence may know about an entity.
 *
 * @param scopeField the field whose text is the key of the scope that a record belongs to, or {@code null} if there is none
 * @param indexedFields the fields that lists filter by and sort by
 */
public record KeptEntity(@Nullable String scopeField, Set<String> indexedFields) {
    /**
     * Copies the set.
     *
     * @param scopeField the scope field
     * @param indexedFields the fields that lists filter by and sort by
     */
    public KeptEntity {
        indexedFields = Set.copyOf(indexedFields);
    }
}
