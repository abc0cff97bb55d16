package io.stitch.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Sends the events of a replay in steps between other requests, with a bounded number of them unacknowledged. Worker only. */
final class Replay implements Worker.Task {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);
    private final Worker worker;
    private final Outbox outbox;
    private final int window;
    private final Supplier<Queue<Step>> others;
    private final Ending ending;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private Queue<Step> rest;
    private boolean begun;
    private boolean whole;
    private boolean ended;
    private boolean told;
    private int sent;

    /** Makes one event; null where it is no longer needed. */
    interface Step {
        @Nullable
        Message get();
    }

    /** Is told once how it ended. */
    interface Ending {
        /** All events are with the broker. */
        void whole(int events);

        void broken(Refusal why);
    }

    /**
     * Makes a replay; it is to be run on the worker.
     *
     * @param first what goes out at once
     * @param others finds what goes out after that
     */
    Replay(Worker worker, Outbox outbox, int window, Queue<Step> first, Supplier<Queue<Step>> others, Ending ending) {
        this.worker = worker;
        this.outbox = outbox;
        this.window = window;
        this.rest = first;
        this.others = others;
        this.ending = ending;
    }

    @Override
    public boolean compares() {
        return true;
    }

    @Override
    public void run() {
        scheduled.set(false);
        if (ended) {
            return;
        }
        try {
            goOn();
        } catch (Refusal e) {
            breakOff(e);
        } catch (RuntimeException e) {
            LOG.error("a replay failed", e);
            breakOff(new Refusal(500, "internal error: see the server's log"));
        }
    }

    private void goOn() {
        if (begun && !whole) {
            rest = others.get();
            whole = true;
        }
        begun = true;
        while (!rest.isEmpty() && open.get() < window) {
            Message message = rest.remove().get();
            if (message != null) {
                sent++;
                open.incrementAndGet();
                worker.afterCommit(() -> outbox.publish(message, this::acknowledged));
            }
        }
        if (!rest.isEmpty()) {
            return;
        }
        if (!whole) {
            // The others are looked for when what was found so far is on its way.
            worker.afterCommit(this::schedule);
        } else if (open.get() == 0) {
            ended = true;
            worker.afterCommit(() -> tell(() -> ending.whole(sent)));
        }
    }

    private void acknowledged() {
        if (open.decrementAndGet() <= window / 2) {
            schedule();
        }
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            worker.resume(this);
        }
    }

    private void breakOff(Refusal why) {
        ended = true;
        worker.afterCommit(() -> tell(() -> ending.broken(why)));
    }

    private void tell(Runnable word) {
        if (!told) {
            told = true;
            word.run();
        }
    }

    /** What it had to write could not be written, and what it had to say since then is lost. */
    @Override
    public void lost() {
        ended = true;
        tell(() -> ending.broken(Refusal.unavailable()));
    }
}
