package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;

/** Whose the client ids are that are in use. A user may connect again under one, which ends the connection before. Thread-safe. */
final class ClientIds {
    private final ConcurrentMap<String, Use> inUse = new ConcurrentHashMap<>();

    /** For a moment there are two connections: the one before is ended when the new one is there. */
    private record Use(Optional<String> user, int connections, CompletableFuture<Void> end) {
        Use with(int now) {
            return new Use(user, now, end);
        }
    }

    /**
     * Takes a client id for a connection.
     *
     * @param clientId the client id
     * @param user whose connection it is; null where nobody is logged in
     * @return false if it is in use by somebody else
     */
    boolean take(String clientId, @Nullable String user) {
        Optional<String> asking = Optional.ofNullable(user);
        Use use = inUse.compute(clientId, (id, before) -> {
            if (before == null) {
                return new Use(asking, 1, new CompletableFuture<>());
            }
            return before.user().equals(asking) ? before.with(before.connections() + 1) : before;
        });
        return use.user().equals(asking);
    }

    /** Gives a client id back, for a connection that took it and has ended. */
    void release(String clientId) {
        AtomicReference<Use> ended = new AtomicReference<>();
        inUse.computeIfPresent(clientId, (id, use) -> {
            if (use.connections() == 1) {
                ended.set(use);
                return null;
            }
            return use.with(use.connections() - 1);
        });
        Use last = ended.get();
        if (last != null) {
            last.end().complete(null);
        }
    }

    /** {@return completes when a client id is in use no more, at once if it is not} */
    CompletableFuture<Void> free(String clientId) {
        Use use = inUse.get(clientId);
        return use == null ? CompletableFuture.completedFuture(null) : use.end().copy();
    }
}
