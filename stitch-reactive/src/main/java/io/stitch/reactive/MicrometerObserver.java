package io.stitch.reactive;

import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoreObserver;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Counts and times on Micrometer. Meters are looked up once and kept: a look-up costs more than all else here. */
final class MicrometerObserver implements StoreObserver {
    private static final List<String> OPERATIONS = List.of("create", "read", "update", "delete", "list", "other");

    private final MeterRegistry registry;
    private final StoreObserver writes;
    private final Tags tags;
    private final Map<EventKind, Counter> events = new ConcurrentHashMap<>();
    private final Map<DiagnosticCode, Counter> reports = new EnumMap<>(DiagnosticCode.class);
    private final Map<String, Map<Outcome, Timer>> requests;
    private final Map<Boolean, Counter> connects;
    private final Map<Boolean, Timer> batches;
    private final DistributionSummary batchSizes;
    private final Counter conflated;
    private final Counter hellos;
    private final Counter replays;
    private final Counter disconnects;
    private final AtomicInteger pendingWrites = new AtomicInteger();
    private final AtomicInteger openScopes = new AtomicInteger();
    private final AtomicInteger warmScopes = new AtomicInteger();
    private final AtomicInteger connected = new AtomicInteger();
    private final List<Gauge> gauges = new ArrayList<>();

    /** The tags of an event. */
    private record EventKind(String entity, RecordEvent.Operation kind, RecordEvent.Origin origin) {}

    /**
     * Registers the meters.
     *
     * @param registry where
     * @param writes watches the writes besides
     * @param keyValues what all meters are tagged with
     */
    MicrometerObserver(MeterRegistry registry, StoreObserver writes, KeyValues keyValues) {
        this.registry = registry;
        this.writes = writes;
        this.tags = Tags.of(keyValues.stream()
                .map(each -> Tag.of(each.getKey(), each.getValue()))
                .toList());
        for (DiagnosticCode code : DiagnosticCode.values()) {
            reports.put(code, counter("stitch.diagnostics", "What was dropped or went unusually", "code", code.name()));
        }
        this.conflated = counter("stitch.conflations", "Changes folded into one that a subscriber had not taken");
        this.hellos = counter("stitch.hellos", "Hellos said");
        this.replays = counter("stitch.replays", "Events in answer to a hello that changed a record");
        this.connects = Map.of(
                false, counter("stitch.connects", "Connections made", "again", "false"),
                true, counter("stitch.connects", "Connections made", "again", "true"));
        this.disconnects = counter("stitch.disconnects", "Connections that ended");
        this.batches = Map.of(true, batchTimer("kept"), false, batchTimer("failed"));
        this.batchSizes = DistributionSummary.builder("stitch.persistence.changes")
                .description("Changes in a batch for the persistence")
                .tags(tags)
                .register(registry);
        this.requests = new ConcurrentHashMap<>();
        OPERATIONS.forEach(operation -> requests.put(operation, requestTimers(operation)));
        gauge("stitch.writes.pending", "Writes that are not settled", pendingWrites);
        gauge("stitch.scopes.open", "Scopes that are open", openScopes);
        gauge("stitch.scopes.warm", "Scopes that are closed and kept warm", warmScopes);
        gauge("stitch.connected", "1 while the store is connected", connected);
    }

    private Counter counter(String name, String description, String... moreTags) {
        return Counter.builder(name)
                .description(description)
                .tags(tags)
                .tags(moreTags)
                .register(registry);
    }

    private Timer batchTimer(String outcome) {
        return Timer.builder("stitch.persistence.batches")
                .description("Batches kept by the persistence")
                .tags(tags)
                .tag("outcome", outcome)
                .register(registry);
    }

    private Map<Outcome, Timer> requestTimers(String operation) {
        Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            timers.put(
                    outcome,
                    Timer.builder("stitch.requests")
                            .description("Requests, from sending them to their end")
                            .tags(tags)
                            .tag("operation", operation)
                            .tag("outcome", tagOf(outcome))
                            .register(registry));
        }
        return timers;
    }

    private void gauge(String name, String description, AtomicInteger value) {
        gauges.add(Gauge.builder(name, value, AtomicInteger::get)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry));
    }

    private static String tagOf(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void changed(RecordChange change) {
        EventKind kind = new EventKind(change.record().entity(), change.operation(), change.origin());
        events.computeIfAbsent(kind, this::eventCounter).increment();
    }

    private Counter eventCounter(EventKind kind) {
        return counter(
                "stitch.events",
                "Changes of records that a scope or a collection shows",
                "entity",
                kind.entity(),
                "operation",
                tagOf(kind.kind()),
                "origin",
                tagOf(kind.origin()));
    }

    @Override
    public void conflated() {
        conflated.increment();
    }

    @Override
    public void reported(DiagnosticCode code) {
        meter(reports, code).increment();
    }

    @Override
    public void pendingWrites(int count) {
        pendingWrites.set(count);
    }

    @Override
    public void openScopes(int count) {
        openScopes.set(count);
    }

    @Override
    public void warmScopes(int count) {
        warmScopes.set(count);
    }

    @Override
    public void requested(String operation, Outcome outcome, long nanos) {
        meter(meter(requests, operation), outcome).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void saidHello() {
        hellos.increment();
    }

    @Override
    public void replayed() {
        replays.increment();
    }

    @Override
    public void connected(boolean again) {
        connected.set(1);
        meter(connects, again).increment();
    }

    @Override
    public void disconnected() {
        connected.set(0);
        disconnects.increment();
    }

    @Override
    public void persisted(int changes, boolean kept, long nanos) {
        meter(batches, kept).record(nanos, TimeUnit.NANOSECONDS);
        batchSizes.record(changes);
    }

    private static <K, M> M meter(Map<K, M> meters, K key) {
        M meter = meters.get(key);
        if (meter == null) {
            throw new IllegalArgumentException("There is no meter for '%s'.".formatted(key));
        }
        return meter;
    }

    @Override
    public <T> Mono<T> watch(String entity, WriteKind kind, Mono<T> write, Function<T, String> status) {
        return writes.watch(entity, kind, write, status);
    }

    @Override
    public <T> Flux<T> watchBatch(Flux<T> batch) {
        return writes.watchBatch(batch);
    }

    @Override
    public void closed() {
        gauges.forEach(registry::remove);
    }
}
