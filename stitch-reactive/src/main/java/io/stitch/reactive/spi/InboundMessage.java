package io.stitch.reactive.spi;

import io.stitch.reactive.UserProperty;

import java.util.List;

/**
 * A message that the broker delivered.
 *
 * @param topic its topic
 * @param payload its payload; not to be modified
 * @param retain whether the broker had kept it
 * @param userProperties its user properties, in order
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record InboundMessage(String topic, byte[] payload, boolean retain, List<UserProperty> userProperties) {}
