package io.stitch.reactive.test;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import static io.stitch.reactive.test.Board.PROJECT;
import static io.stitch.reactive.test.Board.SCHEMA;
import static io.stitch.reactive.test.Board.TASK;
import static io.stitch.reactive.test.ScopeAssert.assertThatScope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ScopeAssertTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final InMemoryLink link = InMemoryLink.newServer(SCHEMA).on(time);
    private StitchStore store;
    private Scope scope;

    @BeforeEach
    void openScope() {
        link.server().put("project", "{\"id\":\"apollo\",\"name\":\"Apollo\"}");
        link.server().put("task", Board.json("t1"));
        store = link.store();
        scope = store.replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(1));
    }

    @AfterEach
    void closeLink() {
        link.close();
        time.advanceTime();
        time.dispose();
    }

    @Test
    void whatIsThereIsFound() {
        assertThatScope(scope)
                .contains(TASK, "t1")
                .doesNotContain(TASK, "t2")
                .hasOnly(TASK, "t1")
                .hasSize(TASK, 1)
                .record(TASK, "t1")
                .has("title", "Refit the gimbal")
                .has("done", false)
                .hasNo("assignee")
                .isEqualTo(Board.task("t1"))
                .and()
                .contains(PROJECT, "apollo");
    }

    @Test
    void eachFailureSaysWhatIsWrongAndShowsTheScope() {
        fails(s -> s.contains(TASK, "t1", "t2"), "Expected task [t1, t2], but [t2] is not there:");
        fails(s -> s.doesNotContain(TASK, "t1"), "Expected no task [t1], but [t1] is there:");
        fails(s -> s.hasOnly(TASK, "t2"), "Expected only task [t2], not [t1]:");
        fails(s -> s.isEmpty(TASK), "Expected only task [], not [t1]:");
        fails(s -> s.hasSize(TASK, 2), "Expected 2 of task, not 1:");
        fails(s -> s.record(TASK, "t2"), "Expected a task 't2':");
        fails(s -> s.record(TASK, "t1").has("done", true), "Expected field 'done' to be true, not false, in {");
        fails(s -> s.record(TASK, "t1").has("due", 1), "Expected field 'due' to be 1, not absent, in {");
        fails(s -> s.record(TASK, "t1").hasNo("title"), "Expected no field 'title' in {");
        fails(s -> s.as("the board").isEmpty(TASK), "[the board] Expected only task []");
    }

    private void fails(java.util.function.Consumer<ScopeAssert> checks, String message) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> checks.accept(assertThatScope(scope)))
                .withMessageStartingWith(message)
                .withMessageContaining("scope 'apollo' holds")
                .withMessageContaining("project {\"_version\":2,\"id\":\"apollo\"")
                .withMessageContaining("task {\"_version\":1,\"done\":false,\"id\":\"t1\"");
    }

    @Test
    void aLongListIsCutShort() {
        for (int i = 10; i < 40; i++) {
            link.server().put("task", Board.json("t" + i));
        }
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThatScope(scope).isEmpty(TASK))
                .withMessageContaining("and 11 more of task");
    }

    @Test
    void inVirtualTimeWaitingStopsAtTheChangeThatWasWaitedFor() {
        time.schedule(() -> link.server().put("task", Board.json("t2")), 3, TimeUnit.SECONDS);
        long before = time.now(TimeUnit.MILLISECONDS);
        assertThatScope(scope).onVirtualTime(time).eventually(s -> s.contains(TASK, "t2"));
        assertThat(time.now(TimeUnit.MILLISECONDS) - before).isBetween(3_000L, 3_020L);
    }

    @Test
    void inVirtualTimeWaitingEndsAfterTheLimit() {
        long before = time.now(TimeUnit.MILLISECONDS);
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThatScope(scope)
                        .onVirtualTime(time)
                        .within(Duration.ofSeconds(2))
                        .eventually(s -> s.contains(TASK, "t2")))
                .withMessageStartingWith("Not within PT2S: Expected task [t2], but [t2] is not there:")
                .withMessageContaining("scope 'apollo' holds");
        assertThat(time.now(TimeUnit.MILLISECONDS) - before).isBetween(2_000L, 2_020L);
    }

    @Test
    void whatIsSoAlreadyNeedsNoChange() {
        Scope empty = store.openScope("gemini");
        long before = time.now(TimeUnit.MILLISECONDS);
        assertThatScope(empty).onVirtualTime(time).eventually(s -> s.isEmpty(TASK));
        assertThat(time.now(TimeUnit.MILLISECONDS) - before).isLessThan(20);
    }

    @Test
    void aDeleteIsAChangeThatIsSeen() {
        time.schedule(() -> link.server().delete("task", "t1"), 1, TimeUnit.SECONDS);
        assertThatScope(scope).onVirtualTime(time).eventually(s -> s.isEmpty(TASK));
    }

    @Test
    void aScopeThatIsClosedFailsAtOnce() {
        scope.close();
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThatScope(scope).onVirtualTime(time).eventually(s -> s.contains(TASK, "t2")))
                .withMessageContaining("was closed");
    }

    @Test
    void anErrorOfTheChecksThemselvesIsNotWaitedFor() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> assertThatScope(scope).onVirtualTime(time).eventually(s -> {
                    throw new IllegalStateException("broken");
                }));
    }

    @Test
    void inRealTimeTheTestsThreadWaits() {
        try (InMemoryLink real = InMemoryLink.newServer(SCHEMA)) {
            Scope own = real.store().replaceScope("apollo");
            Flux.range(1, 200)
                    .delayElements(Duration.ofMillis(1))
                    .concatMap(i -> own.create(TASK, Board.task("t" + i)))
                    .subscribe();
            assertThatScope(own).within(LIMIT).eventually(s -> s.hasSize(TASK, 200));
            assertThatExceptionOfType(AssertionError.class)
                    .isThrownBy(() ->
                            assertThatScope(own).within(Duration.ofMillis(50)).eventually(s -> s.isEmpty(TASK)))
                    .withMessageStartingWith("Not within PT0.05S");
        }
    }

    @Test
    void asAPublisherItIsPartOfAStepVerifier() {
        InMemoryLink other = InMemoryLink.newServer(SCHEMA);
        StepVerifier.withVirtualTime(() -> {
                    Scope own = other.store().replaceScope("apollo");
                    own.create(TASK, Board.task("t1"))
                            .delaySubscription(Duration.ofMinutes(1))
                            .then(own.update(TASK, "t1", Patch.of("done", true)))
                            .subscribe();
                    return assertThatScope(own)
                            .within(Duration.ofMinutes(2))
                            .reaches(s -> s.record(TASK, "t1").has("done", true));
                })
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(59))
                .thenAwait(Duration.ofSeconds(2))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        other.close();
    }
}
