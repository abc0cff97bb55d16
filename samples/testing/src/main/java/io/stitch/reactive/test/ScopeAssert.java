package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Checks what a scope holds, now or before long. Each failure shows the scope. For one thread.
 *
 * <pre>{@code
 * assertThatScope(scope).eventually(s -> s.hasOnly(TASK, "t1").record(TASK, "t1").has("done", true));
 * }</pre>
 *
 * <p>Waiting looks again at each change of the scope, never in between, and therefore sees nothing but records: what a store says of
 * its connection or its pending writes is asked from the store. A scope that changes faster than it is looked at is looked at as it is
 * last.
 */
public final class ScopeAssert extends AbstractAssert<ScopeAssert, Scope> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(10);
    private static final Duration GRACE = Duration.ofSeconds(10);
    private Duration limit = PATIENCE;
    private @Nullable VirtualTimeScheduler time;

    private ScopeAssert(Scope scope) {
        super(scope, ScopeAssert.class);
    }

    /**
     * Begins checks of a scope.
     *
     * @param scope the scope
     * @return the assertions
     */
    public static ScopeAssert assertThatScope(Scope scope) {
        return new ScopeAssert(scope);
    }

    /**
     * Sets how long {@link #eventually} and {@link #reaches} wait, 10 s by default.
     *
     * @param patience how long, in the time that the scope's store runs on
     * @return this
     */
    public ScopeAssert within(Duration patience) {
        this.limit = patience;
        return this;
    }

    /**
     * Names the time that the scope's store runs on, where that is virtual and not the one of
     * {@link reactor.test.StepVerifier#withVirtualTime}. {@link #eventually} moves it.
     *
     * @param virtual the store's scheduler
     * @return this
     */
    public ScopeAssert onVirtualTime(VirtualTimeScheduler virtual) {
        this.time = virtual;
        return this;
    }

    /**
     * Checks that records are there, perhaps among others.
     *
     * @param type their entity
     * @param ids their ids
     * @return this
     */
    public ScopeAssert contains(EntityType<?> type, String... ids) {
        Set<String> missing = new TreeSet<>(Arrays.asList(ids));
        missing.removeAll(idsOf(type));
        if (!missing.isEmpty()) {
            throw broken("Expected %s %s, but %s not there".formatted(type.name(), Arrays.asList(ids), are(missing)));
        }
        return this;
    }

    /**
     * Checks that records are not there.
     *
     * @param type their entity
     * @param ids their ids
     * @return this
     */
    public ScopeAssert doesNotContain(EntityType<?> type, String... ids) {
        Set<String> there = new TreeSet<>(Arrays.asList(ids));
        there.retainAll(idsOf(type));
        if (!there.isEmpty()) {
            throw broken("Expected no %s %s, but %s there".formatted(type.name(), Arrays.asList(ids), are(there)));
        }
        return this;
    }

    /**
     * Checks that an entity has these records and no others.
     *
     * @param type the entity
     * @param ids their ids, in any order
     * @return this
     */
    public ScopeAssert hasOnly(EntityType<?> type, String... ids) {
        List<String> there = idsOf(type);
        if (!new TreeSet<>(there).equals(new TreeSet<>(Arrays.asList(ids)))) {
            throw broken("Expected only %s %s, not %s".formatted(type.name(), Arrays.asList(ids), there));
        }
        return this;
    }

    /**
     * Checks how many records of an entity there are.
     *
     * @param type the entity
     * @param count how many
     * @return this
     */
    public ScopeAssert hasSize(EntityType<?> type, int count) {
        int there = actual.childCount(type);
        if (there != count) {
            throw broken("Expected %d of %s, not %d".formatted(count, type.name(), there));
        }
        return this;
    }

    /**
     * Checks that there is no record of an entity.
     *
     * @param type the entity
     * @return this
     */
    public ScopeAssert isEmpty(EntityType<?> type) {
        return hasOnly(type);
    }

    /**
     * Checks that a record is there, and goes on with it.
     *
     * @param type its entity
     * @param id its id
     * @param <T> the type of the record
     * @return assertions on the record as it is now
     */
    public <T> RecordAssert<T> record(EntityType<T> type, String id) {
        return RecordAssert.of(this, actual, type, id);
    }

    private List<String> idsOf(EntityType<?> type) {
        return actual.snapshot(EntityType.json(type.name())).stream()
                .map((ObjectNode record) -> record.path("id").asString(""))
                .toList();
    }

    private static String are(Set<String> ids) {
        return ids + (ids.size() == 1 ? " is" : " are");
    }

    /** What is wrong, and what the scope holds. */
    AssertionError broken(String what) {
        String description = info.hasDescription() ? "[" + info.descriptionText() + "] " : "";
        return new AssertionError("%s%s:%n%s".formatted(description, what, ScopeText.of(actual)));
    }

    /**
     * Waits until the scope passes checks; for the test's thread. In virtual time it does not wait, but moves the time on until they
     * pass.
     *
     * @param checks the checks
     * @return this
     * @throws AssertionError if they do not pass in time, with the last failure
     */
    public ScopeAssert eventually(Consumer<ScopeAssert> checks) {
        AtomicReference<@Nullable Optional<Throwable>> end = new AtomicReference<>();
        Mono<Optional<Throwable>> outcome = reaches(checks)
                .map(scope -> Optional.<Throwable>empty())
                .onErrorResume(error -> Mono.just(Optional.of(error)))
                .doOnNext(end::set);
        VirtualTimeScheduler virtual = virtualTime();
        if (virtual == null) {
            outcome.block(limit.plus(GRACE));
        } else {
            outcome.subscribe();
            long steps = limit.dividedBy(STEP) + 1;
            for (long step = 0; end.get() == null && step <= steps; step++) {
                virtual.advanceTimeBy(STEP);
            }
        }
        Optional<Throwable> ended = end.get();
        if (ended == null) {
            throw broken("The store does not run on the virtual time that was moved by %s".formatted(limit));
        }
        ended.ifPresent(ScopeAssert::rethrow);
        return this;
    }

    private static void rethrow(Throwable error) {
        if (error instanceof AssertionError failed) {
            throw failed;
        }
        throw reactor.core.Exceptions.propagate(error);
    }

    private @Nullable VirtualTimeScheduler virtualTime() {
        if (time != null) {
            return time;
        }
        return VirtualTimeScheduler.isFactoryEnabled() ? VirtualTimeScheduler.get() : null;
    }

    /**
     * The same as a publisher, for a {@link reactor.test.StepVerifier}. Cold. The checks run on {@link Schedulers#parallel()}, or on the
     * virtual time, and must not block.
     *
     * @param checks the checks
     * @return the scope when they pass, or an {@link AssertionError} with the last failure
     */
    public Mono<Scope> reaches(Consumer<ScopeAssert> checks) {
        return Mono.defer(() -> {
            Scheduler on = time == null ? Schedulers.parallel() : time;
            List<AssertionError> last = new ArrayList<>(List.of(broken("Nothing was to be seen")));
            return changes()
                    .publishOn(on, 1)
                    .filter(change -> passes(checks, last))
                    .next()
                    .map(change -> actual)
                    .switchIfEmpty(Mono.error(() -> broken("The scope was closed")))
                    .timeout(limit, Mono.error(() -> tooLate(last.get(0))), on);
        });
    }

    /** Something now, and at each change; what comes while one is looked at is looked at once. */
    private Flux<Boolean> changes() {
        // The list comes by the same worker as the events, and so after these are watched: no change falls between the
        // two.
        EntityType<ObjectNode> root = EntityType.json(actual.types().get(0).name());
        return Flux.merge(actual.events(), actual.records(root))
                .map(change -> Boolean.TRUE)
                .onBackpressureLatest();
    }

    private boolean passes(Consumer<ScopeAssert> checks, List<AssertionError> last) {
        try {
            checks.accept(this);
            return true;
        } catch (AssertionError e) {
            last.set(0, e);
            return false;
        }
    }

    private AssertionError tooLate(AssertionError last) {
        return new AssertionError("Not within %s: %s".formatted(limit, last.getMessage()), last);
    }
}
