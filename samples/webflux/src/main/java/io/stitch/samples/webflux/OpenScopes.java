package io.stitch.samples.webflux;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.http.HttpStatus;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The scopes that somebody uses: opened for the first user, shared by all, and closed a while after the last has gone, so that
 * who reloads a page finds its board in memory. Safe on any thread.
 */
final class OpenScopes {
    private static final Duration FOR_GOOD = Duration.ofMillis(Long.MAX_VALUE);

    private final StitchStore store;
    private final Duration linger;
    private final Scheduler timer;
    private final ConcurrentMap<String, Open> open = new ConcurrentHashMap<>();

    OpenScopes(StitchStore store, Duration linger, Scheduler timer) {
        this.store = store;
        this.linger = linger;
        this.timer = timer;
    }

    /**
     * Uses a project's scope as long as somebody is subscribed. Cold. What it shows is what is known now; the rest streams in.
     *
     * @return what {@code work} makes of the scope; a {@link ProblemException} if there is no such project
     */
    <T> Flux<T> watch(String projectId, Function<Scope, Publisher<T>> work) {
        return known(projectId).thenMany(use(projectId, one -> work.apply(one.scope)));
    }

    /**
     * Uses a project's scope once all that the server has of it is there, for requests that are answered once. Cold. Without a
     * connection a scope that holds its project is used as it is.
     *
     * @return what {@code work} makes of the scope; a {@link ProblemException} if there is no such project
     */
    <T> Mono<T> ask(String projectId, Function<Scope, Mono<T>> work) {
        return known(projectId)
                .then(use(
                                projectId,
                                one -> one.loaded()
                                        .then(Mono.defer(
                                                () -> isKnown(one.scope) ? work.apply(one.scope) : missing(projectId))))
                        .singleOrEmpty());
    }

    /** Uses the scope of a project that need not be there, to create it. Cold. */
    <T> Mono<T> create(String projectId, Function<Scope, Mono<T>> work) {
        return use(projectId, one -> work.apply(one.scope)).singleOrEmpty();
    }

    /** How many scopes are open. */
    int count() {
        return open.size();
    }

    /** Asks the server whether there is such a project, so that ids that name nothing open nothing. */
    private Mono<Void> known(String projectId) {
        return Mono.defer(() -> {
            Open one = open.get(projectId);
            if (one != null && isKnown(one.scope)) {
                return Mono.empty();
            }
            return store.read(Board.PROJECT, projectId)
                    .switchIfEmpty(missing(projectId))
                    .onErrorResume(StitchException.class, error -> one == null ? Mono.error(error) : Mono.empty())
                    .then();
        });
    }

    private static boolean isKnown(Scope scope) {
        return scope.get(Board.PROJECT, scope.id()).isPresent();
    }

    private static <T> Mono<T> missing(String projectId) {
        return Mono.error(() -> new ProblemException(
                HttpStatus.NOT_FOUND,
                "NO_SUCH_PROJECT",
                "There is no project '%s'. GET /api/projects lists those there are.".formatted(projectId),
                "The board is not there any more. Go back to all boards and choose another."));
    }

    private <T> Flux<T> use(String projectId, Function<Open, Publisher<T>> work) {
        return Flux.using(() -> acquire(projectId), work, this::release);
    }

    private Open acquire(String projectId) {
        return open.compute(projectId, (id, current) -> {
            Open one = current == null ? new Open(store.openScope(id)) : current;
            one.users++;
            if (one.closing != null) {
                one.closing.dispose();
            }
            return one;
        });
    }

    private void release(Open one) {
        open.computeIfPresent(one.scope.id(), (id, current) -> {
            one.users--;
            if (one.users == 0) {
                long since = ++one.idlePeriod;
                one.closing = timer.schedule(() -> expire(one, since), linger.toMillis(), TimeUnit.MILLISECONDS);
            }
            return current;
        });
    }

    /** A timer that fires while it is being disposed belongs to an idle period that is over. */
    private void expire(Open one, long idlePeriod) {
        open.computeIfPresent(one.scope.id(), (id, current) -> {
            if (one.users > 0 || one.idlePeriod != idlePeriod) {
                return current;
            }
            one.scope.close();
            return null;
        });
    }

    /** A scope and who uses it. Changed only while the map holds its key. */
    private final class Open {
        private final Scope scope;
        private final Mono<Void> complete;
        private int users;
        private long idlePeriod;
        private @Nullable Disposable closing;

        Open(Scope scope) {
            this.scope = scope;
            this.complete =
                    store.loadScope(scope.id()).cache(nothing -> FOR_GOOD, error -> Duration.ZERO, () -> FOR_GOOD);
        }

        Mono<Void> loaded() {
            return complete.onErrorResume(
                    StitchException.class,
                    error -> error.isTransient() && isKnown(scope) ? Mono.empty() : Mono.error(error));
        }
    }
}
