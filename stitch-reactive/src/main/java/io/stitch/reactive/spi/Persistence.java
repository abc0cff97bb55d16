package io.stitch.reactive.spi;

import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.PersistenceException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Keeps what a store must not forget: records as the server last confirmed them, pending writes, and facts such as the client
 * id. The seam for a database.
 *
 * <p>Everything is cold, and answers on any thread. A store calls {@link #open} first and {@link #close()} last, and has at
 * most one {@link #apply} under way. Blocking work belongs on a worker of the implementation's own.
 *
 * <p>A record is kept under its whole {@link RecordKey}, home included: where that has one, several scopes may each have a record of
 * one entity and id.
 */
public interface Persistence {
    /** The fact that holds the MQTT client id. */
    String CLIENT_ID = "client-id";

    /** The fact that holds the id of the user who was authenticated last; empty if nobody is any more. */
    String USER = "user";

    /** The fact that holds the sync mode. */
    String SYNC_MODE = "sync-mode";

    /**
     * What was kept apart from records.
     *
     * @param facts the facts, by name
     * @param pending the pending writes, in the order of their sequences
     * @param setAside pending writes that cannot be read, which stay where they are
     */
    record Opened(Map<String, String> facts, List<PendingWrite> pending, List<SetAside> setAside) {
        /**
         * Copies the collections.
         *
         * @param facts the facts, by name
         * @param pending the pending writes, in the order of their sequences
         * @param setAside pending writes that cannot be read
         */
        public Opened {
            facts = Map.copyOf(facts);
            pending = List.copyOf(pending);
            setAside = List.copyOf(setAside);
        }

        /**
         * What was kept, all of which can be read.
         *
         * @param facts the facts, by name
         * @param pending the pending writes, in the order of their sequences
         */
        public Opened(Map<String, String> facts, List<PendingWrite> pending) {
            this(facts, pending, List.of());
        }
    }

    /**
     * A pending write that cannot be read. It keeps no store from starting, and stays where it is for whoever can read it.
     *
     * @param sequence its place among all writes of the database; no other write gets it
     * @param subject which record it is about, as far as that is known
     * @param why what is wrong with it
     */
    record SetAside(long sequence, String subject, String why) {}

    /**
     * The persistence that keeps nothing: a store with it begins empty each time.
     *
     * @return the persistence
     */
    static Persistence none() {
        return NoPersistence.INSTANCE;
    }

    /**
     * Opens what was kept. What is new remembers the sync mode; what was made in another mode is left alone.
     *
     * @param request what the store says about itself
     * @return the facts and the pending writes; a {@link ModeMismatchException} before anything is read if the mode is another one, a
     *     {@link PersistenceException} if it cannot be opened
     */
    Mono<Opened> open(OpenRequest request);

    /**
     * Keeps a batch, all of it or nothing.
     *
     * @param batch the changes
     * @return completes when they are durable; a {@link PersistenceException} if they are not
     */
    Mono<Void> apply(Batch batch);

    /**
     * Reads the records of a scope.
     *
     * @param scope its key
     * @return the records, in the order of their keys
     */
    Flux<StoredRecord> load(String scope);

    /**
     * Reads single records.
     *
     * @param keys which
     * @return those of them that are kept, in any order
     */
    Flux<StoredRecord> find(Collection<RecordKey> keys);

    /**
     * Lists records of an entity, whatever their scope.
     *
     * @param request what to list
     * @return the records, in the order asked for, and those of one id from several scopes in any; with a projection, their JSON has only
     *     the fields asked for
     */
    Flux<StoredRecord> list(ListRequest request);

    /**
     * Reads the tombstones of a scope.
     *
     * @param scope its key
     * @return the tombstones, the one deleted longest ago first, and those of one moment in the order of their keys
     */
    Flux<Tombstone> tombstones(String scope);

    /**
     * Reads the peers that were heard in a scope.
     *
     * @param scope its key
     * @return the peers, the one unheard longest first, and those of one moment in the order of their names
     */
    Flux<KnownPeer> peers(String scope);

    /**
     * Forgets tombstones that nobody needs any more: those older than the retention that every peer which still counts is known
     * to have heard of. A peer counts in its scope while it is heard.
     *
     * @param deletedBefore only tombstones of records deleted before this go, in milliseconds since 1970
     * @param heardSince a peer counts if it was heard at this time or later, in milliseconds since 1970
     * @return how many went
     */
    Mono<Integer> pruneTombstones(long deletedBefore, long heardSince);

    /**
     * Forgets everything, the sync mode included. Works whether or not {@link #open} did, so that it is a way out of a {@link
     * ModeMismatchException}.
     *
     * @return completes when nothing is left
     */
    Mono<Void> clear();

    /**
     * Closes it. What was applied is kept.
     *
     * @return completes when it is closed
     */
    Mono<Void> close();

    /**
     * {@return whether anything is kept: where nothing is, a store does not collect batches}
     */
    default boolean keepsRecords() {
        return true;
    }
}
