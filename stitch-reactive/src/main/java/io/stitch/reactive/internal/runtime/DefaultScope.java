package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.writes.LocalWrite.Expected;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** One handle of an open scope. */
final class DefaultScope implements Scope {
    static final int MUTATION_BUFFER = 1_024;

    private final StoreParts store;
    private final String id;
    private final Duration staysWarm;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final TypedWrites writes;
    private volatile @Nullable ScopeRecords records;

    DefaultScope(StoreParts store, String id, Duration staysWarm) {
        this.staysWarm = staysWarm;
        this.store = store;
        this.id = id;
        this.writes = store.writes().until(this::closedError);
    }

    /** Takes the scope's records when the worker has opened it, and lets go of them with {@code null} when it is closed. */
    void attach(ScopeRecords current) {
        this.records = current;
    }

    /** How long its scope is kept from when this handle is closed. */
    Duration staysWarm() {
        return staysWarm;
    }

    /** This handle is closed: its subscribers complete, whoever else has the scope open. On the worker. */
    void detach() {
        ScopeRecords attached = records;
        if (attached != null) {
            attached.hub().complete(this);
            records = null;
        }
        ended.tryEmitEmpty();
    }

    private @Nullable ClosedException closedError() {
        if (store.isClosing()) {
            return Errors.storeClosed();
        }
        return closed.get()
                ? new ClosedException(
                        "This handle of scope '%s' is closed, so nothing is written through it. Open the scope again."
                                .formatted(id))
                : null;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public List<EntityType<?>> types() {
        return store.schema().scopedTypes();
    }

    @Override
    public Flux<RecordEvent> events() {
        return whenOpen(open -> store.views().here().events(open, this));
    }

    @Override
    public Flux<RecordEvent> events(EntityType<?> type) {
        store.requireScoped(type);
        return events().filter(event -> event.isOf(type));
    }

    @Override
    public Flux<RecordEvent> mutations() {
        return mutations(MUTATION_BUFFER);
    }

    @Override
    public Flux<RecordEvent> mutations(int bufferSize) {
        if (bufferSize < 1) {
            throw new IllegalArgumentException(
                    "mutations() needs a buffer of 1 or more, not %d.".formatted(bufferSize));
        }
        return whenOpen(open -> store.views().here().mutations(open, bufferSize, this));
    }

    @Override
    public <T> Flux<List<T>> records(EntityType<T> type) {
        store.requireScoped(type);
        return whenOpen(open -> whileOpen(store.views().here().lists(open, type)));
    }

    @Override
    public <T> Flux<List<RecordRow<T>>> rows(EntityType<T> type) {
        store.requireScoped(type);
        return whenOpen(open -> whileOpen(store.views().here().rows(open, type)));
    }

    @Override
    public <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query) {
        store.requireScoped(type);
        LocalReads.request(type.name(), query); // What cannot be asked is said here, not to the subscriber.
        return whenOpen(open -> whileOpen(store.views().here().query(open, type, query)));
    }

    @Override
    public Flux<ScopeStatus> status() {
        // The records end with the store, whose session does not end each scope by itself.
        return whenOpen(open ->
                whileOpen(store.statusOf(id)).takeUntilOther(open.revisions().ignoreElements()));
    }

    /** Ends with this handle, though another may keep the scope open. */
    private <E> Flux<E> whileOpen(Flux<E> views) {
        return views.takeUntilOther(ended.asMono());
    }

    @Override
    public <T> List<T> snapshot(EntityType<T> type) {
        store.requireScoped(type);
        return store.views().snapshot(records, type);
    }

    @Override
    public <T> Optional<T> get(EntityType<T> type, String recordId) {
        store.requireScoped(type);
        return store.views().get(records, type, recordId);
    }

    @Override
    public OptionalLong version(EntityType<?> type, String recordId) {
        store.requireScoped(type);
        return store.views().version(records, type, recordId);
    }

