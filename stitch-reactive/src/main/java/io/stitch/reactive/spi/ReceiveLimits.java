package io.stitch.reactive.spi;

/**
 * How much a broker may send at once. CONNECT announces the first two (MQTT 5, 3.1.2.11): without limits it may push 65 535 messages of any
 * size at a client that is busy. The third is this client's own, for as many messages as it allows may still be as large as it allows.
 *
 * @param receiveMaximum how many messages may be on their way without being acknowledged; the others wait at the broker
 * @param maximumPacketSize the largest packet in bytes; a broker drops what is larger
 * @param waitingBytes how many bytes of messages may wait here until the store takes them; what is beyond is dropped, and told. {@link #UNBOUNDED}
 *     if the number of messages is bound enough
 */
public record ReceiveLimits(int receiveMaximum, int maximumPacketSize, int waitingBytes) {
    /** 1 024 messages, and 16 MiB; 64 MiB in all. */
    public static final ReceiveLimits DEFAULT = new ReceiveLimits(1_024, 16 * 1024 * 1024);

    /** For a client to which only those publish who are trusted: as many bytes may wait as the messages have that may. */
    public static final int UNBOUNDED = Integer.MAX_VALUE;

    /** The most messages that MQTT can count. */
    private static final int MOST_MESSAGES = 65_535;
    /** The largest packet of MQTT (MQTT 5, 2.1.4). */
    private static final int LARGEST_PACKET = 268_435_460;
    /** What a reply to a list of one small record needs. */
    private static final int SMALLEST_PACKET = 4_096;

    private static final int WAITING_BYTES = 64 * 1024 * 1024;

    /**
     * Checks the limits.
     *
     * @param receiveMaximum how many messages may be on their way
     * @param maximumPacketSize the largest packet in bytes
     * @param waitingBytes how many bytes may wait here
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
        if (waitingBytes < maximumPacketSize) {
            throw new IllegalArgumentException(
                    "waitingBytes: must be at least maximumPacketSize, %d bytes, or a packet of that size could not wait; not %d."
                            .formatted(maximumPacketSize, waitingBytes));
        }
    }

    /**
     * Limits of which the third is the default: 64 MiB, or the largest packet if that is larger.
     *
     * @param receiveMaximum how many messages may be on their way
     * @param maximumPacketSize the largest packet in bytes
     * @throws IllegalArgumentException with what is wrong and the fix
     */
    public ReceiveLimits(int receiveMaximum, int maximumPacketSize) {
        this(receiveMaximum, maximumPacketSize, Math.max(WAITING_BYTES, maximumPacketSize));
    }

    /** {@return whether there is a bound on the bytes that wait} */
    public boolean boundsBytes() {
        return waitingBytes != UNBOUNDED;
    }
}
