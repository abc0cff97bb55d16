package io.stitch.reactive.peer;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

import java.util.concurrent.TimeUnit;

/** Time, mostly virtual, with a wall clock that is wrong: it is off by something, jumps, or stands still. Timers are right all the same. */
final class SkewedTime implements Scheduler {
    private final Scheduler time;
    private long offsetMillis;
    private long stoppedAt = -1;

    SkewedTime(Scheduler time, long offsetMillis) {
        this.time = time;
        this.offsetMillis = offsetMillis;
    }

    void offset(long millis) {
        offsetMillis = millis;
        stoppedAt = -1;
    }

    void stop() {
        stoppedAt = now(TimeUnit.MILLISECONDS);
    }

    @Override
    public long now(TimeUnit unit) {
        long millis = stoppedAt >= 0 ? stoppedAt : Math.max(0, time.now(TimeUnit.MILLISECONDS) + offsetMillis);
        return unit.convert(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
        return time.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return time.schedule(task, delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return time.schedulePeriodically(task, initialDelay, period, unit);
    }

    @Override
    public Worker createWorker() {
        return time.createWorker();
    }
}
