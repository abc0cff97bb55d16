package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.queries.LiveQuery;
import io.stitch.reactive.internal.queries.RowReader;
import io.stitch.reactive.internal.records.PendingRoots;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.records.Touched;
import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Shows stored records as typed events and lists. */
final class RecordViews {
    private final RecordStore store;
    private final RecordMapper mapper;
    private final Scheduler serial;
    private final Scheduler views;
    private final Diagnostics diagnostics;
    private final RecordViews here;

    /**
     * Makes views.
     *
     * @param serial brings a subscriber to the worker, and does not overtake writes
     * @param views where lists are read
     */
    RecordViews(RecordStore store, RecordMapper mapper, Scheduler serial, Scheduler views, Diagnostics diagnostics) {
        this.store = store;
        this.mapper = mapper;
        this.serial = serial;
        this.views = views;
        this.diagnostics = diagnostics;
        this.here = serial == Schedulers.immediate()
                ? this
                : new RecordViews(store, mapper, Schedulers.immediate(), views, diagnostics);
    }

    /** {@return the same, for whoever is on the worker when they subscribe} Nothing can come between then. */
    RecordViews here() {
        return here;
    }

    Flux<RecordEvent> events(ScopeRecords records, Object owner) {
        return events(records.hub().conflated(records::all, serial, owner));
    }

    Flux<RecordEvent> mutations(ScopeRecords records, int bufferSize, Object owner) {
        return events(records.hub().mutations(bufferSize, serial, owner));
    }

    private Flux<RecordEvent> events(Flux<RecordChange> changes) {
        return changes.map(change -> new TypedEvent(change, mapper));
    }

    <T> Flux<List<T>> lists(ScopeRecords records, EntityType<T> type) {
        return query(records, type, ListQuery.all(), false).map(QueryResult::records);
    }

    /** The same, with what is known of each record besides its fields. */
    <T> Flux<List<RecordRow<T>>> rows(ScopeRecords records, EntityType<T> type) {
        return query(records, type, ListQuery.all(), true).map(QueryResult::rows);
    }

    <T> Flux<QueryResult<T>> query(ScopeRecords records, EntityType<T> type, ListQuery query) {
        return query(records, type, query, true);
    }

    private <T> Flux<QueryResult<T>> query(ScopeRecords records, EntityType<T> type, ListQuery query, boolean marks) {
        LiveQuery<T> live = live(type, query, marks);
        return watching(() -> records.watch(type.name()), touched -> live.over(touched, views), records::unwatch);
    }

    /** Over all scopes that are open. */
    <T> Flux<QueryResult<T>> queryOpen(EntityType<T> type, ListQuery query) {
        LiveQuery<T> live = live(type, query, true);
        return watching(() -> store.watchOpen(type.name()), touched -> live.over(touched, views), store::unwatch);
    }

    /** Over all that is kept: read once, and again where more changed than is remembered. */
    <T> Flux<QueryResult<T>> queryKept(EntityType<T> type, ListQuery query, LocalReads kept, Scheduler worker) {
        LiveQuery<T> live = live(type, query, true);
        ListRequest all = new ListRequest(
                type.name(),
                live.request().filters(),
                live.request().alternatives(),
                List.of(),
                List.of(),
                Integer.MAX_VALUE,
                0);
        return watching(
                () -> store.watchKept(type.name()),
                touched -> {
                    Flux<Void> loading = touched.loads()
                            .concatMap(
                                    signal -> {
                                        int reading = touched.loading();
                                        return kept.list(all)
                                                .map(record -> new Held(
                                                        record, store.pending().has(record.key())))
                                                .collectList()
                                                .publishOn(worker)
                                                .doOnNext(records -> touched.loaded(reading, records))
                                                .then();
                                    },
                                    1);
                    return live.over(touched, views).takeUntilOther(loading);
                },
                store::unwatch);
    }

    /** Registers on the worker, so that no change comes between what is there and what changes. */
    <E> Flux<E> watching(Supplier<Touched> watch, Function<Touched, Flux<E>> view, Consumer<Touched> unwatch) {
        return Flux.using(watch::get, view, unwatch)
                .subscribeOn(serial, false)
                // A closed store has no worker any more, and nothing to show.
                .onErrorComplete(RejectedExecutionException.class);
    }

    private <T> LiveQuery<T> live(EntityType<T> type, ListQuery query, boolean marks) {
        ListRequest request = LocalReads.request(type.name(), query);
        return new LiveQuery<>(request, query.grouping().orElse(null), marks, new Reading<>(request, type));
    }

    private final class Reading<T> implements RowReader<T> {
        private final ListRequest request;
        private final EntityType<T> type;
        private final boolean reusable;

        Reading(ListRequest request, EntityType<T> type) {
            this.request = request;
            this.type = type;
            this.reusable = Immutability.of(type.javaType());
        }

        @Override
        public @Nullable T read(StoredRecord record) {
            return readOrReport(type, request.projected(record));
        }

