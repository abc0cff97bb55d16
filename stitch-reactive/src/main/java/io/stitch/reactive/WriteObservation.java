package io.stitch.reactive;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** Puts an observation around a write: it begins with the subscription and ends with the result, or when nobody waits any more. */
final class WriteObservation {
    private static final String STATUS = "status";
    private static final String NOTHING = "none";

    private final Observation observation;
    private final AtomicBoolean over = new AtomicBoolean();

    private WriteObservation(Observation observation) {
        this.observation = observation;
    }

    static <T> Mono<T> around(
            Mono<T> write, ObservationRegistry registry, KeyValues keyValues, Function<T, String> status) {
        return Mono.deferContextual(context -> {
            WriteObservation around = begin(context, registry, keyValues);
            return write.doOnSuccess(result -> around.end(result == null ? NOTHING : status.apply(result)))
                    .doOnError(around::fail)
                    .doOnCancel(around::cancelled)
                    .contextWrite(around::enter);
        });
    }

    static <T> Flux<T> around(Flux<T> writes, ObservationRegistry registry, KeyValues keyValues) {
        return Flux.deferContextual(context -> {
            WriteObservation around = begin(context, registry, keyValues);
            return writes.doOnComplete(() -> around.end("completed"))
                    .doOnError(around::fail)
                    .doOnCancel(around::cancelled)
                    .contextWrite(around::enter);
        });
    }

    private static WriteObservation begin(ContextView context, ObservationRegistry registry, KeyValues keyValues) {
        Observation observation = Observation.createNotStarted("stitch.write", registry)
                .contextualName("stitch write")
                .lowCardinalityKeyValues(keyValues)
                // Some handlers want every observation of a name to have the same keys from the start.
                .lowCardinalityKeyValue(STATUS, NOTHING);
        Observation parent = parent(context);
        if (parent != null) { // Otherwise it is the one that is current on this thread.
            observation.parentObservation(parent);
        }
        return new WriteObservation(observation.start());
    }

    private Context enter(Context inner) {
        return inner.put(ObservationThreadLocalAccessor.KEY, observation);
    }

    private void cancelled() {
        end("cancelled");
    }

    private static @Nullable Observation parent(ContextView context) {
        return context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
    }

    private void end(String status) {
        if (over.compareAndSet(false, true)) {
            observation.lowCardinalityKeyValue(STATUS, status);
            observation.stop();
        }
    }

    private void fail(Throwable error) {
        if (over.compareAndSet(false, true)) {
            observation.lowCardinalityKeyValue(STATUS, "failed");
            observation.error(error);
            observation.stop();
        }
    }
}
