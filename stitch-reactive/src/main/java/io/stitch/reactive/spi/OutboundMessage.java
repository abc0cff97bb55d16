package io.stitch.reactive.spi;

import io.stitch.reactive.UserProperty;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * A message to publish at QoS 1, not retained.
 *
 * @param topic its topic
 * @param payload its payload; not to be modified afterwards
 * @param responseTopic where an answer is expected, or {@code null}
 * @param correlationData what the answer must carry, or {@code null}
 * @param userProperties its user properties, in order
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record OutboundMessage(
        String topic,
        byte[] payload,
        @Nullable String responseTopic,
        byte @Nullable [] correlationData,
        List<UserProperty> userProperties) {}
