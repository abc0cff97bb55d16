package io.stitch.samples.webflux;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Who looks at which board of this service, and how many on {@code /actuator/metrics}. Safe on any thread. */
@Component
class Viewers implements MeterBinder {
    private static final int NAMES_SHOWN = 50;
    private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

    private final int limit;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong arrivals = new AtomicLong();
    private final ConcurrentMap<String, Audience> audiences = new ConcurrentHashMap<>();

    Viewers(BoardProperties properties) {
        this.limit = properties.maxViewers();
    }

    /**
     * Looks at a board as long as somebody is subscribed. Cold.
     *
     * @return who looks at it, now and after each change; a slow subscriber gets the newest. A {@link ProblemException} if
     *     there are too many viewers
     */
    Flux<BoardEvent.Watching> join(String projectId, String name) {
        return Flux.using(
                () -> enter(projectId, name),
                visit -> visit.audience
                        .changes
                        .asFlux()
                        .startWith(visit.arrival)
                        .onBackpressureLatest()
                        .map(change -> visit.audience.now()),
                this::leave);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("board.viewers", count, AtomicInteger::get)
                .description("Open event streams")
                .register(registry);
    }

    /**
     * Looks at no board in particular as long as somebody is subscribed. Cold.
     *
     * @return what is watched; a {@link ProblemException} if there are too many viewers
     */
    <T> Flux<T> watch(Flux<T> watched) {
        return Flux.using(
                () -> {
                    admit();
                    return watched;
                },
                what -> what,
                what -> count.decrementAndGet());
    }

    private void admit() {
        if (count.incrementAndGet() > limit) {
            count.decrementAndGet();
            throw new ProblemException(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "TOO_MANY_VIEWERS",
                    "This service has its %d viewers already. Try again later, or set board.max-viewers."
                            .formatted(limit),
                    "Too many people look at the boards at the moment. Try again later.");
        }
    }

    private Visit enter(String projectId, String name) {
        admit();
        long arrival = arrivals.incrementAndGet();
        Audience audience = audiences.compute(projectId, (id, current) -> {
            Audience joined = current == null ? new Audience() : current;
            joined.names.put(arrival, name);
            return joined;
        });
        audience.tell(arrival);
        return new Visit(projectId, arrival, audience);
    }

    private void leave(Visit visit) {
        count.decrementAndGet();
        audiences.computeIfPresent(visit.projectId, (id, audience) -> {
            audience.names.remove(visit.arrival);
            return audience.names.isEmpty() ? null : audience;
        });
        visit.audience.tell(visit.arrival);
    }

    private record Visit(String projectId, long arrival, Audience audience) {}

    /** The viewers of one board. A change is only a nudge: who is told looks at the names as they are then. */
    private static final class Audience {
        private final ConcurrentMap<Long, String> names = new ConcurrentHashMap<>();
        private final Sinks.Many<Long> changes = Sinks.many().multicast().directBestEffort();

        void tell(long arrival) {
            changes.emitNext(arrival, Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
        }

        BoardEvent.Watching now() {
            List<String> all = names.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(Map.Entry::getValue)
                    .toList();
            return new BoardEvent.Watching(all.size(), all.subList(0, Math.min(NAMES_SHOWN, all.size())));
        }
    }
}
