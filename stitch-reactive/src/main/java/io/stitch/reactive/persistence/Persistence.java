package io.stitch.reactive.persistence;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Keeps what a store must not forget: records as the server last confirmed them, pending writes, and facts such as the client
 * id. The seam for a database.
 *
 * <p>Everything is cold, and answers on any thread. A store calls {@link #open()} first and {@link #close()} last, and has at
 * most one {@link #apply} under way. Blocking work belongs on a worker of the implementation's own.
 */
public interface Persistence {
    /** The fact that holds the MQTT client id. */
    String CLIENT_ID = "client-id";

    /**
     * What was kept apart from records.
     *
     * @param metadata the facts, by name
     * @param pending the pending writes, in the order of their sequences
     */
    record Opened(Map<String, String> metadata, List<PendingWrite> pending) {
        /**
         * Copies the collections.
         *
         * @param metadata the facts, by name
         * @param pending the pending writes, in the order of their sequences
         */
        public Opened {
            metadata = Map.copyOf(metadata);
            pending = List.copyOf(pending);
        }
    }

    /**
     * The persistence that keeps nothing: a store with it begins empty each time.
     *
     * @return the persistence
     */
    static Persistence none() {
        return NoPersistence.INSTANCE;
    }

    /**
     * Opens what was kept.
     *
     * @return the facts and the pending writes
     */
    Mono<Opened> open();

    /**
     * Keeps a batch, all of it or nothing.
     *
     * @param batch the changes
     * @return completes when they are durable
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
     * Forgets everything.
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
