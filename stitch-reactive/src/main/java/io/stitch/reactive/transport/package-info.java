/**
 * MQTT 5 as a store needs it: one connection at a time, never a resumed session, nothing published twice. And what it
 * takes to be let in: TLS, credentials, tickets over HTTP.
 *
 * <p>{@link io.stitch.reactive.transport.MqttConnector} is the seam for another client or an in-memory link; the
 * implementation is on the HiveMQ MQTT client. Tickets come from a
 * {@link io.stitch.reactive.transport.TicketProvider}; the one over HTTP is on Reactor Netty. It may use {@code wire}; {@code sync} calls it.
 */
@NullMarked
package io.stitch.reactive.transport;

import org.jspecify.annotations.NullMarked;
