package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.wire.EventCount;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.TreeSet;

/**
 * Notices that an event of a scope was lost, by their numbers (protocol section 4.8, {@code event-count}). On the worker.
 *
 * <p>An event may be overtaken by one of another topic, so a number that is missing is waited for.
 */
public final class EventGaps {
    private static final Duration TOLERANCE = Duration.ofSeconds(1);
    /** So many do not overtake one: what is missing is lost. */
    private static final int MOST_AHEAD = 1_024;

    private final SyncContext context;
    private final Runnable missed;
    private final TreeSet<Long> ahead = new TreeSet<>();
    private final Disposable.Swap timer = Disposables.swap();
    private @Nullable String epoch;
    private long last;

    /**
     * Makes one that knows of no event.
     *
     * @param context the store
     * @param missed hears that an event was lost
     */
    public EventGaps(SyncContext context, Runnable missed) {
        this.context = context;
        this.missed = missed;
    }

    /**
     * An event came.
     *
     * @param event its number
     */
    public void heard(EventCount event) {
        if (epoch == null) {
            begin(event);
        } else if (!epoch.equals(event.epoch())) {
            begin(event);
            timer.update(context.after(TOLERANCE, missed)); // What was counted before cannot be known.
        } else if (event.count() > last) {
            ahead.add(event.count());
            closeUp();
            if (ahead.isEmpty()) {
                timer.update(Disposables.disposed());
            } else if (ahead.size() == MOST_AHEAD) {
                giveUp();
            } else if (ahead.size() == 1) {
                timer.update(context.after(TOLERANCE, this::giveUp));
            }
        }
    }

    /**
     * The scope was compared.
     *
     * @param newest the number of the newest event by then; {@code null} if they are not counted
     */
    public void compared(@Nullable EventCount newest) {
        if (newest == null) {
            return;
        }
        if (!newest.epoch().equals(epoch)) {
            begin(newest);
        } else if (newest.count() > last) {
            last = newest.count();
            ahead.headSet(last, true).clear();
            closeUp();
            if (ahead.isEmpty()) {
                timer.update(Disposables.disposed());
            }
        }
    }

    /**
     * {@return which counting the server is in, as far as was heard since the connection began, or {@code null}} It is another one after a restart of the
     * server.
     */
    public @Nullable String epoch() {
        return epoch;
    }

    /** What comes from now on may come after any number. */
    public void stop() {
        epoch = null;
        ahead.clear();
        timer.update(Disposables.disposed());
    }

    private void begin(EventCount first) {
        stop();
        epoch = first.epoch();
        last = first.count();
    }

    private void closeUp() {
        while (!ahead.isEmpty() && ahead.first() == last + 1) {
            last = ahead.pollFirst();
        }
    }

    private void giveUp() {
        last = ahead.last();
        ahead.clear();
        missed.run();
    }
}