        @Override
        public long version(StoredRecord record) {
            return RecordViews.this.version(record);
        }

        @Override
        public boolean isReusable() {
            return reusable;
        }
    }

    /** One record that does not fit must not end the list of those that do. */
    private <T> @Nullable T readOrReport(EntityType<T> type, StoredRecord record) {
        try {
            return mapper.read(type, record.json());
        } catch (SchemaException e) {
            diagnostics.report(
                    DiagnosticCode.UNREADABLE_RECORD,
                    record.entity() + '/' + record.id(),
                    String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Among peers, where the scope is a part of what a record is, nobody counts: the number of a record is a time. */
    private long version(StoredRecord record) {
        return store.scopeKeys().scoped() ? ChangeEvent.NO_VERSION : record.version();
    }

    /** The roots that the server listed, and on top of them the user's own that have pending writes. */
    <T> Flux<List<T>> roots(ScopeRecords listed, EntityType<T> type, Predicate<StoredRecord> own) {
        PendingRoots pending = store.pendingRoots();
        Flux<Boolean> revisions =
                Flux.merge(pending.revisions(), listed.revisions()).onBackpressureLatest();
        return Flux.defer(() -> {
            RootsView<T> view = new RootsView<>(() -> pending.over(() -> listed.of(type.name()), own), type);
            return revisions.publishOn(views, 1).mapNotNull(revision -> view.refresh());
        });
    }

    <T> List<T> snapshot(@Nullable ScopeRecords records, EntityType<T> type) {
        if (records == null) {
            return List.of();
        }
        List<T> result = new ArrayList<>();
        records.of(type.name()).forEach(record -> result.add(mapper.read(type, record.json())));
        return Collections.unmodifiableList(result);
    }

    <T> Optional<T> get(@Nullable ScopeRecords records, EntityType<T> type, String id) {
        return Optional.ofNullable(records)
                .map(scope -> scope.get(type.name(), id))
                .map(record -> mapper.read(type, record.json()));
    }

    Optional<Instant> expiresAt(@Nullable ScopeRecords records, EntityType<?> type, String id) {
        return Optional.ofNullable(records)
                .map(scope -> scope.get(type.name(), id))
                .flatMap(record -> TypedWrites.expiresAt(Json.readObject(record.json())));
    }

    OptionalLong version(@Nullable ScopeRecords records, EntityType<?> type, String id) {
        StoredRecord record = records == null ? null : records.get(type.name(), id);
        return record == null || version(record) < 1 ? OptionalLong.empty() : OptionalLong.of(version(record));
    }

    boolean isPending(@Nullable ScopeRecords records, EntityType<?> type, String id) {
        return records != null
                && store.pending().has(store.scopeKeys().key(records.key(), type.name(), id), records.key());
    }

    Flux<Set<String>> pending(ScopeRecords records, EntityType<?> type) {
        return records.revisions()
                .publishOn(views, 1)
                .map(revision -> records.pendingChanges())
                .distinctUntilChanged()
                .map(change -> store.pending().ids(type.name(), records.key()))
                .distinctUntilChanged();
    }

    /**
     * The list of roots as one subscriber sees it. Keeps the objects of the last list, so that a change costs one conversion and not one for each
     * record; unless whoever got them could have changed them.
     */
    private final class RootsView<T> {
        private final Supplier<Collection<StoredRecord>> records;
        private final EntityType<T> type;
        private final boolean reusable;
        private Map<String, Shown<T>> shown = Map.of();
        private boolean first = true;

        RootsView(Supplier<Collection<StoredRecord>> records, EntityType<T> type) {
            this.records = records;
            this.type = type;
            this.reusable = Immutability.of(type.javaType());
        }

        /** The newest list, or {@code null} if it is the last one still. */
        @Nullable
        List<T> refresh() {
            Map<String, Shown<T>> next = new LinkedHashMap<>();
            List<T> list = new ArrayList<>();
            boolean changed = first;
            for (StoredRecord record : records.get()) {
                Shown<T> before = shown.get(record.id());
                Shown<T> now = before;
                if (now == null || !now.isOf(record)) {
                    now = new Shown<>(record, reusable ? readOrReport(type, record) : null);
                    changed = true;
                }
                next.put(record.id(), now);
                if (now.value != null) {
                    list.add(now.value);
                }
            }
            changed |= next.size() != shown.size();
            shown = next;
            first = false;
            if (!changed) {
                return null;
            }
            return Collections.unmodifiableList(reusable ? list : anew());
        }

        private List<T> anew() {
            List<T> list = new ArrayList<>();
            for (Shown<T> each : shown.values()) {
                T value = readOrReport(type, each.record);
                if (value != null) {
                    list.add(value);
                }
            }
            return list;
        }
    }

    private record Shown<T>(StoredRecord record, @Nullable T value) {
        @SuppressWarnings("ReferenceEquality") // Records are immutable, so the same object is the same state.
        boolean isOf(StoredRecord current) {
            return record == current;
        }
    }
}
