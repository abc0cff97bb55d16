package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
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

    /**
     * Says who published it, whatever its publisher wrote there.
     *
     * @param caller who published it
     * @return the message, marked
     */
    public Message markedBy(Caller caller) {
        Map<String, String> marked = new LinkedHashMap<>(properties);
        marks(caller.user(), caller.clientId()).forEach((name, value) -> {
            marked.remove(name);
            marked.put(name, value);
        });
        return new Message(topic, payload, marked, responseTopic, correlation);
    }

    /** The user properties in which an MQDB broker says who published a message. */
    static Map<String, String> marks(@Nullable String user, String clientId) {
        Map<String, String> marks = new LinkedHashMap<>();
        marks.put("x-mqtt-sender", user == null || user.isEmpty() ? "anonymous" : user);
        marks.put("x-mqtt-client-id", clientId);
        return marks;
    }
}
