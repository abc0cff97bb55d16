package io.stitch.reactive.docs;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.docs.Refit.Project;
import io.stitch.reactive.docs.Refit.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.NOWHERE;
import static io.stitch.reactive.docs.Refit.PROJECT;
import static io.stitch.reactive.docs.Refit.SCHEMA;
import static io.stitch.reactive.docs.Refit.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The code of docs/scopes.md, and that it does what the chapter says. */
class ScopesGuideTest {
    private final List<Object> printed = new CopyOnWriteArrayList<>();
    private final Map<String, Task> board = new ConcurrentHashMap<>();
    private final List<StitchStore> opened = new ArrayList<>();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().block(LIMIT));
    }

    private void print(Object line) {
        printed.add(line);
    }

    private Mono<Void> index(RecordEvent event) {
        return Mono.fromRunnable(() -> print(event));
    }

    // ---- the code of the guide ----

    private static Scope open(String url) {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to(url)) // such as mqtt://localhost:1883
                .build();
        store.start().subscribe(); // connecting goes on behind it

        Scope scope = store.replaceScope("apollo");
        return scope;
    }

    private void watch(Scope scope) {
        scope.events().subscribe(event -> print(event)); // CREATED task/t1 v3 (STORED)
        scope.records(TASK).subscribe(tasks -> print(tasks.size() + " tasks"));
        print(scope.snapshot(TASK).size());
    }

    private void follow(Scope scope) {
        scope.events(TASK).subscribe(event -> {
            Task task = event.record(TASK); // on a delete, its last state
            switch (event.operation()) {
                case CREATED, UPDATED -> board.put(task.id(), task);
                case DELETED -> board.remove(task.id());
            }
        });
    }

    private void index(Scope scope) {
        scope.events().concatMap(event -> index(event), 1).subscribe();
    }

    private void audit(Scope scope) {
        scope.mutations(10_000).subscribe(event -> print(event), error -> print("too slow: " + error.getMessage()));
    }

    private static Mono<Project> header(Scope scope) {
        Mono<Project> header = scope.events(PROJECT).next().map(event -> event.record(PROJECT));
        return header;
    }

    private static Mono<List<Task>> calm(Scope scope) {
        Mono<List<Task>> calm = scope.records(TASK)
                .filter(tasks -> !tasks.isEmpty())
                .sampleTimeout(tasks -> Mono.delay(Duration.ofMillis(200)))
                .next()
                .timeout(Duration.ofSeconds(2), Mono.fromSupplier(() -> scope.snapshot(TASK)));
        return calm;
    }

    private static Flux<List<Task>> tasksOf(StitchStore store, String projectId) {
        Flux<List<Task>> tasks =
                Flux.using(() -> store.openScope(projectId), scope -> scope.records(TASK), Scope::close);
        return tasks;
    }

    private void chooser(StitchStore store) {
        store.roots(PROJECT).subscribe(projects -> print(projects.size() + " projects"));
        store.presence().subscribe(clients -> print(clients.size() + " others"));
    }

    private void share(StitchStore store) {
        store.share(PROJECT, "apollo", "bob", SharePermission.EDIT)
                .thenMany(store.shares(PROJECT, "apollo").flatMapIterable(shares -> shares))
                .subscribe(share -> print(share.grantee() + " may " + share.permission()));
    }

    private static StitchStoreBuilder listening(StitchStoreBuilder builder) {
        StitchStoreBuilder listening =
                builder.syncMode(ServerSync.builder().perUserEvents().build());
        return listening;
    }

    private static final StitchSchema OWNED = StitchSchema.root(PROJECT)
            .child(TASK, "projectId")
            .userScopeField("ownerId")
            .build();

    record Person(String id, String name) {}

    record Draft(String id, String text) {}

    static final EntityType<Person> PERSON = EntityType.of("person", Person.class);
    static final EntityType<Draft> DRAFT = EntityType.of("draft", Draft.class);

    static final StitchSchema WITH_MORE = StitchSchema.root(PROJECT)
            .child(TASK, "projectId")
            .topLevel(PERSON)
            .localOnly(DRAFT)
            .build();

    private void more(StitchStore store) {
        RecordCollection<Person> people = store.collection(PERSON);
        people.records().subscribe(list -> print(list));
        store.collection(DRAFT)
                .create(new Draft("d1", "Ask Ines about the welds"))
                .subscribe();
    }

    private static Mono<List<Task>> ask(StitchStore store) {
        Mono<List<Task>> ofRavi = store.list(
                TASK,
                ListQuery.all()
                        .where("assignee", Operator.EQ, "Ravi")
                        .where("title", Operator.LIKE, "Leak-test*")
                        .sortBy("title", true)
                        .page(0, 50));
        return ofRavi;
    }

    private void listen(StitchStore store) {
        store.scopeErrors().subscribe(refused -> print(refused.scopeId() + ": " + refused.message()));
        store.diagnostics().subscribe(report -> print(report.code() + " " + report.subject() + ": " + report.detail()));
        Map<DiagnosticCode, Long> counts = store.diagnosticCounts();
        print(counts);
    }

    // ---- what the guide says of it ----

    private StitchStore connected(StitchServer server, StitchSchema schema) {
        StitchStore store = Refit.connected(server.url(), schema);
        opened.add(store);
        return store;
    }

    private StitchStore offline(StitchSchema schema) {
        StitchStore store = Refit.offline(schema);
        opened.add(store);
        return store;
    }

    private static void seed(StitchServer server) {
        server.put("project", "{\"id\":\"apollo\",\"name\":\"Apollo\",\"ownerId\":\"ada\"}");
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Leak-test it\",\"assignee\":\"Ravi\"}");
        server.put("task", "{\"id\":\"t2\",\"projectId\":\"apollo\",\"title\":\"Clean it\",\"assignee\":\"Ravi\"}");
    }

    @Test
    void aScopeIsWatchedInEachOfTheWays() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            seed(server);
            StitchStore store = connected(server, SCHEMA);
            Scope scope = store.replaceScope("apollo");
            watch(scope);
            follow(scope);
            audit(scope);
            index(scope);
            chooser(store);
            listen(store);

            StepVerifier.create(Mono.zip(header(scope), calm(scope)))
                    .assertNext(both -> {
                        assertThat(both.getT1()).isEqualTo(new Project("apollo", "Apollo"));
                        assertThat(both.getT2()).extracting(Task::id).containsExactly("t1", "t2");
                    })
                    .expectComplete()
                    .verify(LIMIT);
            StepVerifier.create(Flux.zip(ask(store), tasksOf(store, "apollo").skipUntil(list -> list.size() == 2))
                            .next())
                    .assertNext(both ->
                            assertThat(both.getT1()).extracting(Task::id).containsExactly("t1"))
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(board).containsOnlyKeys("t1", "t2");
        }
    }

    @Test
    void whatIsSharedIsInTheOthersListAtOnce() {
        StitchServerOptions options = StitchServerOptions.builder()
                .users(Map.of("alice", "a", "bob", "b"))
                .owners(Map.of("project", "ownerId"))
                .scopedEvents(true)
                .build();
        try (StitchServer server = StitchServer.start(options)) {
            StitchStore alice = loggedIn(server, "alice", "a");
            StitchStore bob = loggedIn(server, "bob", "b");
            alice.openScope("apollo")
                    .create(PROJECT, new Project("apollo", "Apollo"))
                    .block(LIMIT);

            StepVerifier.create(bob.roots(PROJECT).filter(roots -> !roots.isEmpty()))
                    .then(() -> share(alice))
                    .expectNext(List.of(new Project("apollo", "Apollo")))
                    .thenCancel()
                    .verify(LIMIT);
        }
    }

    private StitchStore loggedIn(StitchServer server, String user, String password) {
        StitchStore store = listening(StitchStore.builder()
                        .schema(OWNED)
                        .remote(RemoteOptions.to(server.url()).login(user, password)))
                .build();
        opened.add(store);
        store.start().block(LIMIT);
        store.connect().block(LIMIT);
        return store;
    }

    @Test
    void theExampleOpensAScopeByItself() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            seed(server);

            StepVerifier.create(open(server.url())
                            .events(TASK)
                            .map(RecordEvent::toString)
                            .take(2))
                    .expectNext("CREATED task/t1 v1 (REMOTE)", "CREATED task/t2 v1 (REMOTE)")
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    @Test
    void offlineTheListIsShownAfterTwoSecondsAsItIs() {
        Scope scope = offline(SCHEMA).replaceScope("apollo");

        StepVerifier.withVirtualTime(() -> calm(scope))
                .thenAwait(Duration.ofSeconds(2))
                .expectNext(List.of())
                .verifyComplete();
    }

    /** The picture of conflation, event by event. */
    @Test
    void aSlowSubscriberGetsOneEventForEachRecord() {
        Scope scope = offline(SCHEMA).replaceScope("apollo");
        scope.create(TASK, task("t2")).block(LIMIT);

        StepVerifier.create(scope.events().map(event -> event.id() + " " + event.operation()), 1)
                .expectNext("t2 CREATED")
                .then(() -> Flux.concat(
                                scope.create(TASK, task("t1")),
                                scope.update(TASK, "t2", Patch.of("title", "a")),
                                scope.update(TASK, "t1", Patch.of("title", "b")),
                                scope.create(TASK, task("t3")),
                                scope.delete(TASK, "t3"),
                                scope.update(TASK, "t2", Patch.of("title", "c")))
                        .blockLast(LIMIT))
                .thenRequest(Long.MAX_VALUE)
                .expectNext("t1 CREATED", "t2 UPDATED")
                .then(() -> scope.create(TASK, task("t4")).subscribe())
                .expectNext("t4 CREATED")
                .thenCancel()
                .verify(LIMIT);
    }

    private static Task task(String id) {
        return new Task(id, "apollo", id, null);
    }

    @Test
    void whatIsClosedShowsNothingAndTakesNothing() {
        StitchStore store = offline(SCHEMA);
        Scope scope = store.openScope("apollo");
        Scope handle = store.openScope("apollo");
        scope.create(TASK, task("t1")).block(LIMIT);
        handle.close();

        StepVerifier.create(handle.events()).expectComplete().verify(LIMIT);
        StepVerifier.create(handle.create(TASK, task("t2")))
                .expectError(ClosedException.class)
                .verify(LIMIT);
        assertThat(handle.snapshot(TASK)).isEmpty();
        assertThat(handle.get(TASK, "t1")).isEmpty();
        assertThat(scope.snapshot(TASK)).extracting(Task::id).containsExactly("t1");

        store.close().block(LIMIT);
        StepVerifier.create(Flux.merge(scope.events(), scope.mutations(), scope.records(TASK), store.roots(PROJECT)))
                .expectComplete()
                .verify(LIMIT);
        assertThat(List.<Publisher<?>>of(
                        scope.create(TASK, task("t2")),
                        store.list(TASK, ListQuery.all()),
                        store.loadScope("apollo"),
                        store.connect()))
                .allSatisfy(asked -> StepVerifier.create(asked)
                        .expectError(ClosedException.class)
                        .verify(LIMIT));
        assertThatThrownBy(() -> store.openScope("apollo")).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> store.replaceScope("apollo")).isInstanceOf(ClosedException.class);
    }

    @Test
    void recordsOutsideOfScopesAreThereAtOnce() {
        StitchStore store = offline(WITH_MORE);
        more(store);

        StepVerifier.create(store.collection(DRAFT)
                        .records()
                        .filter(drafts -> !drafts.isEmpty())
                        .next())
                .expectNext(List.of(new Draft("d1", "Ask Ines about the welds")))
                .expectComplete()
                .verify(LIMIT);
        assertThat(store.pendingCount().blockFirst(LIMIT)).isZero();
    }

    @Test
    void onlyTheUsersOwnRootsAreListed() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            seed(server);
            server.put("project", "{\"id\":\"gemini\",\"name\":\"Gemini\",\"ownerId\":\"ben\"}");
            StitchStore store = StitchStore.builder()
                    .schema(OWNED)
                    .remote(RemoteOptions.to(server.url()).login("ada", "x"))
                    .build();
            opened.add(store);
            store.start().block(LIMIT);

            StepVerifier.create(store.roots(PROJECT)
                            .filter(roots -> !roots.isEmpty())
                            .next())
                    .expectNext(List.of(new Project("apollo", "Apollo")))
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    private static Scope warm(RemoteOptions remote, List<StitchStore> opened) {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(remote)
                .keepWarm(Duration.ofMinutes(2))
                .maxWarmScopes(500)
                .build();
        Scope rare = store.openScope("gemini", Duration.ZERO); // this one need not stay
        opened.add(store);
        return rare;
    }

    @Test
    void aStoreKeepsScopesWarm() {
        List<StitchStore> made = new ArrayList<>();
        Scope rare = warm(NOWHERE, made);
        assertThat(rare.id()).isEqualTo("gemini");
        assertThat(made.get(0).openScopes()).containsExactly(rare);
        made.get(0).close().block(LIMIT);
    }
}
