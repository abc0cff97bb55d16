package io.stitch.reactive.spi;

import reactor.core.publisher.Mono;

/** Opens connections to a broker. The seam where another MQTT client, or an in-memory link for tests, plugs in. */
@FunctionalInterface
public interface MqttConnector {
    /**
     * Connects once. Cold: each subscription is one attempt with Clean Start, and cancelling aborts it.
     *
     * @param request where and how
     * @return the connection, or a {@link TransportException} that names the cause
     */
    Mono<MqttConnection> connect(ConnectRequest request);
}
