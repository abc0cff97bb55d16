package io.stitch.reactive.internal.connection;

import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a store is connected for: takes one connection after another. All methods are called, and what they return is subscribed, on the worker. */
public interface ConnectionUser {
    /**
     * Adds to an attempt to connect what the broker is to be told.
     *
     * @param request where and how
     * @return the request, changed or not
     */
    ConnectRequest connecting(ConnectRequest request);

    /**
     * Takes what arrives on a connection, from before it is used on. Cold.
     *
     * @param connection the connection
     * @return completes with the connection; an error gives it up
     */
    Mono<Void> receive(MqttConnection connection);

    /**
     * Begins to use a connection. Cold.
     *
     * @param connection the connection
     * @return completes when requests can be sent; an error gives the connection up
     */
    Mono<Void> use(MqttConnection connection);

    /** The connection is in use, and those who watch were told. */
    void connected();

    /** The connection is gone, or was given up. */
    void disconnected();

    /**
     * Says goodbye on the present connection, if there is one, before it is let go. Cold.
     *
     * @return completes when it is said
     */
    Mono<Void> leaving();

    /** {@return whether the broker has taken a publish or sent a message on this connection: if not, it may dislike the prefix} */
    boolean heard();

    /** {@return what the server last said of itself} */
    ServerCapabilities capabilities();

    /** {@return why the session is not valid, each time that shows on the connection, from now on} Hot. */
    Flux<? extends Throwable> sessionInvalid();
}
