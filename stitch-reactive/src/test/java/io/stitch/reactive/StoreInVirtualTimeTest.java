package io.stitch.reactive;

import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StoreInVirtualTimeTest {
    record Project(String id, String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");
    static final String HELLO = "$DB/project/p1/hello";

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private @Nullable StitchStore opened;

    @AfterEach
    void closeStore() {
        if (opened != null) {
            opened.close().subscribe();
        }
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store() {
        return store(ServerSync.create());
    }

    private StitchStore store(ServerSync mode) {
        StitchStore store = StitchStore.builder()
                .syncMode(mode)
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .localOnly(DRAFT)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .scheduler(time)
                .connector(broker)
                .build();
        opened = store;
        store.start().subscribe();
        return store;
    }

    private void advance(Duration duration) {
        time.advanceTimeBy(duration);
    }

    private void settle() {
        time.advanceTime();
    }

    @Test
    void aTopLevelEntitySubscribesToTheEventsThatWereAskedFor() {
        opened = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).topLevel(TASK).build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .scheduler(time)
                .connector(broker)
                .syncMode(ServerSync.builder()
                        .topLevelEvents("task", "events/7/#")
                        .build())
                .build();
        opened.start().subscribe();
        settle();

        assertThat(broker.filters).containsExactlyInAnyOrder("$DB/clients/c1/#", "$DB/task/events/7/#");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "#", "events", "events/", "other/#", "events/#/7", "events/a+", "events/7#"})
    void whatIsNoFilterOfEventsIsRefused(String filter) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerSync.builder().topLevelEvents("task", filter))
                .withMessageContaining("'task'")
                .withMessageContaining("'" + filter + "'");
    }

    @Test
    void aScopeSubscribesBeforeItSaysHello() {
        store().replaceScope("p1");
        settle();

        assertThat(broker.filters)
                .containsExactly("$DB/clients/c1/#", "$DB/project/p1/events/#", "$DB/project/p1/+/events/#");
        assertThat(broker.sentTo(HELLO)).containsExactly(json("{\"clientId\":\"c1\",\"manifest\":[]}"));
    }

    @Test
    void whatTheServerReplaysStreamsToSubscribers() {
        Scope scope = store().replaceScope("p1");
        List<String> events = new ArrayList<>();
        scope.events().subscribe(event -> events.add(event.toString()));
        settle();

        replay("p1", 1);
        task("created", "t1", 1, "one");
        task("updated", "t1", 2, "two");
        task("deleted", "t1", 3, "two");
        settle();

        assertThat(events)
                .containsExactly(
                        "CREATED project/p1 v1 (REMOTE)",
                        "CREATED task/t1 v1 (REMOTE)",
                        "UPDATED task/t1 v2 (REMOTE)",
                        "DELETED task/t1 v2 (REMOTE)");
    }

    @Test
    void anEventFromBeforeADeleteBringsNothingBackForAnHour() {
        Scope scope = store().replaceScope("p1");
        settle();
        task("created", "t1", 1, "one");
        task("deleted", "t1", 3, "two");
        advance(Duration.ofMinutes(59));
        task("updated", "t1", 2, "late");
        settle();
        assertThat(scope.snapshot(TASK)).isEmpty();

        task("created", "t1", 4, "anew");
        settle();
        assertThat(scope.snapshot(TASK)).hasSize(1);
    }

    @Test
    void helloIsRepeatedUntilAReplayBringsNothing() {
        store().replaceScope("p1");
        settle();
        replay("p1", 1);
        settle();

        advance(Duration.ofSeconds(10));
        assertThat(broker.sentTo(HELLO)).hasSize(2);
        assertThat(broker.sentTo(HELLO).get(1).path("manifest"))
                .isEqualTo(json("[{\"id\":\"p1\",\"entity\":\"project\",\"version\":1}]"));
        replayTask("t1", 1);
        settle();
        advance(Duration.ofSeconds(10));
        assertThat(broker.sentTo(HELLO))
                .as("the second replay brought something")
                .hasSize(3);
        advance(Duration.ofSeconds(20));
        assertThat(broker.sentTo(HELLO))
                .as("the third brought nothing: once more")
                .hasSize(4);
        advance(Duration.ofSeconds(150));
        assertThat(broker.sentTo(HELLO)).as("two in a row brought nothing").hasSize(4);
    }

    @Test
    void aScopeThatIsClosedAndOpenedAgainSaysHelloOnlyWhenTheServerAnswersAgain() {
        StitchStore store = store();
        store.openScope("p1").close();
        Scope closedSoon = store.openScope("p1");
        settle();
        assertThat(broker.sentTo(HELLO)).hasSize(1);
        advance(Duration.ofSeconds(2));

        closedSoon.close();
        store.openScope("p2").close();
        store.openScope("p1");
        advance(Duration.ofSeconds(4).minusMillis(1));
        assertThat(broker.sentTo(HELLO))
                .as("a second one would be dropped without a word")
                .hasSize(1);
        advance(Duration.ofMillis(1));
        assertThat(broker.sentTo(HELLO)).hasSize(2);
        advance(Duration.ofMinutes(1));
        assertThat(broker.sentTo(HELLO)).hasSize(2);
    }

    @Test
    void anOpenScopeIsComparedEveryFiveMinutesWithJitter() {
        store().replaceScope("p1");
        settle();

        advance(Duration.ofMinutes(5).minusMillis(1));
        assertThat(broker.sentTo(HELLO)).hasSize(1);
        advance(Duration.ofSeconds(30).plusMillis(1));
        assertThat(broker.sentTo(HELLO)).hasSize(2);
    }

    @Test
    void aRefusedHelloIsReportedAndA403IsFinal() {
        StitchStore store = store();
        List<String> errors = new ArrayList<>();
        store.scopeErrors().subscribe(error -> errors.add(error.scopeId() + " " + error.code()));
        store.replaceScope("p1");
        settle();

        broker.deliver("$DB/clients/c1/scope-open-error", "{'scopeId':'p1','code':403,'message':'not yours'}");
        advance(Duration.ofMinutes(30));

        assertThat(errors).containsExactly("p1 403");
        assertThat(broker.sentTo(HELLO)).hasSize(1);
    }

    @Test
    void afterA429HelloIsSaidAgainLater() {
        store().replaceScope("p1");
        settle();

        broker.deliver("$DB/clients/c1/scope-open-error", "{'scopeId':'p1','code':429,'message':'slow down'}");
        advance(Duration.ofSeconds(5));
        assertThat(broker.sentTo(HELLO)).hasSize(1);
        advance(Duration.ofSeconds(2));
        assertThat(broker.sentTo(HELLO)).hasSize(2);
    }

    @Test
    void whileItBacksOffAfter429NothingElseSaysHello() {
        store().replaceScope("p1");
        settle();
        for (int refusals = 1; refusals <= 3; refusals++) {
            assertThat(broker.sentTo(HELLO)).hasSize(refusals);
            broker.deliver("$DB/clients/c1/scope-open-error", "{'scopeId':'p1','code':429,'message':'slow down'}");
            settle();
            if (refusals < 3) {
                advance(Duration.ofSeconds(6 * (1L << refusals)));
            }
        }

        replay("p1", 1); // Which is compared again when nothing more comes.
        advance(Duration.ofSeconds(18));
        assertThat(broker.sentTo(HELLO)).hasSize(3);
        advance(Duration.ofSeconds(18));
        assertThat(broker.sentTo(HELLO)).hasSize(4);
    }

    @Test
    void anOldServerIsListedAndEventsMeanwhileAreHeldBack() {
        broker = ScriptedBroker.ofOldServer();
        List<OutboundMessage> unanswered = new ArrayList<>();
        broker.answers = message -> {
            if (message.topic().equals("$DB/project/p1")) {
                return "{'status':'ok','data':{'_version':3,'id':'p1','name':'Alpha'}}";
            }
            unanswered.add(message);
            return null;
        };
        Scope scope = store().replaceScope("p1");
        settle();
        assertThat(broker.sentTo(HELLO)).isEmpty();
        assertThat(scope.snapshot(PROJECT)).containsExactly(new Project("p1", "Alpha"));

        task("updated", "t1", 5, "from an event");
        settle();
        assertThat(scope.snapshot(TASK)).isEmpty();

        OutboundMessage list = unanswered.get(0);
        assertThat(list.topic()).isEqualTo("$DB/task/list");
        broker.deliver(
                String.valueOf(list.responseTopic()),
                "{'status':'ok','data':[{'_version':4,'id':'t1','projectId':'p1','title':'listed'},"
                        + "{'_version':1,'id':'t2','projectId':'p1','title':'listed'}]}");
        settle();
        assertThat(scope.snapshot(TASK))
                .containsExactly(new Task("t1", "p1", "from an event"), new Task("t2", "p1", "listed"));
    }

    @Test
    void withoutVersionsTheFieldDecidesThatSaysWhenARecordWasChanged() {
        broker = ScriptedBroker.ofNewServer();
        Scope scope =
                store(ServerSync.builder().rootFields("rev", "changed").build()).replaceScope("p1");
        settle();
        for (String data : List.of(
                "'title':'first','changed':20,'updatedAt':1",
                "'title':'earlier','changed':10,'updatedAt':2",
                "'title':'later','changed':30,'updatedAt':0")) {
            broker.deliver(
                    "$DB/project/p1/task/events/updated",
                    "{'operation':'Update','entity':'task','id':'t1','data':{'id':'t1','projectId':'p1',%s}}"
                            .formatted(data));
            settle();
            String title = data.contains("'later'") ? "later" : "first";
            assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", title));
        }
    }

    @Test
    void aWriteIsARequestWithAReply() {
        broker.answers = message -> message.topic().equals("$DB/task/create")
                ? "{'status':'ok','data':{'_version':1,'id':'t1','projectId':'p1','title':'one'}}"
                : null;
        Scope scope = store().replaceScope("p1");
        settle();

        StepVerifier.create(scope.create(TASK, new Task("t1", "p1", "one")).result())
                .then(this::settle)
                .expectNext(new MutationResult<>(MutationResult.Status.SYNCED, new Task("t1", "p1", "one")))
                .verifyComplete();
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "one"));
        OutboundMessage sent = broker.published.get(1);
        assertThat(sent.responseTopic()).startsWith("$DB/clients/c1/");
        assertThat("$DB/clients/c1/" + new String(sent.correlationData(), StandardCharsets.UTF_8))
                .isEqualTo(sent.responseTopic());
        assertThat(sent.userProperties()).containsExactly(new UserProperty("x-origin-client-id", "c1"));
    }

    @Test
    void aRefusedWriteFailsWithATypedError() {
        broker.answers = message -> message.responseTopic() == null
                ? null
                : "{'status':'error','code':409,'message':'unique constraint violation: task.title'}";
        Scope scope = store().replaceScope("p1");
        settle();

        StepVerifier.create(scope.update(TASK, "t1", Patch.of("title", "two")))
                .then(this::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageContaining("unique constraint violation: task.title")
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.reason())
                                        .isEqualTo(RequestRefusedException.Reason.CONFLICT)))
                .verify();
    }

    @Test
    void aRequestWithoutAReplyTimesOut() {
        StitchStore store = store();
        settle();

        StepVerifier.create(store.read(TASK, "t1"))
                .then(() -> advance(Duration.ofSeconds(10)))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(RequestFailedException.class)
                        .hasMessageContaining(
                                "docs/security.md") // Where nothing at all is answered, rights may be missing.
                        .extracting("reason")
                        .isEqualTo(RequestFailedException.Reason.TIMEOUT))
                .verify();
        broker.answers = message -> "{\"status\":\"ok\",\"data\":{\"id\":\"t1\",\"projectId\":\"p1\"}}";
        StepVerifier.create(store.read(TASK, "t1")).expectNextCount(1).verifyComplete();
        broker.answers = message -> null;
        StepVerifier.create(store.read(TASK, "t1"))
                .then(() -> advance(Duration.ofSeconds(10)))
                .expectErrorSatisfies(error ->
                        assertThat(error).hasMessageContaining("No reply").hasMessageNotContaining("docs/security.md"))
                .verify();
    }

    @Test
    void aLostConnectionFailsWhatIsOpenAndIsRepairedWithGrowingDelays() {
        StitchStore store = store();
        List<Status> states = new ArrayList<>();
        store.connection().subscribe(state -> states.add(state.status()));
        store.replaceScope("p1");
        settle();
        for (int i = 0; i < 3; i++) {
            broker.connectErrors.add(
                    new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        }

        StepVerifier.create(store.read(TASK, "t1"))
                .then(this::settle)
                .then(() -> broker.end(0x8B))
                .then(this::settle)
                .expectErrorSatisfies(error ->
                        assertThat(error).extracting("reason").isEqualTo(RequestFailedException.Reason.CONNECTION_LOST))
                .verify();
        assertThat(broker.attempts).isEqualTo(1);
        advance(Duration.ofMillis(1_250));
        assertThat(broker.attempts).isEqualTo(2);
        advance(Duration.ofMillis(1_749));
        assertThat(broker.attempts).isEqualTo(2);
        advance(Duration.ofMillis(751));
        assertThat(broker.attempts).isEqualTo(3);
        advance(Duration.ofSeconds(5));
        assertThat(broker.attempts).isEqualTo(4);
        advance(Duration.ofSeconds(10));
        assertThat(states).endsWith(Status.CONNECTING, Status.CONNECTED);
        assertThat(broker.sentTo(HELLO)).as("hello again on the new connection").hasSize(2);
    }

    @Test
    void aClientIdThatIsNotTakenStopsReconnectingAndTheLoginIsAsGoodAsBefore() {
        broker.connectErrors.add(new TransportException(
                TransportException.Kind.CONNECT_REFUSED, 0x85, "the broker does not take the client id", null));
        StitchStore store = store();
        List<StitchException> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(invalid::add);
        advance(Duration.ofMinutes(10));

        assertThat(broker.attempts).isEqualTo(1);
        assertThat(store.connectionStatus().status()).isEqualTo(Status.ERROR);
        assertThat(store.connectionStatus().error())
                .isInstanceOfSatisfying(
                        ConnectionException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(ConnectionException.Reason.REFUSED))
                .hasMessageContaining("client id");
        assertThat(invalid).isEmpty();
    }

    @Test
    void anInvalidLoginStopsReconnectingAndSaysWhy() {
        broker.connectErrors.add(new TransportException(
                TransportException.Kind.CONNECT_REFUSED, 0x86, "the user name or password is wrong", null));
        StitchStore store = store();
        settle();
        advance(Duration.ofMinutes(10));

        assertThat(broker.attempts).isEqualTo(1);
        StepVerifier.create(store.connection().next())
                .assertNext(state -> {
                    assertThat(state.status()).isEqualTo(Status.ERROR);
                    assertThat(state.error())
                            .isInstanceOf(ConnectionException.class)
                            .extracting("reason")
                            .isEqualTo(ConnectionException.Reason.INVALID_LOGIN);
                })
                .verifyComplete();
    }

    @Test
    void badMessagesAreCountedAndTheStreamGoesOn() {
        StitchStore store = store();
        Scope scope = store.replaceScope("p1");
        settle();

        broker.deliver("$DB/project/p1/events/created", "{nope");
        broker.deliver(
                "$DB/project/p1/events/updated",
                "{'id':'p1','data':{'id':'p1','name':'FORGED','_version':99}}",
                new UserProperty("x-mqtt-sender", "eve"));
        broker.deliver("$DB/clients/c1/made-up", "{'status':'ok','data':{}}");
        broker.deliver("$DB/project/p2/events/created", "{'id':'p2','data':{'id':'p2','name':'x'}}");
        task("created", "t1", 2, "one");
        task("created", "t1", 2, "one");
        task("created", "t1", 1, "zero");
        settle();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "one"));
        assertThat(scope.snapshot(PROJECT)).isEmpty();
        assertThat(store.diagnosticCounts())
                .containsEntry(DiagnosticCode.MALFORMED_JSON, 1L)
                .containsEntry(DiagnosticCode.FORGED, 1L)
                .containsEntry(DiagnosticCode.UNKNOWN_REPLY, 1L)
                .containsEntry(DiagnosticCode.SCOPE_NOT_OPEN, 1L)
                .containsEntry(DiagnosticCode.DUPLICATE, 1L)
                .containsEntry(DiagnosticCode.OUTDATED, 1L);
    }

    @Test
    void openingAScopeTwiceSharesItAndTheLastCloseEndsIt() {
        StitchStore store = store();
        Scope one = store.openScope("p1");
        Scope two = store.openScope("p1");
        List<String> ends = new ArrayList<>();
        one.events().subscribe(event -> {}, error -> {}, () -> ends.add("one"));
        two.events().subscribe(event -> {}, error -> {}, () -> ends.add("two"));
        settle();
        assertThat(broker.sentTo(HELLO)).hasSize(1);

        one.close();
        settle();
        assertThat(ends).containsExactly("one");
        assertThat(broker.filters).contains("$DB/project/p1/events/#");

        two.close();
        settle();
        assertThat(ends).containsExactly("one", "two");
        assertThat(broker.filters).containsExactly("$DB/clients/c1/#");
    }

    @Test
    void replacingAScopeClosesTheOneBefore() {
        StitchStore store = store();
        List<String> active = new ArrayList<>();
        store.activeScope().subscribe(scope -> active.add(scope.id()));
        Scope before = store.replaceScope("p1");
        store.replaceScope("p2");
        settle();

        assertThat(before.isClosed()).isTrue();
        assertThat(active).containsExactly("p1", "p2");
        assertThat(broker.filters).doesNotContain("$DB/project/p1/events/#").contains("$DB/project/p2/events/#");
    }

    @Test
    void aRecordThatMovesIsSeenByBothScopes() {
        StitchStore store = store();
        Scope one = store.openScope("p1");
        Scope two = store.openScope("p2");
        List<String> events = new ArrayList<>();
        settle();
        task("created", "t1", 1, "one");
        settle();
        one.mutations().subscribe(event -> events.add("p1 " + event.operation()));
        two.mutations().subscribe(event -> events.add("p2 " + event.operation()));
        settle();

        broker.deliver(
                "$DB/project/p2/task/events/created",
                "{'id':'t1','data':{'id':'t1','projectId':'p2','title':'one','_version':2}}");
        broker.deliver("$DB/project/p1/task/events/deleted", "{'id':'t1','data':{'id':'t1','_version':2}}");
        settle();

        assertThat(events).containsExactly("p1 DELETED", "p2 CREATED");
        assertThat(two.snapshot(TASK)).containsExactly(new Task("t1", "p2", "one"));
    }

    @Test
    void listsShowTheNewestStateInTheOrderOfIds() {
        Scope scope = store().replaceScope("p1");
        List<List<Task>> lists = new ArrayList<>();
        scope.records(TASK).subscribe(lists::add);
        settle();

        task("created", "t2", 1, "two");
        task("created", "t1", 1, "one");
        settle();

        assertThat(lists.get(0)).isEmpty();
        assertThat(lists.get(lists.size() - 1))
                .containsExactly(new Task("t1", "p1", "one"), new Task("t2", "p1", "two"));
    }

    @Test
    void theAppliedVersionFollowsTheRoot() {
        Scope scope = store().replaceScope("p1");
        List<Long> versions = new ArrayList<>();
        scope.appliedVersion().subscribe(versions::add);
        settle();
        replay("p1", 4);
        settle();
        replay("p1", 7);
        settle();

        assertThat(versions).containsExactly(0L, 4L, 7L);
    }

    @Test
    void theLiveListOfRootsSubscribesWhileSomebodyWatches() {
        broker.answers = message -> message.topic().equals("$DB/project/list")
                ? "{'status':'ok','data':[{'_version':1,'id':'p1','name':'Alpha'}]}"
                : null;
        StitchStore store = store();
        List<List<Project>> lists = new ArrayList<>();
        var watching = store.roots(PROJECT).subscribe(lists::add);
        settle();
        broker.deliver("$DB/project/p2/events/created", "{'id':'p2','data':{'id':'p2','name':'Beta','_version':1}}");
        settle();
        assertThat(broker.filters).contains("$DB/project/+/events/#");
        assertThat(lists.get(lists.size() - 1)).containsExactly(new Project("p1", "Alpha"), new Project("p2", "Beta"));

        watching.dispose();
        settle();
        assertThat(broker.filters).doesNotContain("$DB/project/+/events/#");
    }

    @Test
    void whoStopsWatchingTheRootsAtOnceDoesNotKeepOthersFromWatching() {
        broker.answers = message -> message.topic().equals("$DB/project/list")
                ? "{'status':'ok','data':[{'_version':1,'id':'p1','name':'Alpha'}]}"
                : null;
        StitchStore store = store();
        settle();
        for (int i = 0; i < 3; i++) {
            store.roots(PROJECT).subscribe().dispose();
        }
        settle();
        List<List<Project>> lists = new ArrayList<>();
        store.roots(PROJECT).subscribe(lists::add);
        settle();

        assertThat(lists.get(lists.size() - 1)).containsExactly(new Project("p1", "Alpha"));
    }

    @Test
    void theListOfRootsShowsOnlyTheUsersOwn() {
        broker.answers = message -> message.topic().equals("$DB/project/list")
                ? "{'status':'ok','data':[{'_version':1,'id':'p1','name':'Alpha','ownerId':'ada'}]}"
                : null;
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).userScopeField("ownerId").build())
                .remote(RemoteOptions.to("mqtt://broker.example").login("ada", "secret"))
                .clientId("c1")
                .scheduler(time)
                .connector(broker)
                .build();
        opened = store;
        store.start().subscribe();
        List<List<Project>> lists = new ArrayList<>();
        store.roots(PROJECT).subscribe(lists::add);
        settle();

        broker.deliver(
                "$DB/project/p2/events/created",
                "{'id':'p2','data':{'id':'p2','name':'Of Ben','ownerId':'ben','_version':1}}");
        settle();
        assertThat(lists.get(lists.size() - 1)).containsExactly(new Project("p1", "Alpha"));
        broker.deliver(
                "$DB/project/p1/events/updated",
                "{'id':'p1','data':{'id':'p1','name':'Alpha','ownerId':'ben','_version':2}}");
        settle();
        assertThat(lists.get(lists.size() - 1)).as("given away").isEmpty();
    }

    @Test
    void aHelloThatIsDueDuringAListingDoesNotEndIt() {
        List<OutboundMessage> unanswered = new ArrayList<>();
        broker.answers = message -> {
            if (message.topic().equals("$DB/project/p1")) {
                return "{'status':'ok','data':{'_version':1,'id':'p1','name':'Alpha'}}";
            }
            unanswered.add(message);
            return null;
        };
        StitchStore store = store();
        Scope scope = store.replaceScope("p1");
        settle();
        unanswered.clear();
        List<String> ends = new ArrayList<>();
        store.clearScope("p1").subscribe();
        store.loadScope("p1").subscribe(unused -> {}, error -> ends.add("error"), () -> ends.add("loaded"));
        settle();
        advance(Duration.ofSeconds(7));
        task("created", "t1", 2, "an event meanwhile");
        OutboundMessage list = unanswered.stream()
                .filter(message -> message.topic().equals("$DB/task/list"))
                .findFirst()
                .orElseThrow();
        broker.deliver(String.valueOf(list.responseTopic()), "{'status':'ok','data':[]}");
        settle();

        assertThat(ends).containsExactly("loaded");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "an event meanwhile"));
    }

    @Test
    void aScopeIsLoadedAsSoonAsItIsOpenedAndNotOnlyWhenTheBrokerHasAcknowledgedIt() {
        broker = ScriptedBroker.ofOldServer();
        broker.answers = message -> switch (message.topic()) {
            case "$DB/project/p1" -> "{'status':'ok','data':{'_version':1,'id':'p1','name':'Alpha'}}";
            case "$DB/task/list" -> "{'status':'ok','data':[{'_version':1,'id':'t1','projectId':'p1','title':'weld'}]}";
            default -> "{'status':'error','code':404,'message':'not found'}";
        };
        StitchStore store = store();
        settle();
        List<String> ends = new ArrayList<>();

        Scope scope = store.openScope("p1");
        store.loadScope("p1").subscribe(unused -> {}, error -> ends.add(error.toString()), () -> ends.add("loaded"));
        settle();

        assertThat(ends).containsExactly("loaded");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "weld"));
    }

    @Test
    void aRecordOfAnotherOwnerDoesNotFailTheComparisonOfTheRest() {
        broker = ScriptedBroker.ofOldServer();
        broker.answers = message -> switch (message.topic()) {
            case "$DB/project/p1" -> "{'status':'ok','data':{'_version':1,'id':'p1','name':'Alpha'}}";
            case "$DB/task/list" -> "{'status':'ok','data':[]}";
            case "$DB/task/foreign" -> "{'status':'error','code':403,'message':'forbidden'}";
            default -> "{'status':'error','code':404,'message':'not found'}";
        };
        StitchStore store = store();
        List<Integer> refusals = new ArrayList<>();
        store.scopeErrors().subscribe(refusal -> refusals.add(refusal.code()));
        Scope scope = store.replaceScope("p1");
        settle();
        task("created", "foreign", 1, "of another");
        task("created", "gone", 1, "deleted unheard");
        settle();

        store.loadScope("p1").subscribe();
        settle();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("foreign", "p1", "of another"));
        assertThat(refusals).isEmpty();
    }

    @Test
    void cancelledRequestsLeaveTheirPlacesToOthers() {
        StitchStore store = store();
        settle();
        for (int i = 0; i < 300; i++) {
            store.read(TASK, "t" + i).subscribe().dispose();
        }
        settle();
        broker.answers = message -> "{'status':'ok','data':{'_version':1,'id':'last','projectId':'p1'}}";

        StepVerifier.create(store.read(TASK, "last"))
                .then(this::settle)
                .expectNext(new Task("last", "p1", null))
                .verifyComplete();
    }

    @Test
    void aRecordThatDoesNotFitItsTypeIsLeftOutOfListsAndReported() {
        StitchStore store = store();
        Scope scope = store.replaceScope("p1");
        List<List<Task>> lists = new ArrayList<>();
        scope.records(TASK).subscribe(lists::add);
        settle();
        broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'id':'odd','data':{'id':'odd','projectId':'p1','title':{'not':'text'},'_version':1}}");
        task("created", "t1", 1, "one");
        settle();

        assertThat(lists.get(lists.size() - 1)).containsExactly(new Task("t1", "p1", "one"));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 1L);
    }

    @Test
    void aClosedStoreSaysSo() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        store.close().subscribe();
        settle();

        scope.close();
        StepVerifier.create(store.close()).verifyComplete();
        StepVerifier.create(store.read(TASK, "t1"))
                .expectErrorSatisfies(error -> assertThat(error).hasMessageContaining("closed"))
                .verify();
        assertThatThrownBy(() -> store.openScope("p2")).hasMessageContaining("closed");
    }

    @Test
    void localOnlyRecordsNeverReachTheWire() {
        StitchStore store = store();
        RecordCollection<ObjectNode> drafts = store.collection(DRAFT);
        settle();
        ObjectNode draft = Json.object().put("id", "d1").put("text", "hi");
        drafts.create(draft).subscribe();
        settle();
        drafts.update("d1", Patch.of("text", null).and("n", 1)).subscribe();
        settle();

        assertThat(drafts.snapshot()).containsExactly((ObjectNode)
                (JsonNode) Json.object().put("id", "d1").put("n", 1));
        assertThat(broker.published).isEmpty();
    }

    private static JsonNode json(String text) {
        return Json.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private void replay(String id, int version) {
        broker.deliver(
                "$DB/project/" + id + "/events/created",
                "{'id':'%s','data':{'id':'%s','name':'Alpha','_version':%d},'sender':'__server_replay__'}"
                        .formatted(id, id, version));
    }

    private void replayTask(String id, int version) {
        broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'id':'%s','data':{'id':'%s','projectId':'p1','title':'x','_version':%d},'sender':'__server_replay__'}"
                        .formatted(id, id, version));
    }

    private void task(String suffix, String id, int version, String title) {
        broker.deliver(
                "$DB/project/p1/task/events/" + suffix,
                "{'id':'%s','data':{'id':'%s','projectId':'p1','title':'%s','_version':%d}}"
                        .formatted(id, id, title, version));
    }
}
