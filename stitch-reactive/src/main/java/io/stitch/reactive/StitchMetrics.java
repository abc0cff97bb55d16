package io.stitch.reactive;

import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;

/**
 * Shows what a store does on Micrometer, as metrics, as traces, or both: {@code builder.observer(StitchMetrics.to(registry).observer())}.
 * Micrometer must be on the class path, and nothing else here needs it to be. Immutable.
 *
 * <p>The names and tags are in the guide's chapter on operations. No tag has a value that a user or a record brings.
 */
@SuppressWarnings("exports") // Micrometer is optional, so it is not required for those who do not name it.
public final class StitchMetrics {
    private final @Nullable MeterRegistry meters;
    private final @Nullable ObservationRegistry observations;
    private final KeyValues tags;

    private StitchMetrics(@Nullable MeterRegistry meters, @Nullable ObservationRegistry observations, KeyValues tags) {
        this.meters = meters;
        this.observations = observations;
        this.tags = tags;
    }

    /**
     * Metrics of a store.
     *
     * @param registry where its meters are
     * @return the metrics
     */
    public static StitchMetrics to(MeterRegistry registry) {
        return new StitchMetrics(registry, null, KeyValues.empty());
    }

    /**
     * Observations of a store's writes, without metrics. Of Micrometer they need {@code micrometer-observation} alone.
     *
     * @param registry whose handlers hear of each write
     * @return the observations
     */
    public static StitchMetrics tracesTo(ObservationRegistry registry) {
        return new StitchMetrics(null, registry, KeyValues.empty());
    }

    /**
     * These metrics, and an observation around each write. Its parent is the one in the subscriber's Reactor context, or else
     * the one that is current on the subscribing thread; it is in the context of the write itself.
     *
     * @param registry whose handlers hear of each write
     * @return metrics with observations
     */
    public StitchMetrics andTracesTo(ObservationRegistry registry) {
        return new StitchMetrics(meters, registry, tags);
    }

    /**
     * These metrics with a tag on all of them: stores that share a registry need one, so that they can be told apart.
     *
     * @param name the name of the tag
     * @param value its value, which should be the same after a restart
     * @return metrics with the tag
     */
    public StitchMetrics tag(String name, String value) {
        return new StitchMetrics(meters, observations, tags.and(name, value));
    }

    /**
     * Makes the observer of one store. Its meters are in the registry from now on, its gauges until the store is closed.
     *
     * @return an observer for {@link StitchStoreBuilder#observer}
     */
    public StoreObserver observer() {
        StoreObserver writes = observations == null ? StoreObserver.NONE : new WriteObserver(observations, tags);
        return meters == null ? writes : new MicrometerObserver(meters, writes, tags);
    }
}
