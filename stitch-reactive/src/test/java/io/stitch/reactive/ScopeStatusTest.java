package io.stitch.reactive;

import io.stitch.reactive.ScopeStatus.State;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** An application can tell a scope that is empty from one of which not all is there yet. */
class ScopeStatusTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final List<ScopeStatus> seen = new ArrayList<>();

    private Scope open(ScriptedBroker broker) {
        return open(StitchStore.builder().connector(broker));
    }

    private Scope open(StitchStoreBuilder builder) {
        StitchStore store = stores.build(builder.schema(
                        StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1"));
        store.start().subscribe();
        Scope scope = store.openScope("p1");
        scope.status().subscribe(seen::add);
        time.advanceTime();
        return scope;
    }

    private List<State> states() {
        return seen.stream().map(ScopeStatus::state).toList();
    }

    private ScopeStatus last() {
        return seen.get(seen.size() - 1);
    }

    private static void features(ScriptedBroker broker, String features) {
        broker.connAckProperties = List.of(
                new UserProperty("stitch-protocol-version", "2"), new UserProperty("stitch-features", features));
    }

    @Test
    void aServerThatAnswersSaysWhenAllIsThere() {
        ScriptedBroker broker = ScriptedBroker.ofNewServer();
        features(broker, "answers");
        open(broker);
        time.advanceTimeBy(Duration.ofSeconds(3));
        assertThat(last().state()).isEqualTo(State.COMPARING);
        assertThat(last().isCompared()).isFalse();

        answer(broker, 1);
        assertThat(last().state()).as("an event of the answer is still to come").isEqualTo(State.COMPARING);
        broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'operation':'Create','entity':'task','id':'t1','sender':'__server_replay__',"
                        + "'data':{'id':'t1','projectId':'p1','_version':1}}");
        time.advanceTime();

        assertThat(last())
                .isEqualTo(
                        new ScopeStatus(State.COMPARED, Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS)), null));
        assertThat(states()).doesNotHaveDuplicates();
    }

    private void answer(ScriptedBroker broker, int events) {
        List<JsonNode> hellos = broker.sentTo("$DB/project/p1/hello");
        String round = hellos.get(hellos.size() - 1).path("round").asString();
        broker.deliver("$DB/clients/c1/hello/p1", "{'round':'%s','events':%d}".formatted(round, events));
        time.advanceTime();
    }

    @Test
    void aServerThatSaysNothingIsTakenToBeDoneWhenItWasQuiet() {
        open(ModelServer.ofNew().broker);
        assertThat(last().state()).isEqualTo(State.COMPARING);
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(last().state()).isEqualTo(State.COMPARED);
    }

    @Test
    void anOldServerHasSaidAllWhenItsListEnds() {
        ModelServer server = ModelServer.ofOld();
        server.put("task", "{'id':'t1','projectId':'p1'}");
        server.holdReplies();
        Scope scope = open(server.broker);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(last().state()).isEqualTo(State.COMPARING);
        server.releaseReplies();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(last().state()).isEqualTo(State.COMPARED);
        assertThat(scope.snapshot(TASK)).hasSize(1);
    }

    @Test
    void whatWasComparedBeforeACutIsRememberedWithItsTime() {
        ModelServer server = ModelServer.ofNew();
        open(server.broker);
        time.advanceTimeBy(Duration.ofSeconds(10));
        Instant compared = last().comparedAt();
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        time.advanceTime();

        assertThat(last()).isEqualTo(new ScopeStatus(State.OFFLINE, compared, null));
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(2));

        assertThat(states()).endsWith(State.OFFLINE, State.COMPARING, State.COMPARED);
        assertThat(last().comparedAt()).isAfter(compared);
    }

    @Test
    void whatIsOnDiskIsReadFirstAndIsNotComparedOffline() {
        ModelServer server = ModelServer.ofNew();
        server.broker.unreachable(100);
        SlowDisk disk = new SlowDisk(new InMemoryPersistence());
        disk.stallReads();
        open(StitchStore.builder().connector(server.broker).persistence(disk));
        assertThat(states()).containsExactly(State.OPENING);
        disk.resumeReads();
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(states()).containsExactly(State.OPENING, State.OFFLINE);
        assertThat(last().isCompared()).isFalse();
    }

    @Test
    void aRefusedScopeSaysWhyUntilItIsOpenedAnew() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = open(server.broker);
        server.broker.deliver("$DB/clients/c1/scope-open-error", "{'scopeId':'p1','code':403,'message':'not yours'}");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(last()).isEqualTo(new ScopeStatus(State.REFUSED, null, new ScopeRefusal("p1", 403, "not yours")));
        server.broker.end(0x8B);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(last().state()).as("on the next connection, too").isEqualTo(State.REFUSED);

        Scope again = stores.opened(0).openScope(scope.id());
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(last().state()).isEqualTo(State.COMPARED);
        assertThat(again.isClosed()).isFalse();
    }

    @Test
    void whoComesLaterIsToldTheNewestAndTheEndComesWithTheHandle() {
        Scope scope = open(ModelServer.ofNew().broker);
        time.advanceTimeBy(Duration.ofSeconds(10));
        List<String> late = new ArrayList<>();
        scope.status().subscribe(status -> late.add(status.state().name()), error -> {}, () -> late.add("end"));
        time.advanceTime();
        scope.close();
        time.advanceTime();

        assertThat(late).containsExactly("COMPARED", "end");
    }

    @Test
    void theEndOfTheStoreIsTheEndOfItsStatuses() {
        Scope scope = open(ModelServer.ofNew().broker);
        List<String> ends = new ArrayList<>();
        scope.status().subscribe(status -> {}, error -> {}, () -> ends.add("end"));
        time.advanceTime();
        stores.opened(0).close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(ends).containsExactly("end");
    }
}
