package io.stitch.reactive;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Who watches a record hears whether it has writes that are not settled, and when it has none any more. */
class PendingMarksTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    record Person(String id, String name) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Person> PERSON = EntityType.of("person", Person.class);
    private static final EntityType<Person> DRAFT = EntityType.of("draft", Person.class);
    private static final Task ONE = new Task("t1", "p1", "one");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ModelServer server = ModelServer.ofNew();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(PROJECT)
                    .child(TASK, "projectId", FieldRules.none().type("title", FieldType.STRING))
                    .topLevel(PERSON)
                    .localOnly(DRAFT)
                    .build())
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .scheduler(time)
            .connector(server.broker)
            .build();
    private final Scope scope = store.openScope("p1");
    private final List<String> seen = new ArrayList<>();

    @BeforeEach
    void watch() {
        store.start().subscribe();
        scope.events().subscribe(event -> seen.add(event.toString()));
        settle();
    }

    @AfterEach
    void close() {
        store.close().subscribe();
        settle();
        time.dispose();
    }

    private void settle() {
        time.advanceTime();
    }

    private void write(Mutation<?> mutation) {
        mutation.subscribe(written -> {}, refused -> {});
        settle();
    }

    private void cut() {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        settle();
    }

    private void reconnect() {
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));
    }

    /** What an application sees of the marks: the sets, in order. */
    private static List<Set<String>> sets(Flux<Set<String>> pending) {
        List<Set<String>> sets = new ArrayList<>();
        pending.subscribe(ids -> sets.add(new TreeSet<>(ids)));
        return sets;
    }

    @Test
    void aRecordIsPendingFromItsFirstWriteUntilTheLastIsSettled() {
        List<Set<String>> sets = sets(scope.pending(TASK));
        cut();
        write(scope.create(TASK, ONE));
        write(scope.update(TASK, "t1", Patch.of("title", "two")));

        assertThat(scope.isPending(TASK, "t1")).isTrue();
        assertThat(scope.isPending(TASK, "t2")).isFalse();
        assertThat(scope.isPending(PROJECT, "t1")).isFalse();
        assertThat(seen).containsExactly("CREATED task/t1 v0 (LOCAL, pending)", "UPDATED task/t1 v0 (LOCAL, pending)");
        reconnect();

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(seen).endsWith("UPDATED task/t1 v1 (LOCAL, pending)", "UPDATED task/t1 v1 (LOCAL)");
        assertThat(sets).containsExactly(Set.of(), Set.of("t1"), Set.of());
    }

    @Test
    void theFirstOfTwoAnswersLeavesTheRecordPending() {
        write(scope.create(TASK, ONE));
        server.holdReplies();
        write(scope.update(TASK, "t1", Patch.of("title", "two")));
        write(scope.update(TASK, "t1", Patch.of("title", "three")));
        server.loseRequestsTo("update");
        server.releaseReplies();
        settle();

        assertThat(seen).endsWith("UPDATED task/t1 v2 (LOCAL, pending)");
        assertThat(scope.isPending(TASK, "t1")).isTrue();
        server.heal();
        time.advanceTimeBy(Duration.ofSeconds(20));

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(seen).endsWith("UPDATED task/t1 v3 (LOCAL)");
    }

    @Test
    void aWriteThatChangesNothingIsMarkedAndSettledAllTheSame() {
        write(scope.create(TASK, ONE));
        seen.clear();
        cut();
        write(scope.update(TASK, "t1", Patch.of("title", "one")));

        assertThat(seen).containsExactly("UPDATED task/t1 v1 (LOCAL, pending)");
        reconnect();

        assertThat(seen).endsWith("UPDATED task/t1 v2 (LOCAL)");
    }

    @Test
    void aRecordThatLooksTheSameAfterItsAnswerIsTold() {
        server.loseRepliesTo("create");
        write(scope.create(TASK, ONE));
        server.announce("task/t1"); // The event tells all that the answer will.
        settle();
        assertThat(seen).endsWith("UPDATED task/t1 v1 (REMOTE, pending)");
        server.heal();
        time.advanceTimeBy(Duration.ofSeconds(20));

        assertThat(seen).endsWith("UPDATED task/t1 v1 (REMOTE, pending)", "UPDATED task/t1 v1 (LOCAL)");
    }

    @Test
    void aRefusedWriteEndsTheMarkWithTheRollback() {
        List<Set<String>> sets = sets(scope.pending(TASK));
        write(scope.create(TASK, ONE));
        server.refuse(403, "not yours");
        write(scope.update(TASK, "t1", Patch.of("title", "two")));

        assertThat(seen).endsWith("UPDATED task/t1 v1 (LOCAL, pending)", "UPDATED task/t1 v1 (ROLLBACK)");
        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(sets).last().isEqualTo(Set.of());
    }

    @Test
    void aPendingDeleteIsPendingThoughTheRecordIsGone() {
        write(scope.create(TASK, ONE));
        List<Set<String>> sets = sets(scope.pending(TASK));
        settle();
        cut();
        write(scope.delete(TASK, "t1"));

        assertThat(scope.get(TASK, "t1")).isEmpty();
        assertThat(scope.isPending(TASK, "t1")).isTrue();
        reconnect();

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(sets).containsExactly(Set.of(), Set.of("t1"), Set.of());
        assertThat(seen).last().isEqualTo("DELETED task/t1 v1 (LOCAL, pending)");
    }

    @Test
    void whoComesLaterIsToldTheMarkWithTheRecord() {
        write(scope.create(TASK, ONE));
        cut();
        write(scope.create(TASK, new Task("t2", "p1", "two")));
        List<String> late = new ArrayList<>();
        scope.events().subscribe(event -> late.add(event.toString()));
        List<Set<String>> sets = sets(scope.pending(TASK));
        settle();

        assertThat(late)
                .containsExactlyInAnyOrder("CREATED task/t1 v1 (STORED)", "CREATED task/t2 v0 (STORED, pending)");
        assertThat(sets).containsExactly(Set.of("t2"));
    }

    @Test
    void whatWaitsForASlowSubscriberHasTheNewestMark() {
        List<RecordEvent> taken = new ArrayList<>();
        BaseSubscriber<RecordEvent> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}

            @Override
            protected void hookOnNext(RecordEvent event) {
                taken.add(event);
            }
        };
        scope.events().subscribe(slow);
        settle();
        cut();
        write(scope.create(TASK, ONE));
        reconnect();
        slow.request(10);
        settle();

        assertThat(taken).hasToString("[CREATED task/t1 v1 (LOCAL)]");
    }

    @Test
    void aBatchIsMarkedOnceForEachRecordAndARefusedOneNotAtAll() {
        write(scope.create(TASK, ONE));
        write(scope.create(TASK, new Task("t2", "p1", "two")));
        cut();
        seen.clear();
        List<Set<String>> sets = sets(scope.pending(TASK));
        settle();
        Mutation<Task> unchanged = scope.update(TASK, "t1", Patch.of("title", "one"));
        Mutation<Task> breaksARule = scope.update(TASK, "t2", Patch.of("title", 2));
        store.batch(Flux.just(unchanged, breaksARule)).subscribe(result -> {}, error -> {});
        settle();

        assertThat(seen).isEmpty();
        assertThat(scope.isPending(TASK, "t1")).isFalse();
        store.batch(Flux.just(unchanged, scope.update(TASK, "t2", Patch.of("title", "three"))))
                .subscribe();
        settle();

        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "UPDATED task/t1 v1 (LOCAL, pending)", "UPDATED task/t2 v1 (LOCAL, pending)");
        assertThat(sets).containsExactly(Set.of(), Set.of("t1", "t2"));
    }

    @Test
    void aRecordThatMovesIsPendingWhereItIsSeen() {
        Scope other = store.openScope("p2");
        settle();
        write(scope.create(TASK, ONE));
        List<Set<String>> here = sets(scope.pending(TASK));
        List<Set<String>> there = sets(other.pending(TASK));
        settle();
        cut();
        write(scope.update(TASK, "t1", Patch.of("projectId", "p2")));

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(other.isPending(TASK, "t1")).isTrue();
        assertThat(here).last().isEqualTo(Set.of());
        assertThat(there).containsExactly(Set.of(), Set.of("t1"));
        reconnect();

        assertThat(there).last().isEqualTo(Set.of());
    }

    @Test
    void aSlowSubscriberGetsTheNewestSetAndNotEach() {
        cut();
        StepVerifier.create(scope.pending(TASK), 1)
                .then(this::settle)
                .expectNext(Set.of())
                .then(() -> {
                    for (int i = 1; i <= 5; i++) {
                        write(scope.create(TASK, new Task("t" + i, "p1", null)));
                    }
                })
                .thenRequest(5)
                .then(this::settle)
                .expectNext(Set.of("t1", "t2", "t3", "t4", "t5"))
                .then(() -> {
                    scope.close();
                    settle();
                })
                .verifyComplete();
        assertThat(scope.isPending(TASK, "t1"))
                .as("a closed scope finds nothing")
                .isFalse();
    }

    @Test
    void oneOfTwoHandlesEndsItsOwnSetsOnly() {
        Scope second = store.openScope("p1");
        settle();
        StepVerifier.create(second.pending(TASK))
                .then(this::settle)
                .expectNext(Set.of())
                .then(() -> {
                    scope.close();
                    write(second.create(TASK, ONE));
                })
                .expectNextCount(2)
                .then(() -> {
                    second.close();
                    settle();
                })
                .verifyComplete();
    }

    @Test
    void topLevelRecordsAreMarkedAndLocalOnlyOnesNever() {
        RecordCollection<Person> people = store.collection(PERSON);
        RecordCollection<Person> drafts = store.collection(DRAFT);
        List<Set<String>> sets = sets(people.pending());
        List<Set<String>> none = sets(drafts.pending());
        settle();
        cut();
        write(people.create(new Person("ada", "Ada")));
        write(drafts.create(new Person("ben", "Ben")));

        assertThat(people.isPending("ada")).isTrue();
        assertThat(drafts.isPending("ben")).isFalse();
        assertThat(sets).containsExactly(Set.of(), Set.of("ada"));
        assertThat(none).containsExactly(Set.of());
    }

    @Test
    void anEntityOfNoScopeIsRefused() {
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> scope.isPending(PERSON, "ada"));
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> scope.pending(PERSON));
    }
}
