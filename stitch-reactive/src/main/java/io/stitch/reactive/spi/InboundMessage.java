package io.stitch.reactive.spi;

import io.stitch.reactive.UserProperty;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * A message that the broker delivered, or word of some that were dropped because too much waited to be read.
 *
 * @param topic its topic
 * @param payload its payload; not to be modified
 * @param retain whether the broker had kept it
 * @param userProperties its user properties, in order
 * @param dropped what was dropped, if this is word of that; {@code null} for a message
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record InboundMessage(
        String topic,
        byte[] payload,
        boolean retain,
        List<UserProperty> userProperties,
        @Nullable Dropped dropped) {
    /** In place of a topic, where nobody knows any more which one it was. */
    public static final String ANY_TOPIC = "#";

    /**
     * What was dropped on one topic.
     *
     * @param messages how many messages
     * @param bytes what they would have taken
     */
    public record Dropped(int messages, long bytes) {}

    /**
     * A message.
     *
     * @param topic its topic
     * @param payload its payload; not to be modified
     * @param retain whether the broker had kept it
     * @param userProperties its user properties, in order
     */
    public InboundMessage(String topic, byte[] payload, boolean retain, List<UserProperty> userProperties) {
        this(topic, payload, retain, userProperties, null);
    }

    /**
     * Says that messages were dropped, so that the store compares what they may have told.
     *
     * @param topic their topic, or {@link #ANY_TOPIC}
     * @param dropped how much
     * @return the word of it
     */
    public static InboundMessage dropped(String topic, Dropped dropped) {
        return new InboundMessage(topic, new byte[0], false, List.of(), dropped);
    }
}
