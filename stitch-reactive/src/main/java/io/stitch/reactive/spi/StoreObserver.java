package io.stitch.reactive.spi;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.WriteKind;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.function.Function;

/**
 * Is told what a store does, for metrics and traces. Every method does nothing unless it is overridden.
 *
 * <p>Threading: called on the store's worker unless a method says otherwise, in the middle of its work: an implementation must be
 * quick, must not block and must not throw. One observer watches one store.
 */
public interface StoreObserver {
    /** The observer of a store that nobody observes. */
    StoreObserver NONE = new StoreObserver() {};

    /** How a request ended. */
    enum Outcome {
        /** The server did what was asked for. */
        OK,
        /** The server refused it. */
        REFUSED,
        /** No answer came in time. */
        TIMEOUT,
        /** The connection ended before the answer came. */
        CONNECTION_LOST,
        /** Whoever asked went away. */
        CANCELLED
    }

    /**
     * A record that an open scope or collection shows has changed.
     *
     * @param change what happened to it
     */
    default void changed(RecordChange change) {}

    /** A change was folded into one that a slow subscriber has not taken yet. Any thread. */
    default void conflated() {}

    /**
     * Something was dropped, or went unusually. Any thread.
     *
     * @param code what kind of thing
     */
    default void reported(DiagnosticCode code) {}

    /**
     * The number of writes that are pending has changed.
     *
     * @param count how many there are now
     */
    default void pendingWrites(int count) {}

    /**
     * The number of open scopes has changed.
     *
     * @param count how many there are now
     */
    default void openScopes(int count) {}

    /**
     * The number of scopes that are kept warm, though every handle of theirs is closed, has changed.
     *
     * @param count how many there are now
     */
    default void warmScopes(int count) {}

    /**
     * A request was sent and has ended.
     *
     * @param operation {@code create}, {@code read}, {@code update}, {@code delete}, {@code list}, or {@code other} for a request of the
     *     application's own
     * @param outcome how it ended
     * @param nanos how long it took from sending it, in nanoseconds
     */
    default void requested(String operation, Outcome outcome, long nanos) {}

    /** Hello was said for a scope. */
    default void saidHello() {}

    /** An event that answers a hello has changed a record. */
    default void replayed() {}

    /**
     * The store has connected.
     *
     * @param again whether it had been connected before
     */
    default void connected(boolean again) {}

    /** The connection has ended. */
    default void disconnected() {}

    /**
     * A batch was given to the persistence, and has been kept or not. Any thread.
     *
     * @param changes how many changes were in it
     * @param kept whether they are durable now
     * @param nanos how long it took, in nanoseconds
     */
    default void persisted(int changes, boolean kept, long nanos) {}

    /**
     * Watches a write of the application. Called where the application assembles it, on any thread.
     *
     * @param entity the entity of the record
     * @param kind what is written
     * @param write the write, cold
     * @param status names how far a write got that was taken
     * @param <T> the type of the result
     * @return the write, or one that does the same
     */
    default <T> Mono<T> watch(String entity, WriteKind kind, Mono<T> write, Function<T, String> status) {
        return write;
    }

    /**
     * Watches writes of the application that are taken together. Called where the application assembles them, on any thread.
     *
     * @param writes the writes, cold
     * @param <T> the type of a result
     * @return the writes, or what does the same
     */
    default <T> Flux<T> watchBatch(Flux<T> writes) {
        return writes;
    }

    /** The store has been closed. */
    default void closed() {}
}
