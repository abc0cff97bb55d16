package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.writes.WorkerLane;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Brings the acknowledgements of many publishes to the worker, as many at a time as are there, and watches one clock for all of them: a
 * task and a timer for each cost more than the publish. As many are open as their publishers have places for. On the worker.
 */
final class Acknowledgements {
    /** Ticks of the timer until a publish is given up. Counted, because the time may stand still or jump. */
    private static final int TICKS = 4;

    private final Scheduler serial;
    private final Duration timeout;
    private final Consumer<Runnable> around;
    /** The oldest first, some behind it answered already. */
    private final Deque<Open> open = new ArrayDeque<>();

    private final WorkerLane<Open> answered;
    private boolean ticking;
    private long ticks;

    /** A publish that is not acknowledged yet. */
    private static final class Open {
        private final Consumer<@Nullable Throwable> done;
        private final long last;
        private final Disposable.Swap publish = Disposables.swap();
        private volatile @Nullable Throwable failure;
        private boolean told;

        Open(Consumer<@Nullable Throwable> done, long last) {
            this.done = done;
            this.last = last;
        }

        void tell() {
            if (!told) {
                told = true;
                done.accept(failure);
            }
        }
    }

    /**
     * Waits for nothing yet.
     *
     * @param serial the worker
     * @param timeout how long an acknowledgement may take
     * @param around runs a task that tells of some acknowledgements
     */
    Acknowledgements(Scheduler serial, Duration timeout, Consumer<Runnable> around) {
        this.serial = serial;
        this.timeout = timeout;
        this.around = around;
        this.answered = new WorkerLane<>(serial, this::tell, (late, storeClosed) -> {});
    }

    /**
     * Publishes, and tells how that ended.
     *
     * @param publish the publish, which fails when its connection ends
     * @param done told on the worker: nothing, or what failed
     * @return lets go of it, untold
     */
    Disposable await(Mono<?> publish, Consumer<@Nullable Throwable> done) {
        Open one = new Open(done, ticks + TICKS);
        open.add(one);
        tickLater();
        one.publish.update(publish.subscribe(
                unused -> {},
                failure -> {
                    one.failure = failure;
                    answered.submit(one);
                },
                () -> answered.submit(one)));
        return () -> {
            one.told = true;
            one.publish.dispose();
        };
    }

    private void tell(List<Open> each) {
        around.accept(() -> {
            each.forEach(Open::tell);
            letGo();
        });
    }

    private void letGo() {
        while (!open.isEmpty() && open.getFirst().told) {
            open.removeFirst();
        }
    }

    private void tickLater() {
        if (!ticking) {
            ticking = true;
            serial.schedule(this::tick, timeout.toNanos() / TICKS, TimeUnit.NANOSECONDS);
        }
    }

    private void tick() {
        ticking = false;
        ticks++;
        around.accept(() -> {
            while (!open.isEmpty() && (open.getFirst().told || open.getFirst().last < ticks)) {
                giveUp(open.removeFirst());
            }
        });
        if (!open.isEmpty()) {
            tickLater();
        }
    }

    private void giveUp(Open one) {
        if (!one.told) {
            one.publish.dispose();
            one.failure = new TimeoutException("The broker did not acknowledge within %s.".formatted(timeout));
            one.tell();
        }
    }
}
