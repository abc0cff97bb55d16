package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.intake.InOrder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * How many writes of the current user the server has not settled: all of them, or those that were made in a set of records. Whoever asks finds
 * what was handed over before counted in, and whoever watches hears of each number once.
 */
public final class PendingCounts {
    private final Lanes lanes;
    private final InOrder order;
    private final Scheduler serial;
    private final Sinks.Many<Integer> all = Sinks.many().replay().latestOrDefault(0);
    /** Each time a number may be another one. */
    private final Sinks.Many<Integer> turns = Sinks.many().multicast().directBestEffort();

    private volatile int newest;
    private boolean stopped;

    PendingCounts(Lanes lanes, InOrder order, Scheduler serial) {
        this.lanes = lanes;
        this.order = order;
        this.serial = serial;
    }

    /** Rows came or went. On the worker. */
    void changed() {
        if (stopped) {
            return;
        }
        if (turns.currentSubscriberCount() > 0) {
            Subscribers.tell(() -> turns.tryEmitNext(0));
        }
        int now = lanes.ours();
        if (now != newest) {
            newest = now;
            Subscribers.tell(() -> all.tryEmitNext(now));
        }
    }

    /** The numbers stay what they are: what leaves memory from now on is not settled. On the worker. */
    void stop() {
        stopped = true;
    }

    void end() {
        all.tryEmitComplete();
        turns.tryEmitComplete();
    }

    /** {@return the newest of {@link #all()}} Any thread. */
    public int now() {
        return newest;
    }

    /**
     * How many there are. Any thread. What was handed over before is counted with the first number, which may come a little later for that:
     * zero means that nothing is left of it.
     *
     * @return the number now and after each change of it; the newest one for a slow subscriber
     */
    public Flux<Integer> all() {
        Mono<Void> ended = all.asFlux().ignoreElements().then();
        return Mono.firstWithSignal(order.taken().onErrorComplete(RejectedExecutionException.class), ended)
                .thenMany(all.asFlux())
                .onBackpressureLatest()
                .distinctUntilChanged();
    }

    /**
     * How many were made in a set of records. On the worker.
     *
     * @param scope its key
     * @return the number
     */
    public int nowIn(String scope) {
        return lanes.oursIn(scope);
    }

    /**
     * How many were made in a set of records. Any thread; told on the worker.
     *
     * @param scope its key
     * @return the number now, with what was handed over before counted in, and after each change of it; the newest one for a slow subscriber
     */
    public Flux<Integer> in(String scope) {
        return following(Flux.empty(), Duration.ZERO, () -> nowIn(scope));
    }

    /**
     * How many are not settled, whoever made them, by the key of the set of records that they were made in. On the worker.
     *
     * @param ofDeletedToo whether also those of records that are deleted in the end
     * @return the numbers, without what goes nowhere else
     */
    public Map<String, Integer> ofEverybody(boolean ofDeletedToo) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        lanes.all().stream()
                .filter(lane -> !lane.isHereOnly() && (ofDeletedToo || !endsDeleted(lane)))
                .flatMap(lane -> lane.rows().stream())
                .forEach(row -> numbers.merge(row.write().scope(), 1, Integer::sum));
        return numbers;
    }

    private static boolean endsDeleted(Lane lane) {
        Row last = lane.rows().peekLast();
        return last != null && last.write().kind() == WriteKind.DELETE;
    }

    /**
     * Something that depends on which writes wait. Any thread; told on the worker.
     *
     * @param also signals when it may have changed for another reason
     * @param pause how long after one look the next may come at the soonest
     * @param state looks at it, on the worker
     * @param <T> what it is
     * @return what it is now, with what was handed over before counted in, and after each change of it; the newest for a slow subscriber
     */
    public <T> Flux<T> following(Flux<?> also, Duration pause, Supplier<T> state) {
        Mono<Void> ended = turns.asFlux().ignoreElements().then();
        Flux<Integer> looks = Mono.firstWithSignal(order.taken(), ended)
                .thenMany(Flux.merge(turns.asFlux(), also.map(each -> 0), Mono.just(0)))
                .onBackpressureLatest();
        Flux<Integer> paced = pause.isZero()
                ? looks
                : looks.concatMap(
                                look -> Mono.just(look)
                                        .concatWith(Mono.delay(pause, serial).then(Mono.empty())),
                                0)
                        .onBackpressureLatest();
        return paced.publishOn(serial, 1)
                .map(look -> state.get())
                .distinctUntilChanged()
                // A closed store has no worker any more, and nothing to count.
                .onErrorComplete(RejectedExecutionException.class);
    }
}
