package io.stitch.samples.webflux;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.wire.DiagnosticCode;
import org.springframework.stereotype.Component;

/** What the service shows of its store on {@code /actuator/metrics}, all from the store's public methods. */
@Component
class StoreMetrics implements MeterBinder {
    private final StitchStore store;
    private final OpenScopes scopes;
    private final Viewers viewers;

    StoreMetrics(StitchStore store, OpenScopes scopes, Viewers viewers) {
        this.store = store;
        this.scopes = scopes;
        this.viewers = viewers;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("board.store.pending", store, StitchStore::pendingWrites)
                .description("Writes that the server has not settled")
                .register(registry);
        Gauge.builder(
                        "board.store.connected",
                        store,
                        source -> source.connectionStatus().isConnected() ? 1 : 0)
                .description("1 while the store is connected to the broker")
                .register(registry);
        Gauge.builder("board.scopes", scopes, OpenScopes::count)
                .description("Projects that are kept in memory")
                .register(registry);
        Gauge.builder("board.viewers", viewers, Viewers::count)
                .description("Open event streams")
                .register(registry);
        for (DiagnosticCode code : DiagnosticCode.values()) {
            FunctionCounter.builder(
                            "board.store.diagnostics",
                            store,
                            source -> source.diagnosticCounts().getOrDefault(code, 0L))
                    .tag("code", code.name())
                    .description("What was dropped or went unusually")
                    .register(registry);
        }
    }
}
