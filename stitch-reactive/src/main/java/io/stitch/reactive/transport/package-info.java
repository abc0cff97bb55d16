/**
 * MQTT 5 as a store needs it: one connection at a time, never a resumed session, nothing published twice.
 *
 * <p>{@link io.stitch.reactive.transport.MqttConnector} is the seam for another client or an in-memory link; the
 * implementation is on the HiveMQ MQTT client. It may use {@code wire}; {@code sync} calls it.
 */
@NullMarked
package io.stitch.reactive.transport;

import org.jspecify.annotations.NullMarked;
