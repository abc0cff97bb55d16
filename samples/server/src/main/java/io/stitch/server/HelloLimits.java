package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often a client may say hello for a scope: some at once, and then one in a while. Worker only. */
final class HelloLimits {
    /** How many messages of one round count as one hello. */
    static final int MAX_PARTS = 64;

    private static final int MAX_LIMITS = 10_000;
    private final int atOnce;
    private final long nanosForOne;
    private final Map<String, Limit> limits = new LinkedHashMap<>();

    private static final class Limit {
        /** When nothing of what was taken is left to wait for. */
        long paidOff;

        int excess;
        final Map<String, Integer> rounds = new LinkedHashMap<>();

        Limit(long now) {
            paidOff = now;
        }
    }

    HelloLimits(int atOnce, Duration forOne) {
        this.atOnce = atOnce;
        this.nanosForOne = forOne.toNanos();
    }

    /**
     * Takes a hello, or not.
     *
     * @param who the client and the scope
     * @param round the round that it is a part of, or null
     * @param now the time in nanoseconds
     * @return 0 if it was taken, else how long it will take until the next one is, in nanoseconds
     */
    long take(String who, @Nullable String round, long now) {
        // Taken out first, so that the oldest is in front.
        Limit known = limits.remove(who);
        Limit limit = known == null ? new Limit(now) : known;
        if (limits.size() >= MAX_LIMITS) {
            limits.remove(limits.keySet().iterator().next());
        }
        limits.put(who, limit);
        return isFurtherPart(limit, round) ? 0 : takeOne(limit, round, now);
    }

    private static boolean isFurtherPart(Limit limit, @Nullable String round) {
        Integer parts = round == null ? null : limit.rounds.get(round);
        if (round == null || parts == null || parts >= MAX_PARTS) {
            return false;
        }
        limit.rounds.put(round, parts + 1);
        return true;
    }

    private long takeOne(Limit limit, @Nullable String round, long now) {
        long owed = Math.max(0, limit.paidOff - now);
        long wait = owed - (atOnce - 1) * nanosForOne;
        if (wait > 0) {
            limit.excess++;
            return wait;
        }
        limit.excess = 0;
        limit.paidOff = now + owed + nanosForOne;
        if (round != null) {
            limit.rounds.remove(round);
            limit.rounds.put(round, 1);
            if (limit.rounds.size() > atOnce) {
                limit.rounds.remove(limit.rounds.keySet().iterator().next());
            }
        }
        return 0;
    }

    /** How many were not taken since the last one that was. */
    int excess(String who) {
        Limit limit = limits.get(who);
        return limit == null ? 0 : limit.excess;
    }
}
