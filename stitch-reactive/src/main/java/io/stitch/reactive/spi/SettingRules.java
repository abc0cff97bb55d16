package io.stitch.reactive.spi;

import io.stitch.reactive.Names;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;

/** Checks what a store and its sync mode are set to, with the same words everywhere. */
public final class SettingRules {
    /** Longer than any time that somebody waits for, and short enough that sums and products of some still fit into nanoseconds. */
    static final Duration LONGEST = Duration.ofDays(36_525);

    /** What the two bytes before a text of MQTT can say. */
    static final int LONGEST_TEXT = 65_535;

    private SettingRules() {}

    /**
     * Checks a time that must pass.
     *
     * @param what what is set, for the message: "request timeout"
     * @param value the time
     * @return the time
     * @throws IllegalArgumentException if it is not above zero, or longer than a hundred years
     */
    public static Duration requirePositive(String what, Duration value) {
        if (Objects.requireNonNull(value, what).isNegative() || value.isZero()) {
            throw new IllegalArgumentException("The %s must be longer than zero, not %s.".formatted(what, value));
        }
        return requireBounded(what, value);
    }

    private static Duration requireBounded(String what, Duration value) {
        if (isTooLong(value)) {
            throw new IllegalArgumentException("The %s must be at most %d days (a hundred years), not %s."
                    .formatted(what, LONGEST.toDays(), value));
        }
        return value;
    }

    static boolean isTooLong(Duration value) {
        return value.compareTo(LONGEST) > 0;
    }

    /**
     * Checks a time that zero turns off.
     *
     * @param what what is set, for the message: "compare interval"
     * @param value the time
     * @return the time
     * @throws IllegalArgumentException if it is below zero, or longer than a hundred years
     */
    public static Duration requireNotNegative(String what, Duration value) {
        if (Objects.requireNonNull(value, what).isNegative()) {
            throw new IllegalArgumentException(
                    "The %s must not be negative, as %s is; zero turns it off.".formatted(what, value));
        }
        return requireBounded(what, value);
    }

    /**
     * Checks a text that is sent as one of MQTT's. No message shows it.
     *
     * @param what what is set, for the message: "user name"
     * @param value the text
     * @return the text
     * @throws IllegalArgumentException if it has NUL or half a surrogate pair, or more than 65 535 bytes of UTF-8
     */
    public static String requireText(String what, String value) {
        if (Objects.requireNonNull(value, what).indexOf(0) >= 0) {
            throw new IllegalArgumentException("The %s cannot be sent: MQTT has no NUL in a text.".formatted(what));
        }
        return requireSendable(what, value);
    }

    static String requireSendable(String what, String value) {
        if (!Names.isWellFormed(value)) {
            throw new IllegalArgumentException(
                    "The %s cannot be sent: it is not well-formed Unicode, but has half a surrogate pair."
                            .formatted(what));
        }
        int length = value.getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_TEXT) {
            throw new IllegalArgumentException("The %s cannot be sent: it has %d bytes of UTF-8, and at most %d fit."
                    .formatted(what, length, LONGEST_TEXT));
        }
        return value;
    }

    /**
     * Checks a bound.
     *
     * @param what what is set, for the message: "requests in flight"
     * @param least the smallest that works
     * @param value the bound
     * @return the bound
     * @throws IllegalArgumentException if it is below the smallest
     */
    public static int requireAtLeast(String what, int least, int value) {
        if (value < least) {
            throw new IllegalArgumentException("The %s must be %d or more, not %d.".formatted(what, least, value));
        }
        return value;
    }
}
