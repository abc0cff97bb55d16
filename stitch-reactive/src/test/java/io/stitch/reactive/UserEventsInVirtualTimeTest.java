package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A server that tells of records with owners on a topic of each user. */
class UserEventsInVirtualTimeTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final EntityType<ObjectNode> NOTE = EntityType.json("note");
    private static final StitchSchema SCHEMA = StitchSchema.root(PROJECT)
            .child(TASK, "projectId")
            .topLevel(NOTE)
            .userScopeField("ownerId")
            .build();

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(Throwable::getMessage);

    private ModelServer server = ModelServer.ofOld();

    private StitchStore store(RemoteOptions remote) {
        server.put("project", "{'id':'p1','name':'Alpha','ownerId':'ada'}");
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        StitchStore store = stores.build(StitchStore.builder()
                .schema(SCHEMA)
                .remote(remote)
                .syncMode(ServerSync.builder()
                        .perUserEvents()
                        .compareInterval(Duration.ZERO)
                        .build())
                .connector(server.broker));
        store.start().subscribe();
        settle();
        return store;
    }

    private static RemoteOptions as(String user) {
        return RemoteOptions.to("mqtts://broker.example").login(user, "secret");
    }

    private StitchStore store() {
        return store(as("ada"));
    }

    private void settle() {
        stores.time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private void happens(String operation, String record, String data) {
        String id = record.substring(record.indexOf('/') + 1);
        server.broker.deliver(
                "$DB/u/ada/events/" + record,
                "{'operation':'%s','id':'%s','entity':'%s','data':%s}"
                        .formatted(operation, id, record.substring(0, record.indexOf('/')), data));
        settle();
    }

    private static List<String> titles(Scope scope) {
        return scope.snapshot(TASK).stream()
                .map(task -> task.path("title").asString())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theUsersEventsAreListenedToOnEachConnection(boolean old) {
        server = old ? ModelServer.ofOld() : ModelServer.ofNew();
        StitchStore store = store();
        assertThat(server.broker.filters).contains("$DB/u/ada/events/#");
        server.broker.filters.clear();
        store.reconnect(as("ben")).subscribe();
        settle();
        assertThat(server.broker.filters).contains("$DB/u/ben/events/#").doesNotContain("$DB/u/ada/events/#");
        assertThat(store.diagnosticCounts()).isEmpty();
    }

    @Test
    void nobodyListensToThemWithoutBeingTold() {
        StitchStore store = stores.build(
                StitchStore.builder().schema(SCHEMA).remote(as("ada")).connector(server.broker));
        store.start().subscribe();
        settle();
        assertThat(server.broker.filters).noneMatch(filter -> filter.startsWith("$DB/u/"));
    }

    @Test
    void anOpenScopeFollowsThemAndOthersAreNotMissed() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        assertThat(titles(scope)).containsExactly("one");

        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'two','_version':2}");
        happens("Create", "task/t2", "{'id':'t2','projectId':'p1','title':'new','_version':1}");
        happens("Create", "task/t9", "{'id':'t9','projectId':'p9','title':'elsewhere','_version':1}");
        happens("Update", "project/p9", "{'id':'p9','ownerId':'ada','_version':4}");
        happens("Delete", "task/t8", "null");
        assertThat(titles(scope)).containsExactly("two", "new");

        happens("Update", "project/p1", "{'id':'p1','name':'Renamed','ownerId':'ada','_version':2}");
        assertThat(scope.get(PROJECT, "p1").orElseThrow().path("name").asString())
                .isEqualTo("Renamed");
        assertThat(store.diagnosticCounts()).isEmpty();
    }

    @Test
    void theRulesAreThoseOfAnyEvent() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'three','_version':3}");
        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'three','_version':3}");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.DUPLICATE, 1L);
        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'late','_version':2}");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.READ_BACK, 1L);
        assertThat(titles(scope)).containsExactly("one"); // As the server says, which is asked.
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{'id':'t1','_version':2}", "{'id':'t1','projectId':'p7','_version':2}"})
    void aDeleteIsOfTheScopeThatHoldsTheRecord(String data) {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        happens("Delete", "task/t1", data);
        assertThat(titles(scope)).isEmpty();
        assertThat(store.diagnosticCounts()).isEmpty();
    }

    @Test
    void whatMovesToAnotherScopeLeaves() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        happens("Update", "task/t1", "{'id':'t1','projectId':'p2','title':'moved','_version':2}");
        assertThat(titles(scope)).isEmpty();

        Scope next = store.openScope("p2");
        settle();
        happens("Update", "task/t1", "{'id':'t1','projectId':'p2','title':'there','_version':3}");
        assertThat(titles(next)).containsExactly("there");
        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'back','_version':4}");
        assertThat(titles(next)).isEmpty();
        assertThat(titles(scope)).containsExactly("back");
    }

    @Test
    void whatBelongsToNoScopeFollowsThemToo() {
        StitchStore store = store();
        happens("Create", "note/n1", "{'id':'n1','text':'hello','_version':1}");
        assertThat(store.collection(NOTE).snapshot()).hasSize(1);
        happens("Delete", "note/n1", "null");
        assertThat(store.collection(NOTE).snapshot()).isEmpty();
    }

    @Test
    void theListOfRootsFollowsThem() {
        StitchStore store = store();
        List<String> lists = watchRoots(store);
        happens("Create", "project/p2", "{'id':'p2','name':'Beta','ownerId':'ada','_version':1}");
        assertThat(lists.get(lists.size() - 1)).isEqualTo("Alpha, Beta");
        happens("Update", "project/p1", "{'id':'p1','name':'First','ownerId':'ada','_version':2}");
        assertThat(lists.get(lists.size() - 1)).isEqualTo("First, Beta");
        happens("Delete", "project/p2", "null");
        assertThat(lists.get(lists.size() - 1)).isEqualTo("First");
        assertThat(store.diagnosticCounts()).containsOnlyKeys(DiagnosticCode.NO_SHARED_ROOTS);
    }

    @Test
    void whatIsSharedOrNoLongerHasTheListAskedForAgain() {
        StitchStore store = store();
        watchRoots(store);
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        int asked = server.broker.sentTo("$DB/project/list").size();
        happens("Create", "_shares/s1", "{'id':'s1','resource_entity':'project','resource_id':'p7','grantee':'ada'}");
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(server.broker.sentTo("$DB/project/list")).hasSize(asked + 1);
    }

    @Test
    void aRootThatIsGivenToTheUserOpensTheScopeThatWasRefused() {
        var answers = server.broker.answers;
        server.broker.answers = message -> message.topic().equals("$DB/project/p1")
                ? "{\"status\":\"error\",\"code\":403,\"message\":\"not yours\"}"
                : answers.apply(message);
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        settle();
        assertThat(titles(scope)).isEmpty();
        happens("Update", "task/t1", "{'id':'t1','projectId':'p1','title':'two','_version':2}");
        happens("Delete", "project/p1", "null");
        assertThat(server.broker.filters).noneMatch(filter -> filter.contains("/p1/"));

        server.broker.answers = answers;
        happens("Update", "project/p1", "{'id':'p1','name':'Alpha','ownerId':'ada','_version':2}");
        assertThat(titles(scope)).containsExactly("one");
    }

    private List<String> watchRoots(StitchStore store) {
        List<String> lists = new ArrayList<>();
        store.roots(PROJECT)
                .map(roots -> String.join(
                        ", ",
                        roots.stream().map(root -> root.path("name").asString()).toList()))
                .subscribe(lists::add);
        settle();
        return lists;
    }

    @Test
    void aBrokerThatRefusesIsReportedAndUsedAllTheSame() {
        server.broker.refuseFiltersOf("/u/");
        StitchStore store = store();
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.NO_USER_EVENTS, 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "+", "#", "a\nb"})
    void aUserWhoCannotBeInATopicIsReported(String user) {
        StitchStore store = store(as(user));
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(server.broker.filters).noneMatch(filter -> filter.contains("/u/"));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.NO_USER_EVENTS, 1L);
    }

    @Test
    void withoutALoginThereIsNobodyToListenFor() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .syncMode(ServerSync.builder().perUserEvents().build())
                .connector(server.broker));
        store.start().subscribe();
        settle();
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.NO_USER_EVENTS, 1L);
    }
}
