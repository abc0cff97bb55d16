package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What changed of an entity's records since one reader looked last: the newest state of each, as of the end of a batch of changes.
 *
 * <p>Bounded, however slow the reader is: by the records that it knows and those that there are, and where nobody can tell which it knows
 * by {@link #BOUND}, after which all of them are to be read again.
 *
 * <p>Changed on the store's worker, read on any thread.
 */
public final class Touched {
    /** How many records may have changed that a reader of what is kept has not looked at. */
    static final int BOUND = 16_384;

    /**
     * A record that is there.
     *
     * @param record the record
     * @param pending whether it has writes that are not settled
     */
    public record Held(StoredRecord record, boolean pending) {}

    /**
     * What a reader gets.
     *
     * @param all every record, to begin with; {@code null} if the reader has them already
     * @param changed what changed after that; empty for what is gone
     */
    public record News(@Nullable Collection<Held> all, Map<RecordKey, Optional<Held>> changed) {}

    private record Touch(boolean known, Optional<Held> now) {}

    private final String entity;
    private final boolean tellsWhatIsKnown;
    private final Sinks.Many<Boolean> signals = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<Boolean> loads = Sinks.many().multicast().directBestEffort();
    private final Map<RecordKey, Touch> collected = new HashMap<>(); // On the worker.

    private final Object lock = new Object();
    private Map<RecordKey, Touch> settled = new HashMap<>();
    private @Nullable Collection<Held> all;
    private boolean loading;
    /** How often all was to be read again. On the worker. */
    private int reloads;

    private volatile boolean completed;

    Touched(String entity, Collection<Held> all) {
        this.entity = entity;
        this.all = all;
        this.tellsWhatIsKnown = true;
    }

    /** Makes one whose records are read from elsewhere. */
    Touched(String entity) {
        this.entity = entity;
        this.loading = true;
        this.tellsWhatIsKnown = false;
    }

    String entity() {
        return entity;
    }

    /** A record is otherwise now. On the worker. */
    void changed(RecordKey key, boolean isNew, @Nullable Held now) {
        Touch before = collected.get(key);
        collected.put(key, new Touch(before == null ? !isNew : before.known, Optional.ofNullable(now)));
        if (!tellsWhatIsKnown && collected.size() > BOUND) {
            reload();
        }
    }

    /** A batch of changes is over. On the worker. */
    void settle() {
        if (collected.isEmpty()) {
            return;
        }
        synchronized (lock) {
            collected.forEach((key, touch) -> {
                Touch before = settled.get(key);
                boolean known = before == null ? touch.known : before.known;
                if (tellsWhatIsKnown && !known && touch.now.isEmpty()) {
                    settled.remove(key); // It came and went unseen.
                } else {
                    settled.put(key, new Touch(known, touch.now));
                }
            });
        }
        collected.clear();
        if (!tellsWhatIsKnown && isFull()) {
            reload();
        } else {
            signals.tryEmitNext(Boolean.TRUE);
        }
    }

    private boolean isFull() {
        synchronized (lock) {
            return settled.size() > BOUND;
        }
    }

    /** What the reader has is of no use any more: all is to be read again. On the worker. */
    void reload() {
        reloads++;
        collected.clear();
        synchronized (lock) {
            settled = new HashMap<>();
            all = null;
            loading = true;
        }
        loads.tryEmitNext(Boolean.TRUE);
    }

    /** No more will change. On the worker. */
    void complete() {
        completed = true;
        signals.tryEmitComplete();
        loads.tryEmitComplete();
    }

    /**
     * All is about to be read elsewhere, as {@link #loads()} told. Nothing can be taken until it was {@link #loaded}: of what is taken
     * meanwhile, nobody could tell whether it is newer than what is read. On the worker.
     *
     * @return names what is read, for {@link #loaded}
     */
    public int loading() {
        synchronized (lock) {
            loading = true;
        }
        return reloads;
    }

    /**
     * Takes what was read elsewhere. What changed meanwhile is newer. If all is to be read again since, because too much changed or because it
     * was forgotten, this is not what there is, and is not shown. On the worker.
     *
     * @param reading what {@link #loading()} answered when it began
     * @param records every record
     */
    public void loaded(int reading, List<Held> records) {
        if (reading != reloads) {
            return;
        }
        synchronized (lock) {
            all = records;
            loading = false;
        }
        signals.tryEmitNext(Boolean.TRUE);
    }

    /**
     * {@return what changed since the last time; {@code null} while what there is is being read}
     */
    public @Nullable News take() {
        Map<RecordKey, Optional<Held>> changed = new HashMap<>();
        Collection<Held> first;
        synchronized (lock) {
            if (loading) {
                return null;
            }
            first = all;
            all = null;
            settled.forEach((key, touch) -> changed.put(key, touch.now));
            settled = new HashMap<>();
        }
        return new News(first, changed);
    }

    /**
     * Signals that there is something to take, at once on subscription and then at the end of each batch of changes. Hot; a slow subscriber
     * gets one signal for all that it missed. Signals come on the store's worker.
     *
     * @return the signals; completes when there will be no more changes
     */
    public Flux<Boolean> signals() {
        return Flux.defer(() -> completed
                        ? Flux.<Boolean>empty()
                        : Flux.merge(signals.asFlux().onBackpressureLatest(), Flux.just(Boolean.TRUE)))
                .onBackpressureLatest();
    }

    /**
     * Signals that all is to be read, between {@link #loading} and {@link #loaded}: at once on subscription, and whenever too much changed to be
     * remembered. On the store's worker.
     *
     * @return the signals; completes when there will be no more changes
     */
    public Flux<Boolean> loads() {
        return Flux.merge(loads.asFlux().onBackpressureLatest(), Flux.just(Boolean.TRUE));
    }

    /** Those who read a set of records by what changes of it. Told on the worker; one may go on any thread. */
    static final class Watchers {
        private final List<Touched> all = new CopyOnWriteArrayList<>();
        private boolean completed; // On the worker.

        void add(Touched watcher) {
            if (completed) {
                watcher.complete();
            } else {
                all.add(watcher);
            }
        }

        void remove(Touched watcher) {
            all.remove(watcher);
        }

        boolean isEmpty() {
            return all.isEmpty();
        }

        void changed(RecordKey key, boolean isNew, @Nullable Held now) {
            for (Touched watcher : all) {
                if (watcher.entity().equals(key.entity())) {
                    watcher.changed(key, isNew, now);
                }
            }
        }

        void settle() {
            all.forEach(Touched::settle);
        }

        void reload() {
            all.forEach(Touched::reload);
        }

        void complete() {
            completed = true;
            all.forEach(Touched::complete);
        }
    }
}
