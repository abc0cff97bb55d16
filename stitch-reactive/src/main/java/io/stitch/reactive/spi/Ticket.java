package io.stitch.reactive.spi;

import java.nio.charset.StandardCharsets;

/**
 * A short-lived token for MQTT 5 enhanced authentication with the method {@code JWT}. {@link #toString()} does not show it.
 *
 * @param value the token
 */
public record Ticket(String value) implements Login {
    /** More than any token needs, and well below the 64 KiB that authentication data may have. */
    private static final int MAX_LENGTH = 16_384;

    /**
     * Checks the token.
     *
     * @param value the token
     * @throws TicketException if it is empty, too long, or has characters that no token has
     */
    public Ticket {
        if (value.isEmpty() || value.length() > MAX_LENGTH || value.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw TicketException.unavailable(
                    "The ticket provider returned a ticket of %d characters that cannot be one: 1 to %d visible ASCII characters are expected."
                            .formatted(value.length(), MAX_LENGTH),
                    null);
        }
    }

    /**
     * {@return the ticket as authentication data}
     */
    public byte[] bytes() {
        return value.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return "Ticket[***]";
    }
}
