package io.stitch.reactive.test;

import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** One direction of a connection: what enters comes out later, in the same order. Safe on any thread; never blocks. */
final class Lane {
    private final Scheduler scheduler;
    private final Scheduler.Worker worker;
    // What comes out is what entered first, whichever of two timers fires first.
    private final Queue<Runnable> underWay = new ConcurrentLinkedQueue<>();
    private long lastArrival;

    Lane(Scheduler scheduler, Scheduler.Worker worker) {
        this.scheduler = scheduler;
        this.worker = worker;
    }

    void send(Duration delay, Runnable arrival) {
        long now = scheduler.now(TimeUnit.MILLISECONDS);
        long wait;
        synchronized (underWay) {
            lastArrival = Math.max(lastArrival, now + delay.toMillis());
            wait = lastArrival - now;
            underWay.add(arrival);
        }
        if (wait == 0) {
            worker.schedule(this::arrive);
        } else {
            worker.schedule(this::arrive, wait, TimeUnit.MILLISECONDS);
        }
    }

    private void arrive() {
        Runnable first = underWay.poll();
        if (first != null) {
            first.run();
        }
    }
}
