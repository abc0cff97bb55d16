package io.stitch.reactive.test.recipes;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.test.OtherUser;
import io.stitch.reactive.test.ServerKind;
import io.stitch.reactive.test.StitchTest;
import io.stitch.reactive.test.TestStores;
import io.stitch.reactive.test.recipes.Board.Project;
import io.stitch.reactive.test.recipes.Board.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import static io.stitch.reactive.test.ScopeAssert.assertThatScope;
import static io.stitch.reactive.test.recipes.Board.PROJECT;
import static io.stitch.reactive.test.recipes.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

@StitchTest
class ServerRecipesTest {
    static final StitchSchema SCHEMA = Board.SCHEMA;
    static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void whatTheServerDoesIsSeen(StitchServer server, StitchStore store) {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Refit\",\"done\":false}");
        Scope scope = store.replaceScope("apollo");
        assertThatScope(scope).eventually(s -> s.contains(TASK, "t1"));

        server.delete("task", "t1");
        assertThatScope(scope).eventually(s -> s.isEmpty(TASK));
    }

    @Test
    void anotherUserSeesMyEdit(StitchStore store, @OtherUser StitchStore other) {
        Scope mine = store.replaceScope("apollo");
        Scope theirs = other.replaceScope("apollo");

        mine.create(TASK, new Task("t1", "apollo", "Refit the gimbal", false)).block(LIMIT);
        assertThatScope(theirs).eventually(s -> s.hasOnly(TASK, "t1"));

        theirs.update(TASK, "t1", Patch.of("done", true)).block(LIMIT);
        assertThatScope(mine).eventually(s -> s.record(TASK, "t1").has("done", true));
    }

    @Test
    void aRefusedWriteIsUndone(StitchServer server, StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        server.failRequests(1, 403, "forbidden: task");

        StepVerifier.create(scope.create(TASK, new Task("t1", "apollo", "Refit", false)))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused).hasMessageContaining("forbidden: task")));

        assertThatScope(scope).eventually(s -> s.isEmpty(TASK));
    }

    @Test
    @StitchTest(server = ServerKind.OLD)
    void anOldServerIsListedAndLooksTheSame(StitchServer server, StitchStore store) {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Refit\",\"done\":false}");

        assertThatScope(store.replaceScope("apollo")).eventually(s -> s.contains(TASK, "t1"));
        assertThat(server.helloCount()).isZero();
    }

    @Test
    void whatWasWrittenOfflineIsSentOnTheWayBack(StitchServer server, StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        store.disconnect().block(LIMIT);

        MutationResult<Task> queued = scope.create(TASK, new Task("t1", "apollo", "Refit", false))
                .result()
                .block(LIMIT);
        assertThat(queued.status()).isEqualTo(MutationResult.Status.QUEUED);
        assertThat(server.record("task", "t1")).isEmpty();

        store.connect().block(LIMIT);
        StepVerifier.create(store.pendingCount())
                .thenConsumeWhile(count -> count > 0)
                .expectNext(0)
                .thenCancel()
                .verify(LIMIT);
        assertThat(server.record("task", "t1")).isPresent();
    }

    @Test
    void aQueuedWriteThatIsRefusedLaterIsARejection(StitchServer server, StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).block(LIMIT);
        store.disconnect().block(LIMIT);
        scope.update(TASK, "t1", Patch.of("done", true)).block(LIMIT);
        server.delete("task", "t1"); // by somebody else, meanwhile

        store.connect().block(LIMIT);
        Rejection rejection = store.rejections().blockFirst(LIMIT);
        assertThat(rejection.id()).isEqualTo("t1");
        assertThat(rejection.localCopy().path("done").asBoolean()).isTrue(); // to create it anew
        assertThatScope(scope).eventually(s -> s.isEmpty(TASK));
    }

    @Test
    void whatIsKeptIsThereAfterARestartWithoutANetwork(StitchServer server, TestStores stores) {
        Persistence disk = new InMemoryPersistence(); // or H2Persistence.file(path)
        StitchStore before = stores.started("ada", builder -> builder.persistence(disk));
        before.replaceScope("apollo")
                .create(TASK, new Task("t1", "apollo", "Refit", false))
                .block(LIMIT);
        before.close().block(LIMIT);
        server.stopBroker();

        StitchStore after = stores.started("ada", builder -> builder.persistence(disk));
        assertThatScope(after.replaceScope("apollo")).eventually(s -> s.contains(TASK, "t1"));
    }

    @Test
    void aRestartOfTheBrokerIsBorne(StitchServer server, StitchStore store, TestStores stores) {
        Scope scope = store.replaceScope("apollo");
        server.stopBroker();
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Refit\",\"done\":false}");
        server.startBroker();

        stores.awaitConnection(store);
        assertThatScope(scope).within(LIMIT).eventually(s -> s.contains(TASK, "t1"));
    }

    static final class Owned implements StitchTest.ServerOptions {
        @Override
        public StitchServerOptions.Builder apply(StitchServerOptions.Builder options) {
            return options.users(Map.of("ada", "ada", "ben", "ben")).owners(Map.of("project", "owner"));
        }
    }

    @Test
    @StitchTest(options = Owned.class)
    void somebodyElsesScopeIsRefused(StitchStore store, @OtherUser StitchStore other) {
        store.replaceScope("apollo")
                .create(PROJECT, new Project("apollo", "Apollo"))
                .block(LIMIT);

        StepVerifier.create(other.scopeErrors().next())
                .then(() -> other.replaceScope("apollo"))
                .assertNext(refusal -> assertThat(refusal.scopeId()).isEqualTo("apollo"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aLogoutLeavesNothingBehind(StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).block(LIMIT);

        store.resetForLogout().block(LIMIT);

        assertThat(scope.isClosed()).isTrue();
        assertThat(store.openScope("apollo").snapshot(TASK)).isEmpty();
    }

    @Test
    void whatIsMalformedIsDroppedAndCounted(StitchServer server, StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).block(LIMIT);

        StepVerifier.create(store.diagnostics()
                        .filter(each -> each.code() == DiagnosticCode.MALFORMED_JSON)
                        .next())
                .then(() -> server.publishRaw("$DB/project/apollo/task/events/updated", "not JSON", Map.of()))
                .assertNext(each -> assertThat(each.subject()).endsWith("/task/events/updated"))
                .expectComplete()
                .verify(LIMIT);
        assertThatScope(scope).hasOnly(TASK, "t1");
    }

    @Test
    void aBatchIsOneChangeOfTheList(StitchStore store) {
        Scope scope = store.replaceScope("apollo");
        Flux<Integer> sizes = scope.records(TASK).map(List::size).distinctUntilChanged();

        StepVerifier.create(sizes)
                .expectNext(0)
                .then(() -> store.batch(Flux.just(
                                scope.create(TASK, new Task("t1", "apollo", "Refit", false)),
                                scope.create(TASK, new Task("t2", "apollo", "Fuel", false))))
                        .subscribe())
                .expectNext(2)
                .thenCancel()
                .verify(LIMIT);
    }
}
