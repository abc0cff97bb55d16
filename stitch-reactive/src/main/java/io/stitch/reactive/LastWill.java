package io.stitch.reactive;

import io.stitch.reactive.spi.SettingRules;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A message that the broker publishes when the connection ends without a word. Never retained; not sent after an ordinary
 * disconnect. Immutable.
 *
 * <p>It has no delay: a store's session ends with its connection, and so would the delay (MQTT 5, section 3.1.3.2.2).
 */
public final class LastWill {
    private static final int MAX_PAYLOAD = 65_535;

    private final String topic;
    private final byte[] payload;
    private final int qos;
    private final List<UserProperty> userProperties;

    private LastWill(String topic, byte[] payload, int qos, List<UserProperty> userProperties) {
        this.topic = topic;
        this.payload = payload;
        this.qos = qos;
        this.userProperties = List.copyOf(userProperties);
    }

    /**
     * A last will at QoS 1.
     *
     * @param topic the whole topic; the store's prefix is not put before it
     * @param payload the payload, at most 65 535 bytes
     * @return the last will
     * @throws IllegalArgumentException if nothing can be published on the topic, or the payload is too large
     */
    public static LastWill of(String topic, byte[] payload) {
        int length = topic.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > 65_535 || topic.chars().anyMatch(c -> c == '+' || c == '#' || c == 0)) {
            throw new IllegalArgumentException(
                    "'%s' is not a topic for a last will: 1 to 65535 bytes without +, # and NUL are expected."
                            .formatted(topic));
        }
        SettingRules.requireText("last will's topic", topic);
        if (payload.length > MAX_PAYLOAD) {
            throw new IllegalArgumentException("The last will's payload has %d bytes; at most %d are possible."
                    .formatted(payload.length, MAX_PAYLOAD));
        }
        return new LastWill(topic, payload.clone(), 1, List.of());
    }

    /**
     * A last will with a text, at QoS 1.
     *
     * @param topic the whole topic
     * @param payload the payload, sent as UTF-8
     * @return the last will
     * @throws IllegalArgumentException if nothing can be published on the topic, or the payload is too large
     */
    public static LastWill of(String topic, String payload) {
        return of(topic, payload.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Changes the quality of service.
     *
     * @param level 0, 1 or 2
     * @return a changed last will
     * @throws IllegalArgumentException if it is none of these
     */
    public LastWill qos(int level) {
        if (level < 0 || level > 2) {
            throw new IllegalArgumentException("The last will's QoS must be 0, 1 or 2, not %d.".formatted(level));
        }
        return new LastWill(topic, payload, level, userProperties);
    }

    /**
     * Changes the user properties that the broker publishes it with; none at first.
     *
     * @param properties the user properties, in their order
     * @return a changed last will
     * @throws IllegalArgumentException if one cannot be sent over MQTT
     */
    public LastWill userProperties(List<UserProperty> properties) {
        for (UserProperty property : properties) {
            SettingRules.requireText("name of a last will's user property", property.name());
            SettingRules.requireText("value of a last will's user property", property.value());
        }
        return new LastWill(topic, payload, qos, properties);
    }

    /**
     * {@return the whole topic}
     */
    public String topic() {
        return topic;
    }

    /**
     * {@return a copy of the payload}
     */
    public byte[] payload() {
        return payload.clone();
    }

    /**
     * {@return the quality of service: 0, 1 or 2}
     */
    public int qos() {
        return qos;
    }

    /**
     * {@return the user properties, unmodifiable}
     */
    public List<UserProperty> userProperties() {
        return userProperties;
    }

    @Override
    public String toString() {
        return "LastWill[" + topic + ", " + payload.length + " bytes, qos " + qos + ']';
    }
}
