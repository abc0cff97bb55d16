package io.stitch.reactive.peer.internal;

import io.stitch.reactive.peer.internal.wire.Hlc;
import org.jspecify.annotations.Nullable;

/**
 * Tells times that follow each other as causes and effects do, and stay close to the wall clock, after S. S. Kulkarni, M. Demirbas,
 * D. Madappa, B. Avva and M. Leone, "Logical Physical Clocks", OPODIS 2014. Immutable and pure: the wall clock is an argument, and
 * reading the clock gives the clock after it.
 *
 * @param ts the latest time that was read or heard of, in milliseconds since 1970
 * @param counter orders what has one time
 */
record HybridLogicalClock(long ts, int counter) {
    /** A clock that was never read. */
    static final HybridLogicalClock START = new HybridLogicalClock(0, 0);

    /**
     * Reads the clock for a write.
     *
     * @param now the wall clock
     * @return the clock at the write
     */
    HybridLogicalClock tick(long now) {
        return now > ts ? new HybridLogicalClock(now, 0) : after(ts, counter);
    }

    /**
     * Hears of somebody's write.
     *
     * @param remote its stamp
     * @param now the wall clock
     * @return the clock at the hearing, which is after both
     */
    HybridLogicalClock receive(Hlc remote, long now) {
        long latest = Math.max(ts, remote.ts());
        if (now > latest) {
            return new HybridLogicalClock(now, 0);
        }
        int highest =
                ts == remote.ts() ? Math.max(counter, remote.counter()) : ts > remote.ts() ? counter : remote.counter();
        return after(latest, highest);
    }

    /** The next time at which nothing was read: a counter that has no room moves the time. */
    private static HybridLogicalClock after(long ts, int counter) {
        return counter == Integer.MAX_VALUE
                ? new HybridLogicalClock(ts + 1, 0)
                : new HybridLogicalClock(ts, counter + 1);
    }

    /**
     * Takes care that the next reading is after a stamp.
     *
     * @param stamp the stamp, or {@code null}
     * @return this, or a later clock
     */
    HybridLogicalClock atLeast(@Nullable Hlc stamp) {
        if (stamp == null || stamp.ts() < ts || (stamp.ts() == ts && stamp.counter() <= counter)) {
            return this;
        }
        return new HybridLogicalClock(stamp.ts(), stamp.counter());
    }

    /**
     * Signs the time.
     *
     * @param nodeId whose clock it is
     * @return the stamp
     */
    Hlc stamp(String nodeId) {
        return new Hlc(ts, counter, nodeId);
    }
}
