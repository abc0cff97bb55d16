package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.records.PendingRoots;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Json;
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
        return lists(records.revisions(), () -> records.of(type.name()), type);
    }

    /** The same, with what is known of each record besides its fields. */
    <T> Flux<List<RecordRow<T>>> rows(ScopeRecords records, EntityType<T> type) {
        return lists(
                records.revisions(),
                () -> records.of(type.name()),
                type,
                () -> store.pendingIds(type.name(), records.key()),
                (record, value, pending) -> new RecordRow<>(value, version(record), pending));
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
        return lists(revisions, () -> pending.over(() -> listed.of(type.name()), own), type);
    }

    private <T> Flux<List<T>> lists(
            Flux<Boolean> revisions, Supplier<Collection<StoredRecord>> records, EntityType<T> type) {
        return lists(revisions, records, type, Set::of, (record, value, pending) -> value);
    }

    private <T, E> Flux<List<E>> lists(
            Flux<Boolean> revisions,
            Supplier<Collection<StoredRecord>> records,
            EntityType<T> type,
            Supplier<Set<String>> pending,
            ListView.Element<T, E> element) {
        return Flux.defer(() -> {
            ListView<T, E> view = new ListView<>(records, type, mapper, diagnostics, pending, element);
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
        return records != null && store.isPending(store.scopeKeys().key(records.key(), type.name(), id), records.key());
    }

    Flux<Set<String>> pending(ScopeRecords records, EntityType<?> type) {
        return records.revisions()
                .publishOn(views, 1)
                .map(revision -> records.pendingChanges())
                .distinctUntilChanged()
                .map(change -> store.pendingIds(type.name(), records.key()))
                .distinctUntilChanged();
    }

    /**
     * The list of an entity's records as one subscriber sees it. Keeps the objects of the last list, so that a change costs one conversion
     * and not one for each record; unless whoever got them could have changed them.
     */
    private static final class ListView<T, E> {
        private final Supplier<Collection<StoredRecord>> records;
        private final EntityType<T> type;
        private final RecordMapper mapper;
        private final Diagnostics diagnostics;
        private final Supplier<Set<String>> pending;
        private final Element<T, E> element;
        private final boolean reusable;
        private Map<String, Shown<T>> shown = Map.of();
        private boolean first = true;

        /** What stands in the list for a record. */
        interface Element<T, E> {
            E of(StoredRecord record, T value, boolean pending);
        }

        ListView(
                Supplier<Collection<StoredRecord>> records,
                EntityType<T> type,
                RecordMapper mapper,
                Diagnostics diagnostics,
                Supplier<Set<String>> pending,
                Element<T, E> element) {
            this.records = records;
            this.type = type;
            this.mapper = mapper;
            this.diagnostics = diagnostics;
            this.pending = pending;
            this.element = element;
            this.reusable = Immutability.of(type.javaType());
        }

        /** The newest list, or {@code null} if it is the last one still. */
        @Nullable
        List<E> refresh() {
            Collection<StoredRecord> current = records.get();
            Set<String> nowPending = pending.get();
            Map<String, Shown<T>> next = new LinkedHashMap<>();
            List<E> list = new ArrayList<>();
            boolean changed = first;
            for (StoredRecord record : current) {
                boolean marked = nowPending.contains(record.id());
                Shown<T> before = shown.get(record.id());
                Shown<T> now;
                if (before == null || !before.isOf(record)) {
                    now = new Shown<>(record, reusable ? read(record) : null, marked);
                    changed = true;
                } else if (before.pending != marked) {
                    now = new Shown<>(record, before.value, marked);
                    changed = true;
                } else {
                    now = before;
                }
                next.put(record.id(), now);
                if (now.value != null) {
                    list.add(element.of(record, now.value, marked));
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

        private List<E> anew() {
            List<E> list = new ArrayList<>();
            for (Shown<T> each : shown.values()) {
                T value = read(each.record);
                if (value != null) {
                    list.add(element.of(each.record, value, each.pending));
                }
            }
            return list;
        }

        /** One record that does not fit must not end the list of those that do. */
        private @Nullable T read(StoredRecord record) {
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

        private record Shown<T>(
                StoredRecord record, @Nullable T value, boolean pending) {
            @SuppressWarnings("ReferenceEquality") // Records are immutable, so the same object is the same state.
            boolean isOf(StoredRecord current) {
                return record == current;
            }
        }
    }
}
