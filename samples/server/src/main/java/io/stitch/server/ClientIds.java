package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Whose the client ids are that are in use. A user may connect again under one, which ends the connection before. Thread-safe. */
final class ClientIds {
    private final ConcurrentMap<String, Use> inUse = new ConcurrentHashMap<>();

    /** For a moment there are two connections: the one before is ended when the new one is there. */
    private record Use(Optional<String> user, int connections) {}

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
                return new Use(asking, 1);
            }
            return before.user().equals(asking) ? new Use(asking, before.connections() + 1) : before;
        });
        return use.user().equals(asking);
    }

    /** Gives a client id back, for a connection that took it and has ended. */
    void release(String clientId) {
        inUse.computeIfPresent(
                clientId, (id, use) -> use.connections() == 1 ? null : new Use(use.user(), use.connections() - 1));
    }
}
