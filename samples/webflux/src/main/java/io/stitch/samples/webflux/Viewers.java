package io.stitch.samples.webflux;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.http.HttpStatus;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Who looks at which board of this service, and how many on {@code /actuator/metrics}. All viewers of a board are told by the same words,
 * which are made once, and not more often than twice a second. Safe on any thread.
 */
class Viewers implements MeterBinder {
    static final Duration PACE = Duration.ofMillis(500);

    private static final int NAMES_SHOWN = 50;
    private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

    private final int limit;
    private final JsonMapper mapper;
    private final Scheduler timer;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong arrivals = new AtomicLong();
    private final ConcurrentMap<String, Audience> audiences = new ConcurrentHashMap<>();

    Viewers(int limit, JsonMapper mapper, Scheduler timer) {
        this.limit = limit;
        this.mapper = mapper;
        this.timer = timer;
    }

    /**
     * Looks at a board as long as somebody is subscribed. Cold.
     *
     * @return who looks at it: now, and later whenever it has changed, but at most once in {@link #PACE}; what it is in the end is always told. A
     *     slow subscriber gets the newest. A {@link ProblemException} if there are too many viewers
     */
    Flux<BoardEvent.Encoded> join(String projectId, String name) {
        return Flux.using(() -> enter(projectId, name), visit -> visit.audience.seen(), this::leave);
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
            throw ProblemException.later(
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
        return new Visit(projectId, arrival, audience);
    }

    private void leave(Visit visit) {
        count.decrementAndGet();
        audiences.computeIfPresent(visit.projectId, (id, audience) -> {
            audience.names.remove(visit.arrival);
            return audience.names.isEmpty() ? null : audience;
        });
        visit.audience.changed();
    }

    private record Visit(String projectId, long arrival, Audience audience) {}

    /** Who looked at a board when it had changed so often. */
    private record Look(long change, BoardEvent.Encoded told) {}

    /** The viewers of one board. A change is only a nudge: what is told are the names as they are then. */
    private final class Audience {
        private final ConcurrentNavigableMap<Long, String> names = new ConcurrentSkipListMap<>();
        private final AtomicLong changes = new AtomicLong();
        private final Sinks.Many<Long> nudges = Sinks.many().multicast().directBestEffort();

        /** Begins with a look, behind the subscription to the nudges: one that came before had nobody to go to. */
        private final Flux<Look> looks = Pace.atMostOnceIn(PACE, Flux.merge(nudges.asFlux(), Mono.just(0L)), timer)
                .map(nudge -> look())
                .replay(1)
                .refCount(1);

        void changed() {
            nudges.emitNext(changes.incrementAndGet(), Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
        }

        /** Counts first: what changes after that is told by the next look. */
        Look look() {
            long change = changes.get();
            List<String> shown = names.values().stream().limit(NAMES_SHOWN).toList();
            return new Look(change, BoardEvent.Encoded.of(new BoardEvent.Watching(names.size(), shown), mapper));
        }

        /** The first look is the viewer's own, because the shared one may be half a second old; then only what is newer. */
        Flux<BoardEvent.Encoded> seen() {
            return Flux.defer(() -> {
                changed();
                Look first = look();
                return looks.onBackpressureLatest()
                        .filter(look -> look.change > first.change)
                        .startWith(first)
                        .onBackpressureLatest()
                        .map(Look::told);
            });
        }
    }
}
