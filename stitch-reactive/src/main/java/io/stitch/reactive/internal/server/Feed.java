package io.stitch.reactive.internal.server;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.internal.records.RecordStore;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Supplier;

/**
 * What is subscribed to and compared as one: a scope, a top-level entity, or the list of roots.
 *
 * @param key the key of its records in the store
 * @param scopeId the scope, if it is one: only a scope can be asked for by hello
 * @param filters the topic filters that bring its events
 * @param sources what is listed to compare it on an old server; asked each time, because it may depend on the user
 * @param store where its records are kept
 */
record Feed(
        String key, @Nullable String scopeId, List<String> filters, Supplier<List<Source>> sources, RecordStore store) {

    /**
     * A part of a feed: one record, or a filtered list.
     *
     * @param entity the entity
     * @param id the record, or {@code null} for a list
     * @param field the field that a list is filtered by, or {@code null} for all records
     * @param value the value that the field must have
     * @param query what an application asked for, in the order of ids, or {@code null}
     * @param shared whether it is what others share with the user, which is a list apart
     */
    record Source(
            String entity,
            @Nullable String id,
            @Nullable String field,
            @Nullable String value,
            @Nullable ListQuery query,
            boolean shared) {
        static Source record(String entity, String id) {
            return new Source(entity, id, null, null, null, false);
        }

        static Source list(String entity, @Nullable String field, @Nullable String value) {
            return new Source(entity, null, field, value, null, false);
        }

        static Source shared(String entity) {
            return new Source(entity, null, null, null, null, true);
        }

        static Source query(String entity, ListQuery query) {
            return new Source(entity, null, null, null, query, false);
        }
    }
}
