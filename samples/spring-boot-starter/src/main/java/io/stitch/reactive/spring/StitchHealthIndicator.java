package io.stitch.reactive.spring;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Mono;

import java.util.List;

/** The store's connection and its writes that are not settled. Asks nobody, so it answers at once. */
final class StitchHealthIndicator implements ReactiveHealthIndicator {
    private final StitchStore store;
    private final List<String> secrets;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable Throwable trouble;

    StitchHealthIndicator(StitchStore store, List<String> secrets) {
        this.store = store;
        this.secrets = List.copyOf(secrets);
        store.onClose().subscribe(unused -> {}, error -> failure = error);
        store.connection()
                // Each attempt would take away for a moment what is wrong.
                .filter(status -> status.status() != ConnectionStatus.Status.CONNECTING)
                .subscribe(status -> trouble = status.error(), error -> failure = error);
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            Throwable ended = failure;
            return ended == null ? of(store.connectionStatus()) : failed(ended);
        });
    }

    /** The store has ended by itself, and there will be no other in this process. */
    private Health failed(Throwable error) {
        return Health.down()
                .withDetail("connection", ConnectionStatus.Status.OFFLINE.name())
                .withDetail("pendingWrites", store.pendingWrites())
                .withDetail("advice", "Mend the cause and restart the application.")
                .withDetail("error", Texts.shown(error.getMessage(), secrets, reason(error)))
                .build();
    }

    private Health of(ConnectionStatus status) {
        Health.Builder health = Health.status(status(status.status()))
                .withDetail("connection", status.status().name())
                .withDetail("pendingWrites", store.pendingWrites())
                .withDetail("advice", advice(status.status(), status.error()));
        Throwable error = status.status() == ConnectionStatus.Status.CONNECTING ? trouble : status.error();
        if (error != null) {
            health.withDetail("error", Texts.shown(error.getMessage(), secrets, reason(error)));
        }
        return health.build();
    }

    private static Status status(ConnectionStatus.Status connection) {
        return switch (connection) {
            case CONNECTED -> Status.UP;
            // Nothing is wrong that is known of: it is only just beginning, or somebody wants it so.
            case CONNECTING, OFFLINE -> Status.OUT_OF_SERVICE;
            case DISCONNECTED, ERROR -> Status.DOWN;
        };
    }

    private static String advice(ConnectionStatus.Status connection, @Nullable Throwable error) {
        return switch (connection) {
            case CONNECTED -> "Nothing to do.";
            case CONNECTING -> "Wait: an attempt to connect is under way.";
            case DISCONNECTED ->
                "Look at the %s; the store tries again by itself, and keeps writes until then."
                        .formatted(culprit(error));
            case OFFLINE -> "The store was not started, was disconnected by the application, or has ended.";
            case ERROR ->
                isOf(error, ConnectionException.Reason.NOT_VALIDATED)
                        ? "The ReconnectValidator bean did not accept the connection. Call connect() of the store, or restart the"
                                + " application, when it would."
                        : "Correct the login (stitch.login.username, stitch.login.password, or the properties below"
                                + " stitch.tickets) and restart the application.";
        };
    }

    private static String culprit(@Nullable Throwable error) {
        if (isOf(error, ConnectionException.Reason.TICKET_UNAVAILABLE)) {
            return "ticket server (stitch.tickets.url)";
        }
        return isOf(error, ConnectionException.Reason.NOT_VALIDATED) ? "ReconnectValidator bean" : "broker";
    }

    private static boolean isOf(@Nullable Throwable error, ConnectionException.Reason reason) {
        return error instanceof ConnectionException connection && connection.reason() == reason;
    }

    private static String reason(Throwable error) {
        return error instanceof ConnectionException connection
                ? connection.reason().name()
                : "The log says why.";
    }
}
