package io.stitch.reactive;

import reactor.core.publisher.Mono;

/** Decides whether a connection that came back may be used, before anything is sent over it. */
@FunctionalInterface
public interface ReconnectValidator {
    /**
     * Decides on a new connection. Called and subscribed on the store's worker: it must not block. It has 10 s.
     *
     * @param capabilities what the server says of itself
     * @return {@code true} to go on; {@code false} to disconnect and stay disconnected; an error, or no answer, to disconnect
     *     and try again later
     */
    Mono<Boolean> validate(ServerCapabilities capabilities);
}
