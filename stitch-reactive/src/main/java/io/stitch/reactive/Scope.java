package io.stitch.reactive;

import com.google.errorprone.annotations.CheckReturnValue;
import reactor.core.publisher.Flux;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * An open scope: one root record and its children, kept in sync until it is closed. Safe on any thread.
 *
 * <p>Events are signalled on the store's worker. A subscriber that does more than a little on each puts a
 * {@code publishOn} behind, and its slowness becomes conflation; one that blocks the worker holds up the whole store.
 */
public interface Scope extends AutoCloseable {
    /**
     * {@return the id of the root}
     */
    String id();

    /**
     * {@return the entities that it consists of: the root first, then its children}
     */
    List<EntityType<?>> types();

    /**
     * What is there, as CREATED events of origin STORED, then every change. Cold in what is there, hot from then on.
     *
     * <p>Conflating: a subscriber holds at most one undelivered event for each record, and a newer one is folded into it.
     * Its memory is bounded by the number of records, and it always arrives at the newest state.
     *
     * @return the events; they complete when this scope or the store is closed
     */
    @CheckReturnValue
    Flux<RecordEvent> events();

    /**
     * {@link #events()} of one entity.
     *
     * @param type the root or a child entity
     * @return the events
     * @throws SchemaException if the entity is not part of the scope
     */
    @CheckReturnValue
    Flux<RecordEvent> events(EntityType<?> type);

    /**
     * Every change from now on, in order, nothing folded. Hot. A subscriber that falls 1 024 behind gets those and then a
     * {@link io.stitch.reactive.MutationOverflowException}.
     *
     * @return the changes
     */
    @CheckReturnValue
    Flux<RecordEvent> mutations();

    /**
     * {@link #mutations()} with a buffer of another size.
     *
     * @param bufferSize how many changes are kept for a slow subscriber, 1 or more
     * @return the changes
     */
    @CheckReturnValue
    Flux<RecordEvent> mutations(int bufferSize);

    /**
     * The newest list of an entity's records in the order of their ids, at once and after each batch of changes. A slow
     * subscriber gets the newest list, not each. Lists are made on a parallel worker, not on the store's. A record that does not
     * fit the type is left out and reported on {@link StitchStore#diagnostics()}.
     *
     * @param type the root or a child entity
     * @param <T> the type of a record
     * @return unmodifiable lists
     * @throws SchemaException if the entity is not part of the scope
     */
    @CheckReturnValue
    <T> Flux<List<T>> records(EntityType<T> type);

    /**
     * {@link #records(EntityType) records}, and with each its version and whether it is pending. A record that becomes pending, or ceases to be, makes a new list.
     *
     * @param type the root or a child entity
     * @param <T> the type of a record
     * @return unmodifiable lists, in the order of the ids
     * @throws SchemaException if the entity is not part of the scope
     */
    @CheckReturnValue
    <T> Flux<List<RecordRow<T>>> rows(EntityType<T> type);

