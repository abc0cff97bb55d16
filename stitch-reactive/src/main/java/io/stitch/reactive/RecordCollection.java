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
 * The records of an entity that belongs to no scope: a top-level entity, kept in sync, or a local-only one. Its publishers
 * and methods behave like those of a {@link Scope}.
 *
 * @param <T> the type of a record
 */
public interface RecordCollection<T> {
    /**
     * {@return the entity}
     */
    EntityType<T> type();

    /**
     * {@return what is there, then every change, conflated}
     */
    @CheckReturnValue
    Flux<RecordEvent> events();

    /**
     * Every change from now on, in order, with a buffer of 1 024 changes for a slow subscriber; see {@link Scope#mutations()}.
     *
     * @return the changes
     */
    @CheckReturnValue
    Flux<RecordEvent> mutations();

    /**
     * Every change from now on, in order.
     *
     * @param bufferSize how many changes are kept for a slow subscriber, 1 or more
     * @return the changes
     */
    @CheckReturnValue
    Flux<RecordEvent> mutations(int bufferSize);

    /**
     * {@return the newest list, at once and after each batch of changes}
     */
    @CheckReturnValue
    Flux<List<T>> records();

    /**
     * {@link #records() records}, and with each its version and whether it is pending. A record that becomes pending, or ceases to be, makes a new list.
     *
     * @return unmodifiable lists, in the order of the ids
     */
    @CheckReturnValue
    Flux<List<RecordRow<T>>> rows();

    /**
     * A live query over these records, as {@link Scope#query} is one over those of a scope.
     *
     * @param query which records, in what order, and which part of them
     * @return the results; completes when the store is closed
     * @throws IllegalArgumentException if a filter's value is neither a boolean nor a number nor a text
     */
    @CheckReturnValue
    Flux<QueryResult<T>> query(ListQuery query);

    /**
     * {@return the records as they are now}
     */
    List<T> snapshot();

    /**
     * One record as it is now.
     *
     * @param id the record
     * @return the record, if there is one
     */
    Optional<T> get(String id);

    /**
     * The version of a record on the server, as far as is known here now. Synchronous, from memory.
     *
     * @param id the record
     * @return the version; empty if there is no such record, if the server never acknowledged it, and among peers
     */
    OptionalLong version(String id);

    /**
     * Tells whether a record has writes of this client that are not settled.
     *
     * @param id the record
     * @return whether it has; never in a local-only entity
     */
    boolean isPending(String id);

    /**
     * {@return the ids of the records that have such writes, now and after each change} Hot; a slow subscriber gets the newest set.
     */
    @CheckReturnValue
    Flux<Set<String>> pending();

    /**
     * How safe these records are: whether others have them, as {@link Scope#safety()} tells of a scope. Hot, with the state of now replayed, which
     * counts what was written before on the same thread; tells nothing before what was kept is read, nor while the key of the records is missing.
     * A slow subscriber gets the newest state, not each. Signalled on the store's worker, at most four times a second.
     *
     * @return the states; completes when the store is closed
     * @throws SchemaException if the entity is local-only: its records are here and nowhere else
     */
    @CheckReturnValue
    Flux<ScopeSafety> safety();

    /**
     * How safe one record is, as {@link #safety()} tells of all; of one that was deleted, its delete.
     *
     * @param id the record
     * @return the states; completes when the store is closed
     * @throws SchemaException if the entity is local-only
     */
    @CheckReturnValue
    Flux<RecordSafety> safety(String id);

    /**
     * How far what is shown can be trusted to be all there is, as {@link Scope#status()} tells of a scope; among peers also that the key of these
     * records is missing: {@link ScopeStatus.State#REFUSED}, with the code 423. Hot, with the newest replayed, also before {@link StitchStore#start()};
     * a slow subscriber gets the newest, not each. Signalled on the store's worker.
     *
     * @return the statuses; completes when the store is closed
     * @throws SchemaException if the entity is local-only: its records are compared with nobody
     */
    @CheckReturnValue
    Flux<ScopeStatus> status();

    /**
     * Creates a record. Cold.
     *
     * @param record the record, with its id
     * @return the stored record, or a {@link StitchException}
     */
    @CheckReturnValue
    Mutation<T> create(T record);

