package io.stitch.reactive;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.ObservationRegistry;
import io.stitch.reactive.spi.StoreObserver;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Locale;
import java.util.function.Function;

/** An observation around each write, and nothing else: of Micrometer it needs no meters. */
final class WriteObserver implements StoreObserver {
    private final ObservationRegistry observations;
    private final KeyValues keyValues;

    WriteObserver(ObservationRegistry observations, KeyValues keyValues) {
        this.observations = observations;
        this.keyValues = keyValues;
    }

    @Override
    public <T> Mono<T> watch(String entity, WriteKind kind, Mono<T> write, Function<T, String> status) {
        return WriteObservation.around(
                write,
                observations,
                keyValues.and("entity", entity, "operation", kind.name().toLowerCase(Locale.ROOT)),
                result -> status.apply(result).toLowerCase(Locale.ROOT));
    }

    @Override
    public <T> Flux<T> watchBatch(Flux<T> writes) {
        return WriteObservation.around(writes, observations, keyValues.and("entity", "several", "operation", "batch"));
    }
}
