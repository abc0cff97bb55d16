package io.stitch.reactive.internal.connection;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before the next attempt to connect: {@code min(1 s · 2ⁿ, 30 s)} plus up to 25 % jitter for five attempts,
 * every 15 s from then on. Two clients with one id throw each other out, so they wait longer each time.
 *
 * <p>On the worker.
 */
final class Backoff {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration STEADY = Duration.ofSeconds(15);
    private static final int GROWING_ATTEMPTS = 5;
    private static final double JITTER = 0.25;
    /** A connection that lasted this long counts as one that worked. */
    private static final Duration STABLE = Duration.ofSeconds(10);

    private static final Duration FIRST_AFTER_TAKEOVER = Duration.ofSeconds(30);
    private static final Duration LONGEST_AFTER_TAKEOVER = Duration.ofMinutes(5);
    /** Longer than the longest wait, so that the other client's turn is not taken for peace. */
    private static final Duration UNDISPUTED = Duration.ofMinutes(10);

    private static final Duration LONGEST_DEMAND = Duration.ofMinutes(2);

    private final DoubleSupplier random;
    private int failures;
    private int takeovers;
    private boolean takenOver;
    private Duration demanded = Duration.ZERO;

    Backoff(DoubleSupplier random) {
        this.random = random;
    }

    /** Begins anew: the application wants a connection now. */
    void reset() {
        failures = 0;
        takeovers = 0;
        takenOver = false;
        demanded = Duration.ZERO;
    }

    /**
     * An attempt failed, or a connection ended.
     *
     * @param lasted how long the store was connected, zero if it never was
     * @return whether the connection was stable
     */
    boolean failed(Duration lasted) {
        boolean stable = lasted.compareTo(STABLE) >= 0;
        failures = stable ? 1 : failures + 1;
        if (lasted.compareTo(UNDISPUTED) >= 0) {
            takeovers = 0;
        }
        takenOver = false;
        demanded = Duration.ZERO;
        return stable;
    }

    /** The connection ended because another client came with the same id. After {@link #failed}. */
    void takenOver() {
        takeovers++;
        takenOver = true;
    }

    /** Somebody asked for patience. After {@link #failed}. */
    void demand(Duration wait) {
        demanded = wait.compareTo(LONGEST_DEMAND) < 0 ? wait : LONGEST_DEMAND;
    }

    Duration delay() {
        Duration delay;
        if (takenOver) {
            delay = jittered(doubled(FIRST_AFTER_TAKEOVER, takeovers, LONGEST_AFTER_TAKEOVER));
        } else if (failures > GROWING_ATTEMPTS) {
            delay = STEADY;
        } else {
            delay = jittered(doubled(FIRST, failures, LONGEST));
        }
        return delay.compareTo(demanded) < 0 ? demanded : delay;
    }

    private static Duration doubled(Duration first, int times, Duration longest) {
        Duration delay = first.multipliedBy(1L << Math.min(Math.max(0, times - 1), 20));
        return delay.compareTo(longest) < 0 ? delay : longest;
    }

    private Duration jittered(Duration delay) {
        return delay.plusMillis((long) (delay.toMillis() * JITTER * random.getAsDouble()));
    }
}
