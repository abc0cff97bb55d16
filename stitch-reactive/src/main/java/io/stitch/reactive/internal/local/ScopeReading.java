package io.stitch.reactive.internal.local;

import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads what is kept of scopes when they are opened. A scope that the disk does not give opens all the same, and is read again until it
 * can be: after 1 s, doubling up to 30 s, or when the database could be opened at last. On the worker.
 */
final class ScopeReading {
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final Mono<Void> database;
    private final Function<String, Mono<Void>> load;
    private final Scheduler serial;
    private final Runnable loaded;
    private final Consumer<Throwable> failed;
    private final Map<String, Reading> underWay = new HashMap<>();
    private final Map<String, Disposable.Swap> unread = new HashMap<>();
    private boolean opened;

    private record Reading(Disposable task, Sinks.Empty<Void> end) {}

    /**
     * Makes what reads nothing yet.
     *
     * @param database completes when the database is open
     * @param load reads a scope into memory
     * @param loaded hears that a scope was read, or will not be for now
     * @param failed hears of failures
     */
    ScopeReading(
            Mono<Void> database,
            Function<String, Mono<Void>> load,
            Scheduler serial,
            Runnable loaded,
            Consumer<Throwable> failed) {
        this.database = database;
        this.load = load;
        this.serial = serial;
        this.loaded = loaded;
        this.failed = failed;
    }

    /** Reads a scope; then, the rest of opening it follows. */
    void open(String scope, Runnable then) {
        Disposable.Swap task = Disposables.swap();
        // Known before it begins, for it may end while it is subscribed.
        underWay.put(scope, new Reading(task, Sinks.empty()));
        Runnable over = () -> {
            then.run();
            end(scope);
        };
        task.update(database.then(load.apply(scope))
                .subscribe(
                        unused -> {},
                        failure -> {
                            failed.accept(failure);
                            over.run();
                            readLater(scope);
                        },
                        over));
    }

    boolean isUnderWay(String scope) {
        return underWay.containsKey(scope);
    }

    /** Completes when a scope was read, or will not be for now. */
    Mono<Void> over(String scope) {
        Reading reading = underWay.get(scope);
        return reading == null ? Mono.empty() : reading.end().asMono();
    }

    /** The database is open: what could not be read before can be now. */
    void opened() {
        opened = true;
        Map.copyOf(unread).forEach((scope, task) -> readAgain(scope, task, Duration.ZERO));
    }

    /** Stops reading a scope. */
    void close(String scope) {
        end(scope);
        Disposable again = unread.remove(scope);
        if (again != null) {
            again.dispose();
        }
    }

    void stop() {
        List.copyOf(underWay.keySet()).forEach(this::close);
        List.copyOf(unread.keySet()).forEach(this::close);
    }

    private void readLater(String scope) {
        Disposable.Swap again = Disposables.swap();
        unread.put(scope, again);
        if (opened) {
            readAgain(scope, again, SHORTEST_WAIT);
        }
    }

    private void readAgain(String scope, Disposable.Swap again, Duration after) {
        again.update(Mono.delay(after, serial)
                .then(load.apply(scope))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, SHORTEST_WAIT)
                        .maxBackoff(LONGEST_WAIT)
                        .scheduler(serial)
                        .doBeforeRetry(retry -> failed.accept(retry.failure())))
                .subscribe(unused -> {}, failed, () -> unread.remove(scope)));
    }

    private void end(String scope) {
        Reading reading = underWay.remove(scope);
        if (reading != null) {
            reading.task().dispose();
            reading.end().tryEmitEmpty();
            loaded.run();
        }
    }
}
