package io.stitch.samples.quickstart;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.spi.Persistence;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;

/**
 * A member of the crew with a store of their own. Usually each sits at another machine; here both share one process, and
 * everything between them still goes through the broker.
 *
 * @param name who it is, and the MQTT client id
 * @param store what an application has one of
 * @param patience how long to wait for something before it counts as missing
 */
record Client(String name, StitchStore store, Duration patience) {
    static Client of(String name, String url, Duration patience, Persistence persistence) {
        StitchStore store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to(url))
                .clientId(name)
                .persistence(persistence)
                .build();
        return new Client(name, store, patience);
    }

    /**
     * Starts the store and waits until the server has said what it can do. An application need not wait: a scope can be
     * opened before there is a connection.
     */
    Mono<ServerCapabilities> connect() {
        return store.start()
                .thenMany(store.connection())
                .mapNotNull(ConnectionStatus::capabilities)
                .next()
                .timeout(
                        patience,
                        Mono.error(() -> new IllegalStateException(
                                "%s could not connect within %d ms.".formatted(name, patience.toMillis()))));
    }

    /** The refit's scope, which is the active one: to replace it by itself gives the one that is open. */
    Scope scope() {
        return store.replaceScope(ApolloRefit.ID);
    }

    /**
     * Each record of the refit as it arrives here, and the end when all have. An application shows what there is and does
     * not wait for an end; only this story wants to go on then, and it can because it knows how many there are.
     */
    Flux<RecordEvent> arrivals() {
        Scope scope = scope();
        return scope.events()
                .filter(event -> event.operation() == RecordEvent.Operation.CREATED)
                .take(ApolloRefit.SIZE)
                .timeout(
                        patience,
                        Mono.error(() -> new IllegalStateException(
                                "%s has only %d tasks and %d notes of the refit's %d records, and no more came for %d ms."
                                        .formatted(
                                                name,
                                                scope.childCount(Board.TASK),
                                                scope.childCount(Board.NOTE),
                                                ApolloRefit.SIZE,
                                                patience.toMillis()))));
    }
}
