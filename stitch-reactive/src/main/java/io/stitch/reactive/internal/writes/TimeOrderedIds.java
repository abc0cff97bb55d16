package io.stitch.reactive.internal.writes;

import reactor.core.scheduler.Scheduler;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes UUIDs of version 7 (RFC 9562, 5.7), each after the one before in the order of their texts: within a millisecond, and while the
 * clock stands still or goes back, 12 bits behind the time count on (6.2 there, method 1). Any thread.
 */
public final class TimeOrderedIds {
    private static final int COUNTER_BITS = 12;
    private static final long COUNTER = (1L << COUNTER_BITS) - 1;
    /** The counter begins in the lower half, so that there is room for more in the same millisecond. */
    private static final int FIRST = 1 << (COUNTER_BITS - 1);

    private static final long VERSION = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final long BEHIND_VARIANT = 0x3FFF_FFFF_FFFF_FFFFL;

    private final Scheduler clock;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong last = new AtomicLong();

    /**
     * Begins.
     *
     * @param clock what time it is
     */
    public TimeOrderedIds(Scheduler clock) {
        this.clock = clock;
    }

    /**
     * {@return the next id}
     */
    public String next() {
        long fresh = (clock.now(TimeUnit.MILLISECONDS) << COUNTER_BITS) | random.nextInt(FIRST);
        long time = last.updateAndGet(before -> Math.max(before + 1, fresh));
        long high = ((time >>> COUNTER_BITS) << 16) | VERSION | (time & COUNTER);
        return new UUID(high, VARIANT | (random.nextLong() & BEHIND_VARIANT)).toString();
    }
}
