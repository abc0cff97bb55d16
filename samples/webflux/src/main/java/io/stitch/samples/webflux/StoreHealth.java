package io.stitch.samples.webflux;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.StitchStore;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** The store's connection as the health component {@code store}. */
@Component("storeHealthIndicator")
class StoreHealth implements ReactiveHealthIndicator {
    private final StitchStore store;

    StoreHealth(StitchStore store) {
        this.store = store;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> of(store.connectionStatus()));
    }

    private static Health of(ConnectionStatus status) {
        Health.Builder health = status.isConnected() ? Health.up() : Health.down();
        health.withDetail("connection", status.status().name()).withDetail("advice", advice(status));
        Throwable error = status.error();
        if (error != null) {
            health.withDetail("error", String.valueOf(error.getMessage()));
        }
        return health.build();
    }

    private static String advice(ConnectionStatus status) {
        return switch (status.status()) {
            case CONNECTED -> "Nothing to do.";
            case CONNECTING -> "Wait: an attempt to connect is under way.";
            case DISCONNECTED -> "Look at the broker; the service tries again by itself, and keeps writes until then.";
            case OFFLINE -> "The store was not started, or is closing.";
            case ERROR -> "Correct the login (board.broker.username, board.broker.password) and restart the service.";
        };
    }
}