    /**
     * A live query: what it finds of an entity's records, at once and after each batch of changes that it sees. Pending writes count as they are
     * shown, and a record that becomes pending, or ceases to be, is a change. Cold in what is there, hot from then on.
     *
     * <p>Kept up to date by difference: a change costs one reading of the record and the logarithm of how many match, on a parallel worker and
     * not on the store's. Conflating: a slow subscriber gets the newest result, with one {@linkplain QueryResult#changes() difference} over all
     * that it missed; what waits for it is bounded by the number of records. Filters and orders compare as those of {@link StitchStore#list} do
     * here, whatever a server does. The part of {@link ListQuery#page} is a window of what matches. A record that does not fit the type is left out,
     * also of the count, and reported on {@link StitchStore#diagnostics()}.
     *
     * @param type the root or a child entity
     * @param query which records, in what order, and which part of them
     * @param <T> the type of a record
     * @return the results; completes when this scope or the store is closed
     * @throws SchemaException if the entity is not part of the scope
     * @throws IllegalArgumentException if a filter's value is neither a boolean nor a number nor a text
     */
    @CheckReturnValue
    <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query);

    /**
     * The records as they are now, in the order of their ids. Synchronous, from memory.
     *
     * @param type the root or a child entity
     * @param <T> the type of a record
     * @return an unmodifiable list
     * @throws SchemaException if the entity is not part of the scope, or a record does not fit its type
     */
    <T> List<T> snapshot(EntityType<T> type);

    /**
     * One record as it is now. Synchronous, from memory.
     *
     * @param type the root or a child entity
     * @param id the record
     * @param <T> the type of a record
     * @return the record, if the scope has it
     */
    <T> Optional<T> get(EntityType<T> type, String id);

    /**
     * The version of a record on the server, as far as is known here now. Synchronous, from memory.
     *
     * @param type the root or a child entity
     * @param id the record
     * @return the version; empty if there is no such record, if the server never acknowledged it, and among peers
     * @throws SchemaException if the entity is not part of the scope
     */
    OptionalLong version(EntityType<?> type, String id);

    /**
     * How many records of an entity the scope has now. Synchronous, from memory.
     *
     * @param type the root or a child entity
     * @return how many
     */
    int childCount(EntityType<?> type);

    /**
     * Tells whether a record has writes of this client that are not settled, as it is now: a pending delete is one. Synchronous, from
     * memory.
     *
     * @param type the root or a child entity
     * @param id the record
     * @return whether it has
     * @throws SchemaException if the entity is not part of the scope
     */
    boolean isPending(EntityType<?> type, String id);

    /**
     * Which records have writes of this client that are not settled, deleted ones among them. Hot, with the set of now replayed; a
     * slow subscriber gets the newest set, not each. Sets are made on a parallel worker, not on the store's.
     *
     * @param type the root or a child entity
     * @return the ids, unmodifiable sets; completes when this scope or the store is closed
     * @throws SchemaException if the entity is not part of the scope
     */
    @CheckReturnValue
    Flux<Set<String>> pending(EntityType<?> type);

    /**
     * How many writes of this client, made in this scope, the server has not settled. Hot, with the number of now replayed, which counts what
     * was written before on the same thread; a slow subscriber gets the newest number, not each. Signalled on the store's worker.
     *
     * @return the numbers; completes when this scope or the store is closed
     */
    @CheckReturnValue
    Flux<Integer> pendingCount();

    /**
     * How safe this scope is: whether others have what is in it. Hot, with the state of now replayed, which counts what was written before on
     * the same thread; a slow subscriber gets the newest state, not each. Signalled on the store's worker, at most four times a second.
     *
     * <p>With a server a write is safe when it is confirmed. Among peers others say what they hold when they say hello; while somebody
     * watches and something is not known to be held, this store asks from time to time. What that costs grows with the number of records that were
     * changed lately (at most 10 000) and of the peers, not with the scope.
     *
     * @return the states; completes when this scope or the store is closed
     */
    @CheckReturnValue
    Flux<ScopeSafety> safety();

    /**
     * How safe one record is, as {@link #safety()} tells of the scope; of one that was deleted, its delete.
     *
     * @param type the root or a child entity
     * @param id the record
     * @return the states; completes when this scope or the store is closed
     * @throws SchemaException if the entity is not part of the scope
     */
    @CheckReturnValue
    Flux<RecordSafety> safety(EntityType<?> type, String id);

    /**
     * The root's {@code _version} as applied here: now, and after each change. A server raises it with every write to a
     * child, so it tells how far this copy of the scope is.
     *
     * @return the versions; 0 while there is no root
     */
    @CheckReturnValue
    Flux<Long> appliedVersion();

    /**
     * Creates a record. Cold.
     *
     * @param type the root or a child entity
     * @param record the record, with its id and, for a child, this scope's id in its scope field
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}
     * @throws ValidationException if the record's id cannot be one
     * @throws SchemaException if the record cannot be written as JSON, or belongs into another scope
     */
    @CheckReturnValue
    <T> Mutation<T> create(EntityType<T> type, T record);

    /**
     * Creates a record that the server deletes when its time is over. Until the server says so it is there; that may be some time later, and a
     * write that waits offline is sent with what is left of it. Cold.
     *
     * @param type the root or a child entity
     * @param record the record
     * @param timeToLive how long, from now on, in whole seconds
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}
     * @throws IllegalArgumentException if it is less than a second, or more than 68 years
     * @throws UnsupportedInModeException in peer mode, where nobody would delete it
     * @throws SchemaException as for {@link #create(EntityType, Object)}
     */
    @CheckReturnValue
    <T> Mutation<T> create(EntityType<T> type, T record, Duration timeToLive);

    /**
     * When the server will delete a record, as far as it is known now. Synchronous, from memory.
     *
     * @param type the root or a child entity
     * @param id the record
     * @return the time; empty if the record is not there, or lives until somebody deletes it
     */
    Optional<Instant> expiresAt(EntityType<?> type, String id);

    /**
     * Merges fields into a record. Cold.
     *
     * @param type the root or a child entity
     * @param id the record
     * @param patch the fields; with none of them nothing is written, see {@link Patch#none()}
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    <T> Mutation<T> update(EntityType<T> type, String id, Patch patch);

    /**
     * Changes a record by way of its Java type. Cold. What the type does not know of the record, at any depth, stays; of the rest
     * only the fields that the function changed are written.
     *
     * <p>The function gets the record as it is seen when the write's turn comes, so two that count up make two more. It runs on the
     * store's worker and must not block; if it throws, nothing is written and the caller gets what it threw.
     *
     * @param type the root or a child entity
     * @param id the record
     * @param change makes the new record of the one that is there
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}; 404 if this store does not hold it
     */
    @CheckReturnValue
    <T> Mutation<T> update(EntityType<T> type, String id, UnaryOperator<T> change);

    /**
     * Deletes a record. Cold.
     *
     * @param type the root or a child entity
     * @param id the record
     * @param <T> the type of a record
     * @return completes empty when it is gone, or with a {@link StitchException}
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    <T> Mutation<T> delete(EntityType<T> type, String id);

    /**
     * Merges fields into a record if the server has it at one version, and does nothing otherwise. Cold, optimistic like every write, and
     * of the kind {@link WhenOffline#FAIL}.
     *
     * @param type a child entity
     * @param id the record
     * @param version the server's version that the decision to write was made on: {@link #version version}, {@link RecordRow#version()} or
     *     {@link RecordEvent#version()}. Own writes raise it as others' do
     * @param patch the fields; with none of them nothing is written, and the version is compared with the one that is known here
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}: {@link RequestRefusedException} with the reason PRECONDITION_FAILED
     *     if the version is another, {@link UnsupportedInModeException} if the server cannot compare, or among peers
     * @throws IllegalArgumentException if the version is not 1 or more
     * @throws SchemaException if the entity is not part of the scope, or the root, whose version rises with each write of a child
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    default <T> Mutation<T> updateIf(EntityType<T> type, String id, long version, Patch patch) {
        return updateIf(type, id, version, patch, WhenOffline.FAIL);
    }

    /**
     * {@link #updateIf(EntityType, String, long, Patch) updateIf}, and what becomes of it when it cannot be done at once.
     *
     * @param type a child entity
     * @param id the record
     * @param version the server's version that the decision to write was made on
     * @param patch the fields
     * @param whenOffline whether it fails or waits without a connection
     * @param <T> the type of a record
     * @return the stored record, or a {@link StitchException}
     */
    @CheckReturnValue
    <T> Mutation<T> updateIf(EntityType<T> type, String id, long version, Patch patch, WhenOffline whenOffline);

    /**
     * Deletes a record if the server has it at one version, and does nothing otherwise: a record that somebody else has deleted is
     * refused with 404. Cold, optimistic like every write, and of the kind {@link WhenOffline#FAIL}. It is refused with a {@link ValidationException} where it would entail
     * writes of other records: those would be done before it, whatever comes of the comparison.
     *
     * @param type a child entity
     * @param id the record
     * @param version the server's version that the decision to delete was made on
     * @param <T> the type of a record
     * @return completes empty when it is gone, or with a {@link StitchException}, as {@code updateIf} does
     * @throws IllegalArgumentException if the version is not 1 or more
     * @throws SchemaException if the entity is not part of the scope, or the root, whose version rises with each write of a child
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    default <T> Mutation<T> deleteIf(EntityType<T> type, String id, long version) {
        return deleteIf(type, id, version, WhenOffline.FAIL);
    }

    /**
     * {@link #deleteIf(EntityType, String, long) deleteIf}, and what becomes of it when it cannot be done at once.
     *
     * @param type a child entity
     * @param id the record
     * @param version the server's version that the decision to delete was made on
     * @param whenOffline whether it fails or waits without a connection
     * @param <T> the type of a record
     * @return completes empty when it is gone, or with a {@link StitchException}
     */
    @CheckReturnValue
    <T> Mutation<T> deleteIf(EntityType<T> type, String id, long version, WhenOffline whenOffline);

    /**
     * How far what this scope shows can be trusted to be all there is: whether it is still being read, was compared with what others hold, and
     * when. Nothing waits for it, and an application may show records at once; it tells "empty" from "not yet". Hot, with the newest
     * replayed; a slow subscriber gets the newest, not each. Signalled on the store's worker.
     *
     * @return the statuses; completes when this scope or the store is closed
     */
    @CheckReturnValue
    Flux<ScopeStatus> status();

    /**
     * {@return whether this scope was closed}
     */
    boolean isClosed();

    /**
     * Closes this scope: its subscribers complete, its reads find nothing from then on, and with the last one of the same id
     * its memory is freed.
     */
    @Override
    void close();
}
