package io.stitch.reactive;

import com.google.errorprone.annotations.Immutable;
import io.stitch.reactive.Board.Task;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.function.Function;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Errors of the JVM wherever code of others is called: the store ends and says so, or goes on, but never hangs. On real threads. */
class FatalErrorsTest {
    private static final Task REFIT = new Task("t1", "p1", "Refit the gimbal");

    /** How long an end may take that an error is in the way of. */
    private static final Duration ENDING = Duration.ofSeconds(20);

    private static Error gone() {
        return new NoClassDefFoundError("com/example/Gone");
    }

    /** Who throws while the store is used. */
    enum Subscriber {
        PENDING_COUNT((store, scope) -> store.pendingCount().skip(1)),
        RECORDS((store, scope) -> scope.records(TASK).filter(list -> !list.isEmpty())),
        RECORDS_OF_A_MAPPING((store, scope) -> scope.records(TASK)
                .filter(list -> !list.isEmpty())
                .map(list -> {
                    throw gone();
                })),
        EVENTS((store, scope) -> scope.events()),
        MUTATIONS((store, scope) -> scope.mutations());

        private final Watching watching;

        Subscriber(Watching watching) {
            this.watching = watching;
        }
    }

    /** Who throws when the store closes. */
    enum AtTheEnd {
        CONNECTION((store, scope) -> store.connection()),
        EVENTS((store, scope) -> scope.events()),
        REJECTIONS((store, scope) -> store.rejections()),
        DIAGNOSTICS((store, scope) -> store.diagnostics()),
        PENDING_COUNT((store, scope) -> store.pendingCount()),
        USER((store, scope) -> store.authenticatedUser()),
        SESSION((store, scope) -> store.sessionInvalid()),
        SCOPE_ERRORS((store, scope) -> store.scopeErrors());

        private final Watching watching;

        AtTheEnd(Watching watching) {
            this.watching = watching;
        }
    }

    @Immutable
    private interface Watching {
        Flux<?> watch(StitchStore store, Scope scope);
    }

    private static StitchStoreBuilder offline() {
        return Board.store("mqtt://127.0.0.1:1").autoConnect(false);
    }

    private static void assertFails(StitchStore store) {
        StepVerifier.create(store.onClose())
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(StoreFailedException.class)
                        .hasMessageContaining("com/example/Gone"))
                .verify(ENDING);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FATAL_ERROR, 1L);
    }

    @ParameterizedTest
    @EnumSource
    void oneInASubscriberEndsTheStoreOrThatSubscriptionAlone(Subscriber subscriber) {
        StitchStore store = offline().build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("p1");
        scope.records(TASK).blockFirst(LIMIT);
        subscriber
                .watching
                .watch(store, scope)
                .subscribe(
                        signal -> {
                            throw gone();
                        },
                        error -> {});
        scope.create(TASK, REFIT).subscribe(saved -> {}, error -> {});

        assertFails(store);
        StepVerifier.create(store.close().onErrorComplete()).verifyComplete();
    }

    @ParameterizedTest
    @EnumSource
    void oneInASubscriberThatHearsOfTheEndDoesNotHoldItUp(AtTheEnd subscriber) {
        StitchStore store = offline().build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("p1");
        subscriber.watching.watch(store, scope).subscribe(signal -> {}, error -> {}, () -> {
            throw gone();
        });

        StepVerifier.create(store.close().onErrorComplete()).expectComplete().verify(ENDING);
        assertFails(store);
    }

    @Test
    void oneInAnObserverThatHearsOfTheEndDoesNotHoldItUp() {
        StitchStore store = offline()
                .observer(new StoreObserver() {
                    @Override
                    public void closed() {
                        throw gone();
                    }
                })
                .build();
        store.start().block(LIMIT);
        store.close().subscribe(unused -> {}, error -> {});

        StepVerifier.create(store.onClose().onErrorComplete()).expectComplete().verify(ENDING);
    }

    // ---- what keeps the records ----

    private static Persistence failing(String method, Function<Class<?>, Object> answer) {
        InMemoryPersistence kept = new InMemoryPersistence();
        return (Persistence) Proxy.newProxyInstance(
                Persistence.class.getClassLoader(), new Class<?>[] {Persistence.class}, (self, called, arguments) -> {
                    if (called.getName().equals(method)) {
                        return answer.apply(called.getReturnType());
                    }
                    try {
                        return called.invoke(kept, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @ParameterizedTest
    @CsvSource({
        "open,false",
        "open,true",
        "apply,false",
        "apply,true",
        "find,true",
        "load,true",
        "close,false",
        "close,true"
    })
    void oneInThePersistenceIsToldToWhoeverAskedAndTheStoreEndsWhenItIsToldTo(String method, boolean thrown) {
        StitchStore store = offline()
                .persistence(failing(method, type -> {
                    if (thrown) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return Mono.error(new OutOfMemoryError("on purpose"));
                }))
                .build();
        boolean opens = !method.equals("open") && !method.equals("find");
        StepVerifier.Step<Void> started = StepVerifier.create(store.start());
        if (opens && !method.equals("load")) {
            started.expectComplete().verify(LIMIT);
            StepVerifier.create(store.openScope("p1").create(TASK, REFIT))
                    .expectNextCount(method.equals("apply") ? 0 : 1)
                    .thenConsumeWhile(told -> true)
                    .thenCancel()
                    .verify(LIMIT);
        } else {
            started.expectError(PersistenceException.class).verify(LIMIT);
        }

        StepVerifier.create(store.close().onErrorComplete()).expectComplete().verify(ENDING);
        StepVerifier.create(store.onClose().onErrorComplete()).expectComplete().verify(ENDING);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aWriteThatCannotBeKeptBecauseOfOneFails(boolean thrown) {
        StitchStore store = offline()
                .persistence(failing("apply", type -> {
                    if (thrown) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return Mono.error(new OutOfMemoryError("on purpose"));
                }))
                .build();
        store.start().block(LIMIT);

        StepVerifier.create(store.openScope("p1").create(TASK, REFIT))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(PersistenceException.class)
                        .hasMessageContaining("on purpose"))
                .verify(LIMIT);
        StepVerifier.create(store.close().onErrorComplete()).expectComplete().verify(ENDING);
    }
}
