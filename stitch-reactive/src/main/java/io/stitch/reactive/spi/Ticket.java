package io.stitch.reactive.spi;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * A short-lived token for MQTT 5 enhanced authentication with the method {@code JWT}. {@link #toString()} does not show it.
 *
 * @param value the token
 */
public record Ticket(String value) implements Login {
    /** More than any token needs, and well below the 64 KiB that authentication data may have. */
    private static final int MAX_LENGTH = 16_384;

    private static final long LONGEST_SECONDS = Duration.ofDays(36_500).toSeconds();

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

    /**
     * How long it is good from when it was made, if it is a JSON Web Token that says so (RFC 7519, 4.1.4 and 4.1.6). Nothing is
     * verified: the broker does that.
     *
     * @param now what time it is, for a token that does not say when it was made
     * @return the time; empty if it does not say how long
     */
    public Optional<Duration> lifetime(Instant now) {
        String[] parts = value.split("\\.", -1);
        if (parts.length != 3) {
            return Optional.empty();
        }
        try {
            JsonNode claims = JsonBounds.read(Base64.getUrlDecoder().decode(parts[1]));
            JsonNode until = claims.path("exp");
            JsonNode from = claims.path("iat");
            if (!until.isNumber()) {
                return Optional.empty();
            }
            // The difference of two times of one clock, which need not be this machine's.
            double seconds = until.doubleValue() - (from.isNumber() ? from.doubleValue() : now.toEpochMilli() / 1e3);
            return Double.isFinite(seconds)
                    ? Optional.of(Duration.ofSeconds(Math.max(0, (long) Math.min(seconds, (double) LONGEST_SECONDS))))
                    : Optional.empty();
        } catch (IllegalArgumentException | JacksonException e) { // It is a text of some other kind.
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return "Ticket[***]";
    }
}
