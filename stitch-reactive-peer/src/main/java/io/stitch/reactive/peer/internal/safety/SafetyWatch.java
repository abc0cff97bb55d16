package io.stitch.reactive.peer.internal.safety;

import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Safety;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Tells how safe an open scope is, and asks others as long as somebody watches and they have not said that they hold it. Looks at most four times a
 * second. On the worker; the publishers may be subscribed anywhere.
 */
public final class SafetyWatch {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int MOST_DOUBLINGS = 10;

    private final String scope;
    private final SyncContext context;
    private final Holdings holdings;
    private final IntSupplier records;
    private final BooleanSupplier alone;
    private final Asking asking;
    private final Sinks.Many<Integer> stirs = Sinks.many().multicast().directBestEffort();
    private final Disposable.Swap question = Disposables.swap();
    private @Nullable String by;
    private boolean asks;
    private int asked;

    /**
     * How others are asked.
     *
     * @param first how long after a write at the soonest
     * @param longest how long after a question at the latest; zero for never
     * @param ask asks who holds all that is here
     */
    public record Asking(Duration first, Duration longest, Runnable ask) {}

    /**
     * Begins with nobody.
     *
     * @param scope the scope
     * @param context the store
     * @param holdings who holds what
     * @param records how many records the scope has
     * @param alone whether nobody else was ever heard in the scope
     * @param asking how others are asked
     */
    public SafetyWatch(
            String scope,
            SyncContext context,
            Holdings holdings,
            IntSupplier records,
            BooleanSupplier alone,
            Asking asking) {
        this.scope = scope;
        this.context = context;
        this.holdings = holdings;
        this.records = records;
        this.alone = alone;
        this.asking = asking;
    }

    /**
     * {@return how safe the scope is}
     */
    public Flux<ScopeSafety> ofScope() {
        return context.writes().counts().following(stirs.asFlux(), PAUSE, () -> {
            if (!asks) {
                askLater();
            }
            return now();
        });
    }

    /**
     * Tells how safe a record is.
     *
     * @param key the record
     * @return how safe it is
     */
    public Flux<RecordSafety> ofRecord(RecordKey key) {
        return context.writes().counts().following(stirs.asFlux(), PAUSE, () -> {
            if (!asks) {
                askLater();
            }
            return holdings.of(key, context.records().pending().has(key, scope), alone.getAsBoolean());
        });
    }

    /** {@return how much nobody else is known to hold, besides what waits to be sent} */
    public int onlyHere() {
        return holdings.onlyHere(
                records.getAsInt(), key -> context.records().pending().has(key, scope), alone.getAsBoolean());
    }

    private ScopeSafety now() {
        return holdings.of(
                records.getAsInt(),
                context.writes().counts().nowIn(scope),
                key -> context.records().pending().has(key, scope),
                alone.getAsBoolean());
    }

    // ---- what happens ----

    /**
     * Takes what changes while something runs for said by a peer.
     *
     * @param peer the peer; {@code null} if it is not known who
     * @param action changes records
     * @param <T> what comes of it
     * @return what comes of it
     */
    public <T> T saidBy(@Nullable String peer, Supplier<T> action) {
        by = peer;
        try {
            return action.get();
        } finally {
            by = null;
        }
    }

    /**
     * A record was changed.
     *
     * @param key the record
     * @param deleted whether it is gone
     */
    public void changed(RecordKey key, boolean deleted) {
        holdings.changed(key, deleted, by);
        stir();
    }

    /**
     * The broker took what was said of a record as it is now.
     *
     * @param key the record
     * @param heard whether somebody was subscribed
     */
    public void published(RecordKey key, boolean heard) {
        holdings.published(key, heard);
        stir();
        asked = 0;
        askLater();
    }

    /** Who holds what may be known better than before. */
    public void stir() {
        if (stirs.currentSubscriberCount() > 0) {
            stirs.tryEmitNext(0);
        }
    }

    // ---- asking ----

    private void askLater() {
        if (stirs.currentSubscriberCount() > 0 && !asking.longest().isZero()) {
            Duration wait = asking.first().multipliedBy(1L << Math.min(asked, MOST_DOUBLINGS));
            asks = true;
            question.update(context.after(
                    context.jittered(wait.compareTo(asking.longest()) < 0 ? wait : asking.longest()), this::ask));
        }
    }

    private void ask() {
        asks = false;
        Safety level = now().level();
        boolean wanted = level == Safety.TAKEN || level == Safety.ONLY_HERE;
        if (stirs.currentSubscriberCount() > 0 && wanted) {
            asked++;
            asking.ask().run();
            askLater();
        }
    }

    /** Nobody can be asked: on the next connection everybody is, by the first hello. */
    public void disconnected() {
        asks = false;
        asked = 0;
        question.update(Disposables.disposed());
    }

    /** The scope is closed. */
    public void close() {
        disconnected();
        stirs.tryEmitComplete();
    }
}
