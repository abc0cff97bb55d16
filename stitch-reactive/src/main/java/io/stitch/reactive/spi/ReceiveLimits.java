package io.stitch.reactive.spi;

/**
 * How much a broker may send at once, which CONNECT announces (MQTT 5, 3.1.2.11): without limits it may push 65 535 messages of any size at
 * a client that is busy.
 *
 * @param receiveMaximum how many messages may be on their way without being acknowledged; the others wait at the broker
 * @param maximumPacketSize the largest packet in bytes; a broker drops what is larger
 */
public record ReceiveLimits(int receiveMaximum, int maximumPacketSize) {
    /** 1 024 messages, and 16 MiB. */
    public static final ReceiveLimits DEFAULT = new ReceiveLimits(1_024, 16 * 1024 * 1024);

    /** The most messages that MQTT can count. */
    private static final int MOST_MESSAGES = 65_535;
    /** The largest packet of MQTT (MQTT 5, 2.1.4). */
    private static final int LARGEST_PACKET = 268_435_460;
    /** What a reply to a list of one small record needs. */
    private static final int SMALLEST_PACKET = 4_096;

    /**
     * Checks the limits.
     *
     * @param receiveMaximum how many messages may be on their way
     * @param maximumPacketSize the largest packet in bytes
     * @throws IllegalArgumentException with what is wrong and the fix
     */
    public ReceiveLimits {
        if (receiveMaximum < 1 || receiveMaximum > MOST_MESSAGES) {
            throw new IllegalArgumentException(
                    "receiveMaximum: must be 1 to %d messages, not %d.".formatted(MOST_MESSAGES, receiveMaximum));
        }
        if (maximumPacketSize < SMALLEST_PACKET || maximumPacketSize > LARGEST_PACKET) {
            throw new IllegalArgumentException("maximumPacketSize: must be %d to %d bytes, not %d."
                    .formatted(SMALLEST_PACKET, LARGEST_PACKET, maximumPacketSize));
        }
    }
}
