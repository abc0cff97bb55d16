package io.stitch.reactive.peer;

import io.stitch.reactive.persistence.ListRequest;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.store.ScopeKeys;
import io.stitch.reactive.store.ScopeRecords;
import io.stitch.reactive.sync.SyncContext;
import io.stitch.reactive.wire.Json;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Answers reads and lists from this store, the only one that can be asked: from disk where records are kept, so that closed scopes
 * count too, and from the open scopes where they are not. Cold; answers on the worker or the persistence's thread.
 */
final class LocalReads {
    private final SyncContext context;
    private final Supplier<Collection<String>> openScopes;

    LocalReads(SyncContext context, Supplier<Collection<String>> openScopes) {
        this.context = context;
        this.openScopes = openScopes;
    }

    Mono<ObjectNode> read(String entity, String id, List<String> projection) {
        RecordKey key = new RecordKey(entity, id);
        return Mono.defer(() -> {
                    StoredRecord held = context.records().get(key);
                    return held != null || !keeps()
                            ? Mono.justOrEmpty(held)
                            : context.journal()
                                    .settled()
                                    .thenMany(Flux.defer(
                                            () -> context.persistence().find(Set.of(key))))
                                    .next();
                })
                .subscribeOn(context.serial())
                .map(record -> project(Json.readObject(record.json()), projection));
    }

    private static ObjectNode project(ObjectNode record, List<String> projection) {
        if (!projection.isEmpty()) {
            List<String> kept = new ArrayList<>(projection);
            kept.add("id");
            record.retain(kept);
        }
        return record;
    }

    Flux<ObjectNode> list(String entity, ObjectNode query) {
        return stored(request(entity, query)).map(record -> Json.readObject(record.json()));
    }

    Flux<StoredRecord> stored(ListRequest request) {
        return Flux.defer(() -> keeps()
                        ? context.journal()
                                .settled()
                                .thenMany(Flux.defer(() -> context.persistence().list(request)))
                        : Flux.fromIterable(request.of(inMemory(request.entity()))))
                .subscribeOn(context.serial());
    }

    private boolean keeps() {
        return context.persistence().keepsRecords();
    }

    private List<StoredRecord> inMemory(String entity) {
        List<StoredRecord> records = new ArrayList<>();
        List<String> keys = new ArrayList<>(openScopes.get());
        keys.add(ScopeKeys.topLevel(entity));
        for (String scope : keys) {
            ScopeRecords open = context.records().scope(scope);
            if (open != null) {
                records.addAll(open.of(entity));
            }
        }
        return records;
    }

    /** Reads a query as the wire has it (protocol section 3.2). */
    private static ListRequest request(String entity, ObjectNode query) {
        List<ListRequest.Filter> filters = new ArrayList<>();
        for (JsonNode filter : query.path("filters")) {
            filters.add(new ListRequest.Filter(
                    filter.path("field").asString(""),
                    ListRequest.Operator.valueOf(filter.path("op").asString("").toUpperCase(Locale.ROOT)),
                    filter.path("value")));
        }
        List<ListRequest.Sort> sorts = new ArrayList<>();
        for (JsonNode sort : query.path("sort")) {
            sorts.add(new ListRequest.Sort(
                    sort.path("field").asString(""),
                    !sort.path("direction").asString("asc").equals("desc")));
        }
        List<String> projection = new ArrayList<>();
        query.path("projection").forEach(field -> projection.add(field.asString("")));
        return new ListRequest(
                entity,
                filters,
                sorts,
                projection,
                query.path("limit").asInt(Integer.MAX_VALUE),
                query.path("offset").asInt(0));
    }
}
