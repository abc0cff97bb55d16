package io.stitch.reactive;

import io.stitch.reactive.ConnectionStatus.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A scope that the server does not let this client see: what becomes of it, of what it held, and when it is asked for again. */
class RefusedScopesTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String HELLO = "$DB/project/p1/hello";
    private static final String REFUSAL = "$DB/clients/c1/scope-open-error";
    private static final String NOT_YOURS = "{'scopeId':'p1','code':403,'message':'not yours'}";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private final InMemoryPersistence disk = new InMemoryPersistence();
    private final List<String> errors = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private ModelServer server = ModelServer.ofNew();

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example").login("ada", "secret"))
                .clientId("c1")
                .persistence(disk)
                .connector(server.broker));
        store.scopeErrors().subscribe(error -> errors.add(error.scopeId() + " " + error.code()));
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Scope opened(StitchStore store) {
        Scope scope = store.openScope("p1");
        scope.events().subscribe(event -> events.add(event.toString()));
        time.advanceTime();
        server.put("project", "{'id':'p1','name':'Alpha'}");
        server.announce("project/p1");
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.announce("task/t1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(scope.snapshot(TASK)).hasSize(1);
        events.clear();
        return scope;
    }

    private void refuse() {
        server.broker.deliver(REFUSAL, NOT_YOURS);
        time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private int hellos() {
        return server.broker.sentTo(HELLO).size();
    }

    private void cut() {
        server.broker.end(0x8B);
        time.advanceTimeBy(Duration.ofMinutes(1));
    }

    private List<String> onDisk() {
        List<String> kept = new ArrayList<>();
        disk.load("p1").map(record -> record.key().id()).subscribe(kept::add);
        return kept;
    }

    @Test
    void theSessionIsOverWhenAHelloIsAnsweredWith401() {
        StitchStore store = store();
        List<String> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(error -> invalid.add(String.valueOf(error.getMessage())));
        Scope scope = opened(store);

        server.broker.deliver(REFUSAL, "{'scopeId':'p1','code':401,'message':'log in again'}");
        time.advanceTimeBy(Duration.ofMinutes(10));

        assertThat(errors).containsExactly("p1 401");
        assertThat(invalid).hasSize(1);
        assertThat(invalid.get(0)).contains("p1", "401", "log in again");
        assertThat(store.connectionStatus().status()).isEqualTo(Status.ERROR);
        assertThat(server.broker.attempts).isEqualTo(1);
        assertThat(scope.snapshot(TASK)).as("it is still the user's").hasSize(1);

        store.reconnect(RemoteOptions.to("mqtt://broker.example").login("ada", "new"))
                .subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.connectionStatus().status()).isEqualTo(Status.CONNECTED);
        assertThat(hellos()).isEqualTo(2);
    }

    @Test
    void a401ForAScopeThatIsNotOpenSaysNothingOfTheSession() {
        StitchStore store = store();

        server.broker.deliver(REFUSAL, "{'scopeId':'p7','code':401,'message':'log in again'}");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(store.connectionStatus().status()).isEqualTo(Status.CONNECTED);
    }

    @Test
    void aScopeThatIsRefusedForgetsWhatItHeldInMemoryAndOnDisk() {
        StitchStore store = store();
        Scope scope = opened(store);
        assertThat(onDisk()).containsExactlyInAnyOrder("p1", "t1");

        refuse();

        assertThat(errors).containsExactly("p1 403");
        assertThat(scope.snapshot(PROJECT)).isEmpty();
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(events).containsExactlyInAnyOrder("DELETED project/p1 v1 (REMOTE)", "DELETED task/t1 v1 (REMOTE)");
        assertThat(onDisk()).isEmpty();
        assertThat(server.broker.filters).noneMatch(filter -> filter.contains("p1"));
    }

    @Test
    void whatComesForARefusedScopeAllTheSameIsDropped() {
        StitchStore store = store();
        Scope scope = opened(store);
        refuse();

        server.put("task", "{'id':'t1','title':'two'}");
        server.announce("task/t1");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(onDisk()).isEmpty();
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SCOPE_NOT_OPEN, 1L);
    }

    @Test
    void aRefusalLastsOverReconnects() {
        StitchStore store = store();
        opened(store);
        refuse();

        cut();
        store.reconnect().subscribe();
        time.advanceTimeBy(Duration.ofMinutes(30));

        assertThat(store.connectionStatus().status()).isEqualTo(Status.CONNECTED);
        assertThat(hellos()).isEqualTo(1);
        assertThat(errors).containsExactly("p1 403");
        assertThat(server.broker.filters).noneMatch(filter -> filter.contains("p1"));
    }

    @Test
    void aNewLoginEndsIt() {
        StitchStore store = store();
        Scope scope = opened(store);
        refuse();

        store.reconnect(RemoteOptions.to("mqtt://broker.example").login("ben", "secret"))
                .subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(hellos()).isEqualTo(2);
        server.announce("task/t1");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).hasSize(1);
    }

    @Test
    void aLogoutEndsIt() {
        StitchStore store = store();
        opened(store);
        refuse();

        store.resetForLogout().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));
        store.openScope("p1");
        store.connect().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(hellos()).isEqualTo(2);
    }

    @Test
    void openingTheScopeAnewEndsIt() {
        StitchStore store = store();
        Scope scope = opened(store);
        refuse();
        time.advanceTimeBy(Duration.ofSeconds(10));

        Scope another = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(hellos()).as("beside a handle that is open still").isEqualTo(2);
        refuse();
        another.close();
        scope.close();
        time.advanceTimeBy(Duration.ofSeconds(10));
        store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(hellos()).isEqualTo(3);
        assertThat(errors).containsExactly("p1 403", "p1 403");
    }

    @Test
    void aRootThatTheServerTakesFromThisClientEndsIt() {
        StitchStore store = store();
        Scope scope = opened(store);
        refuse();
        server.remove("project/p1");
        time.advanceTimeBy(Duration.ofSeconds(10));

        scope.create(PROJECT, new Project("p1", "Mine")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(hellos()).isEqualTo(2);
        server.announce("task/t1");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(scope.snapshot(PROJECT)).containsExactly(new Project("p1", "Mine"));
        assertThat(scope.snapshot(TASK)).as("others' writes are heard").hasSize(1);
        assertThat(errors).containsExactly("p1 403");
    }

    @Test
    void whoLoadsARefusedScopeIsToldWhy() {
        StitchStore store = store();
        opened(store);
        refuse();
        List<Throwable> told = new ArrayList<>();

        store.loadScope("p1").subscribe(unused -> {}, told::add);
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(told).hasSize(1);
        assertThat(told.get(0))
                .isInstanceOfSatisfying(
                        RequestRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.FORBIDDEN));
    }

    @Test
    void pendingWritesStayAndTheServerJudgesEach() {
        StitchStore store = store();
        Scope scope = opened(store);
        server.broker.unreachable(2);
        server.broker.end(0x8B);
        time.advanceTime();
        List<String> outcomes = new ArrayList<>();
        scope.update(TASK, "t1", Patch.of("title", "mine"))
                .result()
                .subscribe(result -> outcomes.add("t1 " + result.status()), error -> outcomes.add("t1 " + error));
        scope.create(TASK, new Task("t2", "p1", "new"))
                .result()
                .subscribe(result -> outcomes.add("t2 " + result.status()), error -> outcomes.add("t2 " + error));
        time.advanceTime();
        outcomes.clear();
        server.loseRequestsTo("/update");
        server.loseRequestsTo("create");
        time.advanceTimeBy(Duration.ofSeconds(20));
        List<String> rejected = new ArrayList<>();
        store.rejections().subscribe(rejection -> rejected.add(rejection.id()));

        refuse();
        assertThat(scope.snapshot(TASK))
                .as("what the user has written is still theirs")
                .contains(new Task("t2", "p1", "new"));
        server.heal();
        server.refuse(403, "not yours");
        time.advanceTimeBy(Duration.ofMinutes(2));

        assertThat(rejected).contains("t2");
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void aSubscriptionThatTheBrokerForbidsIsARefusalToo() {
        StitchStore store = store();
        Scope scope = opened(store);
        server.broker.acknowledgesSubscriptions = Mono.empty();
        server.broker.refuseFiltersOf("/p1/");

        cut();

        assertThat(errors).containsExactly("p1 403");
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(onDisk()).isEmpty();
    }

    @Test
    void onAnOldServerWhoMayNotReadTheRootIsRefused() {
        server = ModelServer.ofOld();
        StitchStore store = store();
        server.put("project", "{'id':'p1','name':'Alpha'}");
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(scope.snapshot(TASK)).hasSize(1);
        var answers = server.broker.answers;
        server.broker.answers = message -> message.topic().equals("$DB/project/p1")
                ? "{'status':'error','code':403,'message':'not yours'}"
                : answers.apply(message);

        cut();
        assertThat(errors).containsExactly("p1 403");
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(onDisk()).isEmpty();
        int published = server.broker.published.size();
        cut();
        assertThat(server.broker.published).hasSize(published);
    }
}
