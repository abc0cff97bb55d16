package io.stitch.reactive.spi;

import java.time.Duration;
import java.util.Objects;

/** Checks what a sync mode is set to, with the same words in each mode. */
public final class SettingRules {
    private SettingRules() {}

    /**
     * Checks a time that must pass.
     *
     * @param what what is set, for the message: "request timeout"
     * @param value the time
     * @return the time
     * @throws IllegalArgumentException if it is not above zero
     */
    public static Duration requirePositive(String what, Duration value) {
        if (Objects.requireNonNull(value, what).isNegative() || value.isZero()) {
            throw new IllegalArgumentException("The %s must be longer than zero, not %s.".formatted(what, value));
        }
        return value;
    }

    /**
     * Checks a time that zero turns off.
     *
     * @param what what is set, for the message: "compare interval"
     * @param value the time
     * @return the time
     * @throws IllegalArgumentException if it is below zero
     */
    public static Duration requireNotNegative(String what, Duration value) {
        if (Objects.requireNonNull(value, what).isNegative()) {
            throw new IllegalArgumentException(
                    "The %s must not be negative, as %s is; zero turns it off.".formatted(what, value));
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
