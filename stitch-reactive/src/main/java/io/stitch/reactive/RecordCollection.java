package io.stitch.reactive;

import com.google.errorprone.annotations.CheckReturnValue;
import reactor.core.publisher.Flux;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
     * @throws IllegalArgumentException if it is less than a second
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
}
