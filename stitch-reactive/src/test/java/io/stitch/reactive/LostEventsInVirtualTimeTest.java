package io.stitch.reactive;

import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;

/** Events that are lost, come late or contradict what is known, in server mode: what a scope shows is right again soon. */
class LostEventsInVirtualTimeTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String HELLO = "$DB/project/p1/hello";
    private static final String LIST = "$DB/task/list";
    private static final Duration SOON = Duration.ofMillis(2_200);

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private ModelServer server = ModelServer.ofNew();

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .connector(server.broker));
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Scope opened(StitchStore store) {
        server.put("project", "{'id':'p1','name':'Alpha'}");
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("project/p1");
        server.announce("task/t1");
        time.advanceTimeBy(Duration.ofMinutes(1)); // Until what opening it entails is over.
        assertThat(scope.snapshot(TASK)).hasSize(1);
        return scope;
    }

    private int sentTo(String topic) {
        return server.broker.sentTo(topic).size();
    }

    private void deleteRoot(int version) {
        server.broker.deliver(
                "$DB/project/p1/events/deleted", "{'id':'p1','data':{'id':'p1','_version':%d}}".formatted(version));
        time.advanceTime();
    }

    @Test
    void aScopeWhoseRootIsDeletedIsComparedSoon() {
        opened(store());
        int before = sentTo(HELLO);

        deleteRoot(2);
        assertThat(sentTo(HELLO)).as("not in the middle of the burst").isEqualTo(before);
        time.advanceTimeBy(SOON);
        assertThat(sentTo(HELLO)).isEqualTo(before + 1);
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(sentTo(HELLO)).as("once").isEqualTo(before + 1);
    }

    @Test
    void onAnOldServerTheOrphansOfARootThatIsDeletedGoSoon() {
        server = ModelServer.ofOld();
        Scope scope = opened(store());

        server.remove("project/p1");
        server.remove("task/t1"); // Its event is lost.
        deleteRoot(1);
        time.advanceTimeBy(SOON);

        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void theComparisonAfterACascadeWaitsForItsEnd() {
        opened(store());
        int before = sentTo(HELLO);

        deleteRoot(2);
        for (int i = 0; i < 20; i++) {
            time.advanceTimeBy(Duration.ofMillis(500));
            server.broker.deliver(
                    "$DB/project/p1/task/events/deleted",
                    "{'id':'x%d','data':{'id':'x%d','_version':2}}".formatted(i, i));
        }
        assertThat(sentTo(HELLO)).isEqualTo(before);
        time.advanceTimeBy(SOON);
        assertThat(sentTo(HELLO)).isEqualTo(before + 1);
    }

    @Test
    void anOwnDeleteOfTheRootIsACascadeToo() {
        Scope scope = opened(store());
        int before = sentTo(HELLO);

        scope.delete(PROJECT, "p1").subscribe();
        time.advanceTime();
        time.advanceTimeBy(SOON);

        assertThat(sentTo(HELLO)).isEqualTo(before + 1);
    }

    private Scope openedWithALaterVersionOnAnOldServer() {
        server = ModelServer.ofOld();
        Scope scope = opened(store());
        for (int i = 0; i < 5; i++) {
            server.put("task", "{'id':'t1','title':'more'}");
        }
        server.announce("task/t1");
        time.advanceTime();
        return scope;
    }

    private void deliverADeleteAtTheFirstVersion() {
        server.broker.deliver(
                "$DB/project/p1/task/events/deleted", "{'id':'t1','data':{'id':'t1','projectId':'p1','_version':1}}");
        time.advanceTime();
    }

    @Test
    void aDeleteOfARecordsSecondLifeIsBelievedOnAnOldServer() {
        Scope scope = openedWithALaterVersionOnAnOldServer();

        // It was deleted and created anew, and those events are lost; that of the second delete is not.
        server.remove("task/t1");
        deliverADeleteAtTheFirstVersion();

        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void aLateDeleteOfARecordsFirstLifeIsNotBelievedOnAnOldServer() {
        Scope scope = openedWithALaterVersionOnAnOldServer();

        deliverADeleteAtTheFirstVersion();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "more"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReadingThatFailsDoesNotTakeThePlaceOfASubscriptionThatIsDue(boolean later) {
        server = ModelServer.ofOld();
        StitchStore store = store();
        server.broker.acknowledgesSubscriptions =
                Mono.error(new TransportException(TransportException.Kind.REFUSED, 0x97, "Not now.", null));
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.broker.acknowledgesSubscriptions = Mono.empty();
        assertThat(server.broker.filters).noneMatch(filter -> filter.contains("p1"));

        var answers = server.broker.answers;
        server.broker.answers = message -> switch (message.topic()) {
            case "$DB/task/create" ->
                "{'status':'ok','data':{'id':'t1','projectId':'p1','title':'one','_version':7}}".replace('\'', '"');
            case "$DB/task/t1/update" ->
                "{'status':'ok','data':{'id':'t1','projectId':'p1','title':'two','_version':2}}".replace('\'', '"');
            case "$DB/task/t1" -> "{'status':'error','code':503,'message':'busy'}".replace('\'', '"');
            default -> answers.apply(message);
        };
        scope.create(TASK, new Task("t1", "p1", "one")).subscribe();
        time.advanceTime();
        if (later) {
            time.advanceTimeBy(Duration.ofSeconds(2));
        }
        scope.update(TASK, "t1", Patch.of("title", "two")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(server.broker.filters).contains("$DB/project/p1/events/#", "$DB/project/p1/+/events/#");
        assertThat(sentTo(LIST)).isPositive();
    }

    @Test
    void aRecordThatABackupBringsBackIsShown() {
        StitchStore store = store();
        Scope scope = opened(store);
        server.broker.deliver("$DB/project/p1/task/events/deleted", "{'id':'t1','data':{'id':'t1','_version':9}}");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).isEmpty();

        // The server was restored, and says so in its next replay.
        server.broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'id':'t1','data':{'id':'t1','projectId':'p1','title':'one','_version':1},'sender':'__server_replay__'}");
        time.advanceTime();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "one"));
    }
}
