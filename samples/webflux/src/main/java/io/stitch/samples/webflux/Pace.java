package io.stitch.samples.webflux;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;

/** Slows down what many are told. */
final class Pace {
    private Pace() {}

    /**
     * Lets an element through at once, and then nothing for a while; of what came meanwhile, the newest. So the last one always arrives.
     *
     * @param pace how long
     * @param source the elements
     * @param timer the thread that passes them on, which is not the source's: it has other things to do
     * @return what is let through
     */
    static <T> Flux<T> atMostOnceIn(Duration pace, Flux<T> source, Scheduler timer) {
        Mono<T> wait = Mono.<T>empty().delaySubscription(pace, timer);
        return source.onBackpressureLatest()
                // Without a prefetch: what is fetched early would be told late.
                .concatMap(newest -> Mono.just(newest).subscribeOn(timer).concatWith(wait), 0);
    }
}