    /**
     * Creates a record that the server deletes when its time is over. Until the server says so it is there; that may be some time later, and a
     * write that waits offline is sent with what is left of it. Cold.
     *
     * @param record the record
     * @param timeToLive how long, from now on, in whole seconds
     * @return the stored record, or a {@link StitchException}
     * @throws IllegalArgumentException if it is less than a second, or more than 68 years
     * @throws UnsupportedInModeException in peer mode, and for a local-only entity: nobody would delete it
     * @throws SchemaException as for {@link #create(Object)}
     */
    @CheckReturnValue
    Mutation<T> create(T record, Duration timeToLive);

    /**
     * When the server will delete a record, as far as it is known now. Synchronous, from memory.
     *
     * @param id the record
     * @return the time; empty if the record is not there, or lives until somebody deletes it
     */
    Optional<Instant> expiresAt(String id);

    /**
     * Merges fields into a record. Cold.
     *
     * @param id the record
     * @param patch the fields
     * @return the stored record, or a {@link StitchException}
     */
    @CheckReturnValue
    Mutation<T> update(String id, Patch patch);

    /**
     * Changes a record by way of its Java type. Cold. What the type does not know of the record, at any depth, stays; of the rest
     * only the fields that the function changed are written.
     *
     * <p>The function gets the record as it is seen when the write's turn comes, so two that count up make two more. It runs on the
     * store's worker and must not block; if it throws, nothing is written and the caller gets what it threw.
     *
     * @param id the record
     * @param change makes the new record of the one that is there
     * @return the stored record, or a {@link StitchException}; 404 if this store does not hold it
     */
    @CheckReturnValue
    Mutation<T> update(String id, UnaryOperator<T> change);

    /**
     * Deletes a record. Cold.
     *
     * @param id the record
     * @return completes empty when it is gone, or with a {@link StitchException}
     */
    @CheckReturnValue
    Mutation<T> delete(String id);

    /**
     * Merges fields into a record if the server has it at one version, and does nothing otherwise. Cold, optimistic like every write, and
     * of the kind {@link WhenOffline#FAIL}.
     *
     * @param id the record
     * @param version the server's version that the decision to write was made on: {@link #version version}, {@link RecordRow#version()} or
     *     {@link RecordEvent#version()}. Own writes raise it as others' do
     * @param patch the fields; with none of them nothing is written, and the version is compared with the one that is known here
     * @return the stored record, or a {@link StitchException}: {@link RequestRefusedException} with the reason PRECONDITION_FAILED
     *     if the version is another, {@link UnsupportedInModeException} if the server cannot compare, or among peers
     * @throws IllegalArgumentException if the version is not 1 or more
     * @throws SchemaException if the entity is local-only, so that no server counts its versions
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    default Mutation<T> updateIf(String id, long version, Patch patch) {
        return updateIf(id, version, patch, WhenOffline.FAIL);
    }

    /**
     * {@link #updateIf(String, long, Patch) updateIf}, and what becomes of it when it cannot be done at once.
     *
     * @param id the record
     * @param version the server's version that the decision to write was made on
     * @param patch the fields
     * @param whenOffline whether it fails or waits without a connection
     * @return the stored record, or a {@link StitchException}
     */
    @CheckReturnValue
    Mutation<T> updateIf(String id, long version, Patch patch, WhenOffline whenOffline);

    /**
     * Deletes a record if the server has it at one version, and does nothing otherwise: a record that somebody else has deleted is
     * refused with 404. Cold, optimistic like every write, and of the kind {@link WhenOffline#FAIL}. It is refused with a {@link ValidationException} where it would entail
     * writes of other records: those would be done before it, whatever comes of the comparison.
     *
     * @param id the record
     * @param version the server's version that the decision to delete was made on
     * @return completes empty when it is gone, or with a {@link StitchException}, as {@code updateIf} does
     * @throws IllegalArgumentException if the version is not 1 or more
     * @throws SchemaException if the entity is local-only, so that no server counts its versions
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    default Mutation<T> deleteIf(String id, long version) {
        return deleteIf(id, version, WhenOffline.FAIL);
    }

    /**
     * {@link #deleteIf(String, long) deleteIf}, and what becomes of it when it cannot be done at once.
     *
     * @param id the record
     * @param version the server's version that the decision to delete was made on
     * @param whenOffline whether it fails or waits without a connection
     * @return completes empty when it is gone, or with a {@link StitchException}
     */
    @CheckReturnValue
    Mutation<T> deleteIf(String id, long version, WhenOffline whenOffline);
}