    @Override
    public int childCount(EntityType<?> type) {
        store.requireScoped(type);
        ScopeRecords open = records;
        return open == null ? 0 : open.of(type.name()).size();
    }

    @Override
    public boolean isPending(EntityType<?> type, String recordId) {
        store.requireScoped(type);
        return store.views().isPending(records, type, recordId);
    }

    @Override
    public Flux<Set<String>> pending(EntityType<?> type) {
        store.requireScoped(type);
        return whenOpen(open -> whileOpen(store.views().pending(open, type)));
    }

    @Override
    public Flux<Integer> pendingCount() {
        return whenOpen(open -> whileOpen(store.pendingCountIn(id)));
    }

    @Override
    public Flux<ScopeSafety> safety() {
        return whenOpen(open -> whileOpen(store.safetyOf(id)));
    }

    @Override
    public Flux<RecordSafety> safety(EntityType<?> type, String recordId) {
        store.requireScoped(type);
        return whenOpen(open -> whileOpen(store.safetyOf(id, type.name(), recordId)));
    }

    @Override
    public Flux<Long> appliedVersion() {
        return events().filter(event -> event.entity().equals(store.rootEntity()))
                .map(event -> event.operation() == RecordEvent.Operation.DELETED ? 0L : Math.max(0, event.version()))
                .startWith(Mono.fromSupplier(this::currentVersion))
                .distinctUntilChanged();
    }

    private long currentVersion() {
        ScopeRecords open = records;
        return Optional.ofNullable(open)
                .map(scope -> scope.get(store.rootEntity(), id))
                .map(root -> Math.max(0, root.version()))
                .orElse(0L);
    }

    @Override
    public <T> Mutation<T> create(EntityType<T> type, T record) {
        store.requireScoped(type);
        return writes.create(type, record, null, id);
    }

    @Override
    public <T> Mutation<T> create(EntityType<T> type, T record, Duration timeToLive) {
        store.requireScoped(type);
        return writes.create(type, record, timeToLive, id);
    }

    @Override
    public Optional<Instant> expiresAt(EntityType<?> type, String recordId) {
        store.requireScoped(type);
        return store.views().expiresAt(records, type, recordId);
    }

    @Override
    public <T> Mutation<T> update(EntityType<T> type, String recordId, Patch patch) {
        store.requireScoped(type);
        return writes.update(type, recordId, patch, id);
    }

    @Override
    public <T> Mutation<T> update(EntityType<T> type, String recordId, UnaryOperator<T> change) {
        store.requireScoped(type);
        return writes.update(type, recordId, change, id);
    }

    @Override
    public <T> Mutation<T> updateIf(
            EntityType<T> type, String recordId, long version, Patch patch, WhenOffline whenOffline) {
        store.requireScoped(type);
        return writes.updateIf(type, recordId, new Expected(version, whenOffline), patch, id);
    }

    @Override
    public <T> Mutation<T> deleteIf(EntityType<T> type, String recordId, long version, WhenOffline whenOffline) {
        store.requireScoped(type);
        return writes.deleteIf(type, recordId, new Expected(version, whenOffline), id);
    }

    @Override
    public <T> Mutation<T> delete(EntityType<T> type, String recordId) {
        store.requireScoped(type);
        return writes.delete(type, recordId, id);
    }

    @Override
    public boolean isClosed() {
        return closed.get();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            store.release(this);
        }
    }

    /**
     * The scope's records exist once the worker has opened it, which it does in the order of the calls. So whoever subscribes and then
     * writes sees the write.
     */
    private <E> Flux<E> whenOpen(Function<ScopeRecords, Flux<E>> publisher) {
        return Mono.fromSupplier(() -> closed.get() ? null : records)
                .subscribeOn(store.inOrder())
                // A closed store has no worker any more, and nothing to show.
                .onErrorComplete(RejectedExecutionException.class)
                .flatMapMany(publisher);
    }

    @Override
    public String toString() {
        return "Scope[" + id + (closed.get() ? ", closed]" : "]");
    }
}
