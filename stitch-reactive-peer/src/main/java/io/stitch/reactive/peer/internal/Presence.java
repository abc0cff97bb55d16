package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.hello.Roster;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that is there as long as it is heard of now and then: the peers of a scope, or the scopes that peers announce. At most
 * {@code bound}, of which newcomers give way first. A long list is told of at most ten times a second. On the worker; the publisher may be subscribed anywhere.
 *
 * @param <T> what is shown of it
 */
final class Presence<T> {
    private static final int SHORT = 100;
    private static final Duration REST = Duration.ofMillis(100);

    private final SyncContext context;
    private final Duration patience;
    private final Shown<T> shown;
    private final Roster<Long> lastHeard;
    private final Sinks.Many<List<T>> lists = Sinks.many().replay().latest();
    private final Disposable.Swap timer = Disposables.swap();
    private final Disposable.Swap telling = Disposables.swap();
    private boolean watching;
    private boolean changed;
    private boolean resting;

    /** Makes what is shown. */
    @FunctionalInterface
    interface Shown<T> {
        T of(String name, Instant lastHeard);
    }

    Presence(SyncContext context, Duration patience, int bound, Shown<T> shown) {
        this.context = context;
        this.patience = patience;
        this.lastHeard = new Roster<>(bound);
        this.shown = shown;
        emit();
    }

    Flux<List<T>> lists() {
        return lists.asFlux().onBackpressureLatest();
    }

    boolean isWatched() {
        return lists.currentSubscriberCount() > 0;
    }

    void heard(String name) {
        boolean isNew = !lastHeard.knows(name);
        lastHeard.heard(name, context.now(), context.now());
        if (isNew) {
            changed();
        }
        watch();
    }

    boolean hasAny() {
        return lastHeard.size() > 0;
    }

    boolean has(String name) {
        return lastHeard.knows(name);
    }

    void gone(String name) {
        if (lastHeard.remove(name)) {
            changed();
        }
    }

    void clear() {
        if (lastHeard.size() > 0) {
            lastHeard.clear();
            emit();
        }
        stop();
    }

    void complete() {
        stop();
        telling.dispose();
        lists.tryEmitComplete();
    }

    private void stop() {
        watching = false;
        timer.update(Disposables.disposed());
    }

    private void watch() {
        if (!watching && !patience.isZero()) {
            watching = true;
            timer.update(context.after(patience, this::expire));
        }
    }

    private void expire() {
        watching = false;
        long now = context.now();
        if (lastHeard.removeIf(heard -> now - heard >= patience.toMillis())) {
            changed();
        }
        // Half as often as the shortest time would need: a presence is a hint.
        if (lastHeard.size() > 0) {
            watching = true;
            timer.update(context.after(patience.dividedBy(2).plusMillis(1), this::expire));
        }
    }

    /** What is short is told at once; what is long costs too much to be made anew for each name that somebody makes up. */
    void changed() {
        if (lastHeard.size() <= SHORT) {
            emit();
        } else if (resting) {
            changed = true;
        } else {
            emit();
            resting = true;
            telling.update(context.after(REST, this::rested));
        }
    }

    private void rested() {
        resting = false;
        if (changed) {
            changed();
        }
    }

    private void emit() {
        changed = false;
        List<String> names = new ArrayList<>(lastHeard.names());
        names.sort(null);
        List<T> list = new ArrayList<>(names.size());
        for (String name : names) {
            Long heard = lastHeard.get(name);
            if (heard != null) {
                list.add(shown.of(name, Instant.ofEpochMilli(heard)));
            }
        }
        lists.tryEmitNext(List.copyOf(list));
    }
}
