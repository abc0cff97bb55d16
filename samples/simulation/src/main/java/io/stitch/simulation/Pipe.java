package io.stitch.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** One direction of a connection: what enters comes out later, in the same order, unless the connection stands still or is cut. */
final class Pipe {
    private final Time time;
    private final Lane exit;
    private final LongSupplier stalledUntil;
    private final Deque<Runnable> underWay = new ArrayDeque<>();
    private long lastArrival;

    Pipe(Time time, Lane exit, LongSupplier stalledUntil) {
        this.time = time;
        this.exit = exit;
        this.stalledUntil = stalledUntil;
    }

    void send(long delayMillis, Runnable arrival) {
        lastArrival = Math.max(lastArrival, time.nanos() + TimeUnit.MILLISECONDS.toNanos(delayMillis));
        underWay.add(arrival);
        exit.schedule(this::arrive, lastArrival - time.nanos(), TimeUnit.NANOSECONDS);
    }

    private void arrive() {
        long wait = stalledUntil.getAsLong() - time.nanos();
        if (wait > 0) {
            exit.schedule(this::arrive, wait, TimeUnit.NANOSECONDS);
            return;
        }
        Runnable first = underWay.poll();
        if (first != null) {
            first.run();
        }
    }

    int underWay() {
        return underWay.size();
    }

    /** Cuts it: the first few come out all the same, at once, and the rest never. */
    void cut(int arriving) {
        for (int i = 0; i < arriving; i++) {
            Runnable next = underWay.poll();
            if (next != null) {
                next.run();
            }
        }
        underWay.clear();
    }
}
