package io.stitch.reactive;

import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/** What happens to the connections of a {@link ChaosProxy}. Thread-safe; the same seed brings the same. */
interface Misfortune {
    /** Nothing at all. */
    Misfortune NONE = new Misfortune() {};

    /** What can happen to one direction of a connection. */
    enum Kind {
        /** Both sides see the connection end in order. */
        CUT,
        /** Part of a packet arrives, then both sides see a reset. */
        RESET,
        /** Nothing is delivered for a while, then everything. */
        STALL,
        /** Each piece is late for a while. */
        DELAY,
        /** The receiver sees the end of this direction, while the other one goes on for a while. */
        HALF_CLOSE,
        /** What is sent gets lost, until a while later the connection ends. */
        BLACK_HOLE
    }

    /**
     * Something that happens.
     *
     * @param afterBytes how many more bytes come through before it
     * @param kind what
     * @param millis for how long
     */
    record Fault(long afterBytes, Kind kind, int millis) {
        static final Fault NEVER = new Fault(Long.MAX_VALUE, Kind.DELAY, 0);
    }

    /** Tells what happens next in one direction of one connection. */
    interface Fate {
        Fault next();
    }

    /** {@return the fate of the direction to the broker or from it} */
    default Fate fate(int connection, boolean up) {
        return () -> Fault.NEVER;
    }

    /** {@return after how many milliseconds a connection is reset in the middle of a packet, if it is} */
    default OptionalInt resetAfterMillis(int connection) {
        return OptionalInt.empty();
    }

    /** Anything, at random. */
    static Misfortune random(long seed) {
        return new Misfortune() {
            @Override
            public Fate fate(int connection, boolean up) {
                Random random = new Random(seed * 31 + connection * 2L + (up ? 1 : 0));
                // More comes from a broker than is sent to it, because everybody hears of everybody's writes.
                List<Kind> kinds = List.of(Kind.values());
                int bytes = up ? 30_000 : 300_000;
                return () -> new Fault(
                        200 + random.nextInt(bytes),
                        kinds.get(random.nextInt(kinds.size())),
                        50 + random.nextInt(1_500));
            }
        };
    }

    /** A reset in the middle of a packet about once a second. */
    static Misfortune resets(long seed) {
        return new Misfortune() {
            @Override
            public OptionalInt resetAfterMillis(int connection) {
                return OptionalInt.of(700 + new Random(seed * 31 + connection).nextInt(600));
            }
        };
    }
}
