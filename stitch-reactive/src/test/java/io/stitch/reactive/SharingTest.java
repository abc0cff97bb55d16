package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** Owners share, and each user hears of what they may see and of nothing else, on a real broker and a server of either kind. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class SharingTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");

    private final StitchServer server;
    private StitchStore ada;
    private StitchStore ben;

    SharingTest(boolean oldServer) {
        server = StitchServer.start(StitchServerOptions.builder()
                .legacy(oldServer)
                .users(Map.of("ada", "a", "ben", "b"))
                .owners(Map.of("project", "ownerId"))
                .scopedEvents(true)
                .build());
    }

    @BeforeEach
    void connect() {
        ada = store("ada", "a");
        ben = store("ben", "b");
    }

    private StitchStore store(String user, String password) {
        return Board.connect(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .userScopeField("ownerId")
                        .build())
                .remote(RemoteOptions.to(server.url()).login(user, password))
                .syncMode(ServerSync.builder().perUserEvents().build()));
    }

    @AfterEach
    void close() {
        Board.close(ada, ben);
        server.close();
    }

    private static void done(Mono<?> action) {
        StepVerifier.create(action.then()).expectComplete().verify(LIMIT);
    }

    private static void awaitTasks(Scope scope, Predicate<List<String>> wanted) {
        StepVerifier.create(scope.records(TASK)
                        .map(tasks -> tasks.stream()
                                .map(task -> task.path("title").asString())
                                .toList())
                        .filter(wanted)
                        .next())
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }

    private static void awaitRoots(StitchStore store, int count) {
        StepVerifier.create(store.roots(PROJECT)
                        .filter(roots -> roots.size() == count)
                        .next())
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }

    private static ObjectNode task(String id, String title) {
        return Board.json().put("id", id).put("projectId", "p1").put("title", title);
    }

    private Scope ofAda() {
        Scope scope = ada.openScope("p1");
        done(scope.create(
                        PROJECT,
                        Board.json().put("id", "p1").put("name", "Alpha").put("ownerId", "ada"))
                .then(scope.create(TASK, task("t1", "one"))));
        return scope;
    }

    @Test
    void aSharedScopeIsListedOpenedAndFollowedByTheOther() {
        Scope hers = ofAda();
        StepVerifier.create(ben.roots(PROJECT).map(List::size))
                .expectNext(0)
                .then(() -> done(ada.share(PROJECT, "p1", "ben", SharePermission.EDIT)))
                .thenConsumeWhile(size -> size == 0)
                .expectNext(1)
                .thenCancel()
                .verify(LIMIT);
        Scope his = ben.openScope("p1");
        awaitTasks(his, List.of("one")::equals);

        done(hers.update(TASK, "t1", Patch.of("title", "two")));
        awaitTasks(his, List.of("two")::equals);
        done(his.create(TASK, task("t2", "of ben")));
        awaitTasks(hers, List.of("two", "of ben")::equals);
        done(his.delete(TASK, "t1"));
        awaitTasks(hers, List.of("of ben")::equals);

        StepVerifier.create(ada.shares(PROJECT, "p1"))
                .expectNext(List.of(new Share("ben", SharePermission.EDIT, "ada", false)))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(ben.share(PROJECT, "p1", "eve", SharePermission.VIEW))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.reason())
                                        .isEqualTo(RequestRefusedException.Reason.FORBIDDEN)))
                .verify(LIMIT);
    }

    @Test
    void whoMayOnlyViewIsRefusedAWriteAndWhoMayNoLongerLosesTheScope() {
        ofAda();
        done(ada.share(PROJECT, "p1", "ben", SharePermission.VIEW));
        awaitRoots(ben, 1);
        Scope his = ben.openScope("p1");
        awaitTasks(his, List.of("one")::equals);
        StepVerifier.create(his.update(TASK, "t1", Patch.of("title", "mine")))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.reason())
                                        .isEqualTo(RequestRefusedException.Reason.FORBIDDEN)))
                .verify(LIMIT);
        awaitTasks(his, List.of("one")::equals);

        StepVerifier.create(ben.scopeErrors().next())
                .then(() -> done(ada.unshare(PROJECT, "p1", "ben")))
                .assertNext(refusal -> assertThat(refusal.scopeId()).isEqualTo("p1"))
                .expectComplete()
                .verify(LIMIT);
        awaitTasks(his, List::isEmpty);
        awaitRoots(ben, 0);
    }

    @Test
    void nobodyHearsOfWhatIsNotTheirs() {
        done(ben.openScope("p2")
                .create(
                        PROJECT,
                        Board.json().put("id", "p2").put("name", "Bens").put("ownerId", "ben")));
        ofAda();
        awaitRoots(ben, 1);
        StepVerifier.create(ben.listRoots(PROJECT).map(root -> root.path("id").asString()))
                .expectNext("p2")
                .expectComplete()
                .verify(LIMIT);
        assertThat(ben.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SCOPE_NOT_OPEN);
    }
}
