package io.stitch.reactive;

import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Scopes that stay as if they were open for a time: whoever comes back pays nothing, and nobody else notices. */
class WarmScopesTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final ModelServer server = ModelServer.ofNew();
    private final List<Integer> open = new ArrayList<>();
    private final List<Integer> warm = new ArrayList<>();

    private final SlowDisk disk = new SlowDisk(new InMemoryPersistence());

    private StitchStore store(Duration keepWarm, int most) {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(StoresInTime.as("ada"))
                .persistence(disk)
                .keepWarm(keepWarm)
                .maxWarmScopes(most)
                .observer(new StoreObserver() {
                    @Override
                    public void openScopes(int count) {
                        open.add(count);
                    }

                    @Override
                    public void warmScopes(int count) {
                        warm.add(count);
                    }
                })
                .connector(server.broker));
        store.start().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        return store;
    }

    private StitchStore store() {
        return store(Duration.ofMinutes(2), 100);
    }

    private void openAndClose(StitchStore store, String id) {
        Scope scope = store.openScope(id);
        time.advanceTimeBy(Duration.ofSeconds(1));
        scope.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private long hellos(String scope) {
        return server.broker.sentTo("$DB/project/" + scope + "/hello").size();
    }

    private long subscriptions(String scope) {
        return server.broker.subscriptions.stream()
                .filter(filter -> filter.startsWith("$DB/project/" + scope + "/"))
                .count();
    }

    private boolean isSubscribed(String scope) {
        return server.broker.filters.stream().anyMatch(filter -> filter.startsWith("$DB/project/" + scope + "/"));
    }

    private long loads(String scope) {
        return disk.loads.stream().filter(scope::equals).count();
    }

    @Test
    void aControllerThatOpensAScopeForEachRequestPaysForOneOpening() {
        StitchStore store = store();
        openAndClose(store, "p1");
        time.advanceTimeBy(Duration.ofSeconds(30));
        long hellos = hellos("p1");
        long subscriptions = subscriptions("p1");
        for (int i = 0; i < 100; i++) {
            openAndClose(store, "p1");
        }

        assertThat(hellos).isPositive();
        assertThat(hellos("p1")).isEqualTo(hellos);
        assertThat(subscriptions("p1")).isEqualTo(subscriptions).isEqualTo(2);
        assertThat(loads("p1")).isEqualTo(1);
        assertThat(isSubscribed("p1")).isTrue();
    }

    @Test
    void whoComesBackSeesWhatHappenedMeanwhile() {
        StitchStore store = store();
        openAndClose(store, "p1");
        server.put("task", "{'id':'t1','projectId':'p1','title':'one','_version':1}");
        server.announce("task/t1");
        time.advanceTime();

        Scope again = store.openScope("p1");
        List<RecordEvent> events = new ArrayList<>();
        again.events().subscribe(events::add);
        time.advanceTime();
        assertThat(again.snapshot(TASK)).containsExactly(new Task("t1", "p1", "one"));
        assertThat(events)
                .singleElement()
                .satisfies(event -> assertThat(event.origin()).isEqualTo(RecordEvent.Origin.STORED));
    }

    @Test
    void aScopeIsLetGoWhenItsTimeIsOver() {
        StitchStore store = store();
        openAndClose(store, "p1");
        time.advanceTimeBy(Duration.ofSeconds(118));
        assertThat(isSubscribed("p1")).isTrue();
        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(isSubscribed("p1")).isFalse();
        assertThat(warm).containsExactly(1, 0);
        assertThat(open).containsExactly(1, 0);
        openAndClose(store, "p1");
        assertThat(loads("p1")).isEqualTo(2);
    }

    @Test
    void ofOneTooManyTheOneThatWasClosedLongestAgoGoes() {
        StitchStore store = store(Duration.ofHours(1), 2);
        openAndClose(store, "p1");
        openAndClose(store, "p2");
        openAndClose(store, "p1"); // Now p2 was closed longest ago.
        openAndClose(store, "p3");

        assertThat(List.of(isSubscribed("p1"), isSubscribed("p2"), isSubscribed("p3")))
                .containsExactly(true, false, true);
        assertThat(warm).last().isEqualTo(2);
    }

    @Test
    void aHandleSaysHowLongItsScopeStaysAndTheLatestEndStands() {
        StitchStore store = store(Duration.ZERO, 100);
        openAndClose(store, "p1");
        assertThat(isSubscribed("p1")).isFalse();

        Scope longer = store.openScope("p2", Duration.ofMinutes(10));
        Scope shorter = store.openScope("p2");
        time.advanceTime();
        longer.close();
        time.advanceTimeBy(Duration.ofMinutes(5));
        shorter.close();
        time.advanceTimeBy(Duration.ofMinutes(4));
        assertThat(isSubscribed("p2")).isTrue();
        time.advanceTimeBy(Duration.ofMinutes(1).plusSeconds(1)); // It unsubscribes a moment later.
        assertThat(warm).as("warm").containsExactly(1, 0);
        assertThat(isSubscribed("p2")).as(String.valueOf(server.broker.filters)).isFalse();
    }

    @Test
    void whoComesBackForAMomentDoesNotShortenTheTimeThatAnotherHandleAskedFor() {
        StitchStore store = store(Duration.ofMinutes(2), 100);
        Scope longer = store.openScope("p1", Duration.ofMinutes(10));
        time.advanceTimeBy(Duration.ofSeconds(1));
        longer.close();
        time.advanceTimeBy(Duration.ofMinutes(1));
        openAndClose(store, "p1");
        time.advanceTimeBy(Duration.ofMinutes(8));
        assertThat(isSubscribed("p1")).isTrue();
        time.advanceTimeBy(Duration.ofMinutes(1).plusSeconds(1));
        assertThat(isSubscribed("p1")).isFalse();

        store.openScope("p1", Duration.ZERO).close();
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(isSubscribed("p1"))
                .as("nothing is left of what was asked for before")
                .isFalse();
    }

    @Test
    void aScopeThatWasReplacedStaysWarmToo() {
        StitchStore store = store();
        store.replaceScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(30));
        long hellos = hellos("p1");
        store.replaceScope("p2");
        store.replaceScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(30));

        assertThat(hellos("p1")).isEqualTo(hellos);
        assertThat(store.openScopes()).extracting(Scope::id).containsExactly("p1");
    }

    @Test
    void aClosedHandleIsClosedThoughItsScopeIsWarm() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        List<String> ends = new ArrayList<>();
        scope.events().subscribe(event -> {}, error -> {}, () -> ends.add("events"));
        scope.records(TASK).subscribe(list -> {}, error -> {}, () -> ends.add("records"));
        stores.write("before", scope.create(TASK, new Task("t1", "p1", "one")));
        scope.close();
        time.advanceTime();
        stores.write("after", scope.create(TASK, new Task("t2", "p1", "two")));

        assertThat(ends).containsExactlyInAnyOrder("events", "records");
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(stores.outcomes).containsExactly("before SYNCED", "after ClosedException");
        assertThat(server.executed).hasSize(1);
        assertThat(store.openScopes()).isEmpty();
    }

    @Test
    void whatIsPendingInAWarmScopeIsSentAndSettled() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.broker.unreachable(1);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("offline", scope.create(TASK, new Task("t1", "p1", "one")));
        scope.close();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).hasSize(1);
        Scope again = store.openScope("p1");
        time.advanceTime();
        assertThat(again.version(TASK, "t1")).hasValue(1);
        assertThat(again.isPending(TASK, "t1")).isFalse();
    }

    @Test
    void aLogoutLetsGoOfWhatIsWarmAndForgetsIt() {
        StitchStore store = store();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one','_version':1}");
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/t1");
        time.advanceTime();
        scope.close();
        store.openScope("p2"); // Closed by the logout itself.
        time.advanceTime();
        store.resetForLogout().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(warm).last().isEqualTo(0);
        Scope again = store.openScope("p1");
        time.advanceTime();
        assertThat(again.snapshot(TASK)).isEmpty();
        assertThat(loads("p1")).isEqualTo(2);
    }

    @Test
    void anotherLoginLetsGoOfWhatIsWarm() {
        StitchStore store = store();
        openAndClose(store, "p1");
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(warm).containsExactly(1, 0);
    }

    @Test
    void aWarmScopeCanBeClearedAndLoadedLikeAnOpenOne() {
        StitchStore store = store();
        openAndClose(store, "p1");
        store.clearScope("p1").subscribe(unused -> {}, error -> {}, () -> stores.outcomes.add("cleared"));
        store.loadScope("p1").subscribe(unused -> {}, error -> {}, () -> stores.outcomes.add("loaded"));
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(stores.outcomes).containsExactlyInAnyOrder("cleared", "loaded");
    }

    @Test
    void aScopeThatWasRefusedWhileItWasWarmIsAskedForAgainByWhoComesBack() {
        StitchStore store = store();
        List<ScopeRefusal> refusals = new ArrayList<>();
        store.scopeErrors().subscribe(refusals::add);
        openAndClose(store, "p1");
        time.advanceTimeBy(Duration.ofSeconds(30));
        server.broker.deliver(
                "$DB/clients/" + store.clientId() + "/scope-open-error",
                "{\"scopeId\":\"p1\",\"code\":403,\"message\":\"no more\"}");
        time.advanceTimeBy(Duration.ofSeconds(30));
        long hellos = hellos("p1");
        openAndClose(store, "p1");

        assertThat(refusals).hasSize(1);
        assertThat(hellos("p1")).isGreaterThan(hellos);
    }

    @Test
    void aStoreThatIsClosedHasNoTimersLeft() {
        StitchStore store = store();
        openAndClose(store, "p1");
        store.close().subscribe();
        time.advanceTimeBy(Duration.ofMinutes(5));
        assertThat(warm).containsExactly(1);
        assertThatThrownBy(() -> store.openScope("p1")).isInstanceOf(ClosedException.class);
    }

    @Test
    void settingsThatCannotWorkAreRefused() {
        StitchStoreBuilder builder =
                StitchStore.builder().schema(StitchSchema.root(PROJECT).build()).remote(StoresInTime.as("ada"));
        assertThatThrownBy(() -> builder.keepWarm(Duration.ofSeconds(-1)).build())
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("keepWarm");
        assertThatThrownBy(() ->
                        builder.keepWarm(Duration.ofSeconds(1)).maxWarmScopes(0).build())
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("maxWarmScopes");
        StitchStore store = store();
        assertThatThrownBy(() -> store.openScope("p1", Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
