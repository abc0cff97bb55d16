package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An MQTT message: one that a client published, or one that the server publishes.
 *
 * @param topic the topic
 * @param payload the payload; not to be changed
 * @param properties the user properties
 * @param responseTopic where the reply is wanted, or null
 * @param correlation the correlation data, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Payloads are handed through, never compared.
public record Message(
        String topic,
        byte[] payload,
        Map<String, String> properties,
        @Nullable String responseTopic,
        byte @Nullable [] correlation) {

    /**
     * The payload as text.
     *
     * @return the text
     */
    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }
}
