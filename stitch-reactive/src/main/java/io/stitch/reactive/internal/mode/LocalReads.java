package io.stitch.reactive.internal.mode;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Answers reads and lists from this store: from disk where records are kept, so that closed scopes count too, and from the open
 * scopes where they are not. What is pending counts as it is shown. Cold; answers on the worker or the persistence's thread.
 */
public final class LocalReads {
    private final SyncContext context;
    private final Supplier<Collection<String>> openScopes;

    /**
     * Makes a reader.
     *
     * @param context the store
     * @param openScopes the scopes that are open; asked on the worker
     */
    public LocalReads(SyncContext context, Supplier<Collection<String>> openScopes) {
        this.context = context;
        this.openScopes = openScopes;
    }

    /**
     * {@return whether records are kept, so that more than what is open can be read}
     */
    public boolean keepsRecords() {
        return context.persistence().keepsRecords();
    }

    /**
     * Reads a record.
     *
     * @param entity its entity
     * @param id its id
     * @param projection the fields to return besides the id; empty for all
     * @return the record; empty if there is none here, and one of them if several scopes have one
     */
    public Mono<ObjectNode> read(String entity, String id, List<String> projection) {
        ScopeKeys keys = context.records().scopeKeys();
        return (keys.scoped() && context.schema().children().containsKey(entity)
                        ? list(new ListRequest(
                                        entity,
                                        List.of(new ListRequest.Filter("id", ListQuery.Operator.EQ, Json.text(id))),
                                        List.of(),
                                        List.of(),
                                        1,
                                        0))
                                .next()
                        : read(keys.target("", entity, id)))
                .map(record -> project(Bookkeeping.read(record.json()), projection));
    }

    private Mono<StoredRecord> read(RecordKey key) {
        return Mono.defer(() -> {
                    StoredRecord held = context.records().shown(key);
                    return held != null
                                    || !keepsRecords()
                                    || context.records().pending().has(key)
                            ? Mono.justOrEmpty(held)
                            : context.journal()
                                    .settled()
                                    .thenMany(Flux.defer(
                                            () -> context.persistence().find(Set.of(key))))
                                    .filter(this::isShown)
                                    .next();
                })
                .subscribeOn(context.writes().inOrder());
    }

    private static ObjectNode project(ObjectNode record, List<String> projection) {
        if (!projection.isEmpty()) {
            List<String> kept = new ArrayList<>(projection);
            kept.add("id");
            record.retain(kept);
        }
        return record;
    }

    /**
     * Lists records.
     *
     * @param entity the entity
     * @param query which of them
     * @return the records, in the order asked for
     */
    public Flux<ObjectNode> list(String entity, ListQuery query) {
        return list(request(entity, query)).map(record -> Bookkeeping.read(record.json()));
    }

    /**
     * Lists records.
     *
     * @param request which
     * @return the records, in the order asked for
     */
    public Flux<StoredRecord> list(ListRequest request) {
        return Flux.defer(() -> keepsRecords()
                        ? context.journal().settled().thenMany(Flux.defer(() -> kept(request)))
                        : Flux.fromIterable(request.answeredFrom(inMemory(request.entity()))))
                .subscribeOn(context.writes().inOrder());
    }

    /**
     * Puts the roots that are kept here into the live list of roots, as far as it does not have them. Cold.
     *
     * @param wanted whether they still are; asked on the worker for each
     * @return completes when all are in the list, or could not be read, which is reported
     */
    public Mono<Void> fillRoots(BooleanSupplier wanted) {
        String root = context.schema().root();
        return list(new ListRequest(root, List.of(), List.of(), List.of(), Integer.MAX_VALUE, 0))
                .publishOn(context.serial())
                .filter(record -> wanted.getAsBoolean()
                        && context.roots().get(record.key()) == null // What came meanwhile is newer.
                        && context.isOwnRoot(Json.readObject(record.json())))
                .doOnNext(record -> context.roots()
                        .put(
                                new StoredRecord(record.key(), SyncContext.ROOTS_KEY, record.version(), record.json()),
                                Origin.REMOTE))
                .doOnComplete(() -> context.roots().flush())
                .then()
                .onErrorResume(error -> {
                    context.diagnostics()
                            .report(
                                    DiagnosticCode.PERSISTENCE_FAILED,
                                    root,
                                    "the roots could not be listed: " + error.getMessage());
                    return Mono.empty();
                });
    }

    /** On the worker. */
    private Flux<StoredRecord> kept(ListRequest request) {
        Map<RecordKey, Optional<StoredRecord>> pending =
                context.records().pending().shown(request.entity());
        if (pending.isEmpty()) {
            return keptAndShown(request);
        }
        // Each may take the place of one on disk, or come before the page.
        long needed = (long) request.offset() + request.limit() + pending.size();
        ListRequest fromDisk = new ListRequest(
                request.entity(),
                request.filters(),
                request.alternatives(),
                request.sorts(),
                List.of(),
                (int) Math.min(needed, Integer.MAX_VALUE),
                0);
        return keptAndShown(fromDisk)
                .filter(record -> !pending.containsKey(record.key()))
                .concatWith(Flux.fromStream(() -> pending.values().stream().flatMap(Optional::stream)))
                .collectList()
                .flatMapIterable(request::answeredFrom);
    }

    private boolean isShown(StoredRecord record) {
        return !context.records().isHidden(record);
    }

    /** What scopes that show nothing have on disk takes no place on a page. */
    private Flux<StoredRecord> keptAndShown(ListRequest request) {
        ListRequest whole = new ListRequest(
                request.entity(),
                request.filters(),
                request.alternatives(),
                request.sorts(),
                request.projection(),
                Integer.MAX_VALUE,
                0);
        return context.records().conceals()
                ? context.persistence()
                        .list(whole)
                        .filter(this::isShown)
                        .skip(request.offset())
                        .take(request.limit())
                : context.persistence().list(request);
    }

    private List<StoredRecord> inMemory(String entity) {
        List<StoredRecord> records = new ArrayList<>();
        Set<String> keys = new LinkedHashSet<>(openScopes.get());
        keys.add(WireSchema.topLevelKey(entity));
        for (String scope : keys) {
            ScopeRecords open = context.records().scope(scope);
            if (open != null) {
                records.addAll(open.of(entity));
            }
        }
        return records;
    }

    /**
     * What a query asks for, as it is asked of memory or of a persistence.
     *
     * @param entity the entity
     * @param query the query
     * @return the request
     */
    public static ListRequest request(String entity, ListQuery query) {
        return new ListRequest(
                entity,
                query.filters().stream().map(LocalReads::filter).toList(),
                query.alternatives().stream()
                        .map(choice -> choice.stream().map(LocalReads::filter).toList())
                        .toList(),
                query.sorts(),
                query.projection(),
                query.limit().orElse(Integer.MAX_VALUE),
                query.offset());
    }

    private static ListRequest.Filter filter(ListQuery.Filter filter) {
        return new ListRequest.Filter(
                filter.field(), filter.operator(), Json.mapper().valueToTree(filter.value()));
    }
}
