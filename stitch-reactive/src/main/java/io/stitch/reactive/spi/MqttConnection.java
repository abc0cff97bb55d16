package io.stitch.reactive.spi;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Collection;

/** One MQTT connection, from CONNACK to its end. Safe on any thread. */
public interface MqttConnection {
    /**
     * {@return what the broker said when it accepted the connection}
     */
    ConnectionInfo info();

    /**
     * Everything the broker delivers, in order, from the moment of connecting. For one subscriber. Honours demand: what
     * is not taken stays unacknowledged, so that the receive maximum holds the broker back. A connection that must drop messages all the same, so
     * that they do not fill the memory, says so in their place ({@link InboundMessage#dropped(String, InboundMessage.Dropped)}).
     *
     * @return the messages; they end when the connection ends, and {@link #closed()} says why
     */
    Flux<InboundMessage> messages();

    /**
     * Subscribes at QoS 1 with Retain Handling 2. Cold.
     *
     * @param filters the topic filters, at least one
     * @return completes when the broker granted all, or a {@link TransportException} that names a refused filter
     */
    Mono<Void> subscribe(Collection<String> filters);

    /**
     * Subscribes as {@link #subscribe} does, but not to what this client publishes itself (the option No Local). A broker that does
     * not know the option delivers that too.
     *
     * @param filters the topic filters, at least one
     * @return completes when the broker granted all, or a {@link TransportException} that names a refused filter
     */
    Mono<Void> subscribeToOthers(Collection<String> filters);

    /**
     * Subscribes at QoS 0 with Retain Handling 0: the broker delivers what it retains below the filters, and what comes. Cold. A connection
     * that cannot do so subscribes as {@link #subscribe} does, and hears only of what comes.
     *
     * @param filters the topic filters, at least one
     * @return completes when the broker granted all, or a {@link TransportException} that names a refused filter
     */
    default Mono<Void> subscribeRetained(Collection<String> filters) {
        return subscribe(filters);
    }

    /**
     * Unsubscribes. Cold.
     *
     * @param filters the topic filters, at least one
     * @return completes when the broker acknowledged
     */
    Mono<Void> unsubscribe(Collection<String> filters);

    /**
     * Publishes at QoS 1. Cold. Never blocks: what the broker does not take yet waits, at most 65 535 messages on a connection; one more
     * is refused with 0x97, quota exceeded. Cancelling stops waiting for the acknowledgement; the message may go out all the same.
     *
     * @param message the message
     * @return the acknowledgement, or a {@link TransportException}
     */
    Mono<PublishResult> publish(OutboundMessage message);

    /**
     * Shows the broker a new ticket, before the one expires that the connection was opened with (MQTT 5, section 4.12.1). Cold. A broker
     * that does not accept it ends the connection.
     *
     * @param ticket the ticket
     * @return whether the broker has taken it; {@code false}, and nothing is sent, on a connection that cannot do so
     */
    default Mono<Boolean> reauthenticate(Ticket ticket) {
        return Mono.just(false);
    }

    /**
     * {@return how the connection ended, once it has} Replays to late subscribers.
     */
    Mono<ConnectionEnd> closed();

    /**
     * Sends a DISCONNECT. Cold; does nothing on a connection that has ended.
     *
     * @return completes when it is over
     */
    Mono<Void> disconnect();
}
