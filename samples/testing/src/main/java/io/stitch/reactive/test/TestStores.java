package io.stitch.reactive.test;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.server.StitchServer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Opens stores on the server of a {@link StitchTest}, for tests that need more than two or other settings, and closes them after the
 * test. For the test's thread, which it blocks.
 */
public final class TestStores {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private final StitchSchema schema;
    private final StitchServer server;
    private final List<WatchedStore> opened = new ArrayList<>();

    TestStores(StitchSchema schema, StitchServer server) {
        this.schema = schema;
        this.server = server;
    }

    /**
     * A store that is started and connected.
     *
     * @param user who is logged in
     * @return the store
     */
    public StitchStore connected(String user) {
        StitchStore store = started(user, builder -> builder);
        awaitConnection(store);
        return store;
    }

    /**
     * A store with settings of its own that is started; connecting goes on behind it.
     *
     * @param user who is logged in
     * @param change changes the settings
     * @return the store
     */
    public StitchStore started(String user, UnaryOperator<StitchStoreBuilder> change) {
        StitchStore store = change.apply(StitchStore.builder()
                        .schema(schema)
                        .remote(RemoteOptions.to(server.url()).login(user, user)))
                .build();
        opened.add(new WatchedStore(user, store));
        store.start().block(PATIENCE);
        return store;
    }

    /**
     * Waits until a store is connected, at most 30 s.
     *
     * @param store the store
     */
    public void awaitConnection(StitchStore store) {
        store.connection()
                .filter(ConnectionStatus::isConnected)
                .next()
                .timeout(
                        PATIENCE,
                        Mono.error(() -> new IllegalStateException("%s is not connected after %s: does the server run?"
                                .formatted(store.clientId(), PATIENCE))))
                .block();
    }

    /** What they hold, for a reader. */
    String report() {
        return opened.stream().map(WatchedStore::report).collect(Collectors.joining("%n".formatted()));
    }

    void close() {
        Flux.fromIterable(opened)
                .flatMapDelayError(WatchedStore::close, 16, 1)
                .then()
                .block(PATIENCE);
    }
}
