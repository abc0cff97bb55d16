package io.stitch.samples.webflux;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.wire.DiagnosticCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What the service shows of its store on {@code /actuator/metrics}, all from the store's public methods. */
@Component
class StoreMetrics implements MeterBinder {
    private static final Logger LOG = LoggerFactory.getLogger(StoreMetrics.class);

    private final StitchStore store;
    private final OpenScopes scopes;
    private final Viewers viewers;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean connected = new AtomicBoolean();

    StoreMetrics(StitchStore store, OpenScopes scopes, Viewers viewers) {
        this.store = store;
        this.scopes = scopes;
        this.viewers = viewers;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        store.pendingCount().subscribe(pending::set, StoreMetrics::stopped);
        store.connection().subscribe(status -> connected.set(status.isConnected()), StoreMetrics::stopped);
        Gauge.builder("board.store.pending", pending, AtomicInteger::get)
                .description("Writes that the server has not settled")
                .register(registry);
        Gauge.builder("board.store.connected", connected, value -> value.get() ? 1 : 0)
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

    private static void stopped(Throwable error) {
        LOG.error("A gauge of the store stands still. Restart the service.", error);
    }
}
