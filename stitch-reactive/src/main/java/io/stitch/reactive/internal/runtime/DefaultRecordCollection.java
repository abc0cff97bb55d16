package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.LocalWrite.Expected;
import reactor.core.publisher.Flux;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;

/** The records of an entity that belongs to no scope. */
record DefaultRecordCollection<T>(StoreParts store, EntityType<T> type, ScopeRecords stored)
        implements RecordCollection<T> {
    @Override
    public Flux<RecordEvent> events() {
        return store.views().events(stored, this);
    }

    @Override
    public Flux<RecordEvent> mutations() {
        return mutations(DefaultScope.MUTATION_BUFFER);
    }

    @Override
    public Flux<RecordEvent> mutations(int bufferSize) {
        return store.views().mutations(stored, bufferSize, this);
    }

    @Override
    public Flux<List<T>> records() {
        return store.views().lists(stored, type);
    }

    @Override
    public Flux<List<RecordRow<T>>> rows() {
        return store.views().rows(stored, type);
    }

    @Override
    public Flux<QueryResult<T>> query(ListQuery query) {
        return store.views().query(stored, type, query);
    }

    @Override
    public List<T> snapshot() {
        return store.views().snapshot(stored, type);
    }

    @Override
    public Optional<T> get(String id) {
        return store.views().get(stored, type, id);
    }

    @Override
    public OptionalLong version(String id) {
        return store.views().version(stored, type, id);
    }

    @Override
    public boolean isPending(String id) {
        return store.views().isPending(stored, type, id);
    }

    @Override
    public Flux<Set<String>> pending() {
        return store.views().pending(stored, type);
    }

    @Override
    public Flux<ScopeSafety> safety() {
        String key = shared("who else holds its records");
        return store.safetyOfStanding(key).takeUntilOther(ended());
    }

    @Override
    public Flux<RecordSafety> safety(String id) {
        String key = shared("who else holds its records");
        return store.safetyOfStanding(key, type.name(), id).takeUntilOther(ended());
    }

    @Override
    public Flux<ScopeStatus> status() {
        String key = shared("whether its records were compared");
        return Flux.defer(() -> store.statusOf(key))
                .subscribeOn(store.inOrder())
                // A closed store has no worker any more.
                .onErrorComplete(RejectedExecutionException.class)
                .takeUntilOther(ended());
    }

    /** The records end with the store, whose session does not end each status by itself. */
    private Flux<?> ended() {
        return stored.revisions().ignoreElements().flux();
    }

    private String shared(String question) {
        if (store.schema().localOnly().contains(type.name())) {
            throw new SchemaException("'%s' is local-only: it is here and nowhere else, so it cannot be asked %s."
                    .formatted(type.name(), question));
        }
        return WireSchema.topLevelKey(type.name());
    }

    @Override
    public Mutation<T> create(T record) {
        return store.writes().create(type, record, null, null);
    }

    @Override
    public Mutation<T> create(T record, Duration timeToLive) {
        return store.writes().create(type, record, timeToLive, null);
    }

    @Override
    public Optional<Instant> expiresAt(String id) {
        return store.views().expiresAt(stored, type, id);
    }

    @Override
    public Mutation<T> update(String id, Patch patch) {
        return store.writes().update(type, id, patch, null);
    }

    @Override
    public Mutation<T> update(String id, UnaryOperator<T> change) {
        return store.writes().update(type, id, change, null);
    }

    @Override
    public Mutation<T> delete(String id) {
        return store.writes().delete(type, id, null);
    }

    @Override
    public Mutation<T> updateIf(String id, long version, Patch patch, WhenOffline whenOffline) {
        return store.writes().updateIf(type, id, new Expected(version, whenOffline), patch, null);
    }

    @Override
    public Mutation<T> deleteIf(String id, long version, WhenOffline whenOffline) {
        return store.writes().deleteIf(type, id, new Expected(version, whenOffline), null);
    }

    @Override
    public String toString() {
        return "RecordCollection[" + type.name() + ']';
    }
}
