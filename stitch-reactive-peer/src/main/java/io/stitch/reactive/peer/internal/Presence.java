package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.SyncContext;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that is there as long as it is heard of now and then: the peers of a scope, or the scopes that peers announce. At most
 * {@code bound}; the one unheard longest goes first. On the worker; the publisher may be subscribed anywhere.
 *
 * @param <T> what is shown of it
 */
final class Presence<T> {
    private final SyncContext context;
    private final Duration patience;
    private final int bound;
    private final Shown<T> shown;
    private final Map<String, Long> lastHeard = new HashMap<>();
    private final Sinks.Many<List<T>> lists = Sinks.many().replay().latest();
    private final Disposable.Swap timer = Disposables.swap();
    private boolean watching;

    /** Makes what is shown. */
    @FunctionalInterface
    interface Shown<T> {
        T of(String name, Instant lastHeard);
    }

    Presence(SyncContext context, Duration patience, int bound, Shown<T> shown) {
        this.context = context;
        this.patience = patience;
        this.bound = bound;
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
        boolean isNew = lastHeard.put(name, context.now()) == null;
        if (lastHeard.size() > bound) {
            lastHeard.entrySet().stream()
                    .filter(entry -> !entry.getKey().equals(name))
                    .min(Map.Entry.comparingByValue())
                    .ifPresent(oldest -> lastHeard.remove(oldest.getKey()));
        }
        if (isNew) {
            emit();
        }
        watch();
    }

    boolean has(String name) {
        return lastHeard.containsKey(name);
    }

    void gone(String name) {
        if (lastHeard.remove(name) != null) {
            emit();
        }
    }

    void clear() {
        if (!lastHeard.isEmpty()) {
            lastHeard.clear();
            emit();
        }
        stop();
    }

    void complete() {
        stop();
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
        if (lastHeard.values().removeIf(heard -> now - heard >= patience.toMillis())) {
            emit();
        }
        // Half as often as the shortest time would need: a presence is a hint.
        if (!lastHeard.isEmpty()) {
            watching = true;
            timer.update(context.after(patience.dividedBy(2).plusMillis(1), this::expire));
        }
    }

    private void emit() {
        List<T> list = new ArrayList<>(lastHeard.size());
        lastHeard.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getKey))
                .forEach(entry -> list.add(shown.of(entry.getKey(), Instant.ofEpochMilli(entry.getValue()))));
        lists.tryEmitNext(List.copyOf(list));
    }
}
