package io.stitch.reactive.transport;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

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

    /**
     * The connector on the HiveMQ MQTT client. Each connection is a client of its own that never reconnects, so that
     * nothing is ever published a second time behind the store's back.
     *
     * @param timer what the connect timeout runs on, and where the outcome is told. To cancel there too, on one worker, is best: a
     *     failure that comes while another thread cancels has nobody to hear it, and Reactor logs it as dropped
     * @return the connector
     */
    static MqttConnector hiveMq(Scheduler timer) {
        return new HiveMqConnector(timer);
    }
}
