package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;

/**
 * Which of the events of a scope one is (protocol section 4.8, {@code event-count}).
 *
 * @param count its number
 * @param epoch another text whenever the numbers began anew
 */
public record EventCount(long count, String epoch) {
    private static final int MAX_EPOCH = 128;

    /**
     * Takes what was read, if it is one.
     *
     * @param count the number; below 0 if there is none
     * @param epoch the epoch; {@code null} if there is none
     * @return the count, or {@code null}
     */
    static @Nullable EventCount of(long count, @Nullable String epoch) {
        return count < 0 || epoch == null || epoch.isEmpty() || epoch.length() > MAX_EPOCH
                ? null
                : new EventCount(count, epoch);
    }
}
