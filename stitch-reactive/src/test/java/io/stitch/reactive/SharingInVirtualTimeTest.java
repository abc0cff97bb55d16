package io.stitch.reactive;

import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What owners share, as a server tells it, and the list of roots that others share. */
class SharingInVirtualTimeTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final String SHARED = "$DB/project/shared";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(Throwable::getMessage);

    private final ModelServer server = ModelServer.ofNew();
    private final Map<String, String> answers = new TreeMap<>();

    private StitchStore store() {
        Function<OutboundMessage, @Nullable String> model = server.broker.answers;
        server.broker.answers =
                message -> answers.containsKey(message.topic()) ? answers.get(message.topic()) : model.apply(message);
        server.put("project", "{'id':'p1','name':'Alpha','size':5,'ownerId':'ada'}");
        server.put("project", "{'id':'p3','name':'Gamma','size':1,'ownerId':'ada'}");
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).userScopeField("ownerId").build())
                .remote(RemoteOptions.to("mqtts://broker.example").login("ada", "secret"))
                .syncMode(ServerSync.builder()
                        .perUserEvents()
                        .compareInterval(Duration.ZERO)
                        .build())
                .connector(server.broker));
        store.start().subscribe();
        settle();
        return store;
    }

    private void settle() {
        stores.time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private void answer(String topic, String data) {
        answers.put(topic, ("{'status':'ok','data':" + data + "}").replace('\'', '"'));
    }

    private void refuse(String topic, int code, String message) {
        answers.put(
                topic,
                "{'status':'error','code':%d,'message':'%s'}"
                        .formatted(code, message)
                        .replace('\'', '"'));
    }

    private void bensIsShared() {
        answer(SHARED, "[{'id':'p2','name':'Bens','size':3,'ownerId':'ben','_version':7}]");
    }

    private static String names(List<ObjectNode> roots) {
        return String.join(
                ", ", roots.stream().map(root -> root.path("name").asString()).toList());
    }

    private <T> T done(Mono<T> asked) {
        List<T> answer = new ArrayList<>();
        asked.subscribe(answer::add, error -> {
            throw new AssertionError(error);
        });
        settle();
        assertThat(answer).hasSize(1);
        return answer.get(0);
    }

    private Throwable failure(Mono<?> asked) {
        List<Throwable> errors = new ArrayList<>();
        asked.subscribe(
                unused -> {
                    throw new AssertionError("It should have failed.");
                },
                errors::add);
        stores.time.advanceTimeBy(Duration.ofSeconds(20));
        assertThat(errors).hasSize(1);
        return errors.get(0);
    }

    private String listed(Flux<ObjectNode> roots) {
        return names(done(roots.collectList()));
    }

    private List<String> watch(StitchStore store) {
        List<String> lists = new ArrayList<>();
        store.roots(PROJECT).map(SharingInVirtualTimeTest::names).subscribe(lists::add);
        settle();
        return lists;
    }

    private static String last(List<String> lists) {
        return lists.get(lists.size() - 1);
    }

    @Test
    void whatOthersShareIsListedAfterOnesOwn() {
        bensIsShared();
        assertThat(listed(store().listRoots(PROJECT))).isEqualTo("Alpha, Gamma, Bens");
    }

    @Test
    void whatIsAskedForIsAskedOfBoth() {
        bensIsShared();
        StitchStore store = store();
        ListQuery bySize = ListQuery.all().sortBy("size", true);
        assertThat(listed(store.listRoots(PROJECT, bySize))).isEqualTo("Gamma, Bens, Alpha");
        assertThat(listed(store.listRoots(PROJECT, bySize.page(1, 1)))).isEqualTo("Bens");
        assertThat(listed(store.listRoots(PROJECT, bySize.where("size", ListQuery.Operator.GT, 2))))
                .isEqualTo("Bens, Alpha");
        assertThat(listed(store.listRoots(PROJECT, ListQuery.all().where("name", ListQuery.Operator.LIKE, "G*"))))
                .isEqualTo("Gamma");
        assertThat(done(store.listRoots(PROJECT, bySize.fields("name")).collectList()))
                .allSatisfy(root -> assertThat(root.propertyNames()).containsExactlyInAnyOrder("id", "name"));
    }

    @Test
    void theLiveListHasThemAndFollowsThem() {
        bensIsShared();
        StitchStore store = store();
        List<String> lists = watch(store);
        assertThat(last(lists)).isEqualTo("Alpha, Bens, Gamma");

        server.broker.deliver(
                "$DB/project/p2/events/updated",
                "{'id':'p2','data':{'id':'p2','name':'Bens own','size':3,'ownerId':'ben','_version':8}}");
        settle();
        assertThat(last(lists)).isEqualTo("Alpha, Bens own, Gamma");
        server.broker.deliver(
                "$DB/project/p9/events/created",
                "{'id':'p9','data':{'id':'p9','name':'Not shared','size':3,'ownerId':'ben','_version':1}}");
        settle();
        assertThat(last(lists)).isEqualTo("Alpha, Bens own, Gamma");
        assertThat(store.diagnosticCounts()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsNotSharedAnyMoreLeavesWhetherItMayBeReadOrNot(boolean readable) {
        bensIsShared();
        StitchStore store = store();
        List<String> lists = watch(store);
        answer(SHARED, "[]");
        if (readable) {
            answer("$DB/project/p2", "{'id':'p2','name':'Bens','ownerId':'ben','_version':7}");
        } else {
            refuse("$DB/project/p2", 403, "forbidden");
        }
        sharesChange("Delete");
        assertThat(last(lists)).isEqualTo("Alpha, Gamma");

        bensIsShared();
        sharesChange("Create");
        assertThat(last(lists)).isEqualTo("Alpha, Bens, Gamma");
    }

    private void sharesChange(String operation) {
        server.broker.deliver(
                "$DB/u/ada/events/_shares/s1",
                "{'operation':'%s','id':'s1','data':{'id':'s1','resource_entity':'project','resource_id':'p2'}}"
                        .formatted(operation));
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
    }

    @Test
    void afterAReconnectTheyAreStillThere() {
        bensIsShared();
        StitchStore store = store();
        List<String> lists = watch(store);
        store.reconnect().subscribe();
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(lists).endsWith("Alpha, Bens, Gamma");
    }

    @Test
    void whatIsPendingOnOneThatIsSharedIsSeenInTheList() {
        bensIsShared();
        StitchStore store = store();
        List<String> lists = watch(store);
        answer("$DB/project/p2", "{'id':'p2','name':'Bens','size':3,'ownerId':'ben','_version':7}");
        Scope scope = store.openScope("p2");
        server.broker.deliver(
                "$DB/project/p2/events/updated",
                "{'id':'p2','data':{'id':'p2','name':'Bens','size':3,'ownerId':'ben','_version':7}}");
        settle();
        store.disconnect().subscribe();
        settle();
        scope.update(PROJECT, "p2", Patch.of("name", "Edited")).subscribe();
        settle();
        assertThat(last(lists)).isEqualTo("Alpha, Edited, Gamma");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 500})
    void aServerThatRefusesTheListOfThemLeavesOnesOwn(int code) {
        refuse(SHARED, code, "what?");
        StitchStore store = store();
        assertThat(last(watch(store))).isEqualTo("Alpha, Gamma");
        assertThat(listed(store.listRoots(PROJECT))).isEqualTo("Alpha, Gamma");
        assertThat(listed(store.listRoots(PROJECT, ListQuery.all().sortBy("size", true))))
                .isEqualTo("Gamma, Alpha");
        assertThat(store.diagnosticCounts()).containsExactlyEntriesOf(Map.of(DiagnosticCode.NO_SHARED_ROOTS, 1L));
    }

    @Test
    void aServerThatSaysNothingToItLeavesOnesOwnAndTheirEvents() {
        server.loseRequestsTo("/shared");
        StitchStore store = store();
        List<String> lists = watch(store);
        assertThat(last(lists)).isEqualTo("Alpha, Gamma");
        server.broker.deliver(
                "$DB/project/p1/events/updated",
                "{'id':'p1','data':{'id':'p1','name':'First','ownerId':'ada','_version':2}}");
        settle();
        assertThat(last(lists)).as("while nobody has answered").isEqualTo("First, Gamma");
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(last(lists)).isEqualTo("First, Gamma");
        assertThat(listed(store.listRoots(PROJECT))).as("not asked again").isEqualTo("Alpha, Gamma");
        assertThat(server.broker.sentTo(SHARED)).hasSize(1);
        assertThat(store.diagnosticCounts()).containsExactlyEntriesOf(Map.of(DiagnosticCode.NO_SHARED_ROOTS, 1L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "'text'",
                "[{'id':'a/b','ownerId':'ben'}]",
                "[{'id':7,'ownerId':'ben'}]",
                "[{'ownerId':'ben'}]",
                "[7]",
                "[null]"
            })
    void whatAServerMakesUpIsNotListed(String data) {
        answer(SHARED, data);
        StitchStore store = store();
        assertThat(last(watch(store))).isEqualTo("Alpha, Gamma");
        assertThat(listed(store.listRoots(PROJECT))).isEqualTo("Alpha, Gamma");
        assertThat(store.diagnosticCounts())
                .containsAnyOf(Map.entry(DiagnosticCode.NO_SHARED_ROOTS, 1L), Map.entry(DiagnosticCode.INVALID_ID, 2L));
    }

    @Test
    void sharingIsAskedForInTheWordsOfTheServer() {
        answer("$DB/project/p1/share", "{'grantee':'bob','permission':'edit','resources_shared':1,'status':'shared'}");
        answer("$DB/project/p1/unshare", "{'grantee':'bob','status':'unshared'}");
        StitchStore store = store();

        assertThat(done(store.share(PROJECT, "p1", "bob", SharePermission.EDIT)))
                .isEqualTo(new Share("bob", SharePermission.EDIT, null, false));
        done(store.share(PROJECT, "p1", "bob", SharePermission.VIEW, false));
        done(store.unshare(PROJECT, "p1", "bob").thenReturn(true));

        assertThat(server.broker.sentTo("$DB/project/p1/share").toString().replace('"', '\''))
                .isEqualTo(
                        "[{'grantee':'bob','permission':'edit','cascade':true}, {'grantee':'bob','permission':'view','cascade':false}]");
        assertThat(server.broker.sentTo("$DB/project/p1/unshare").toString().replace('"', '\''))
                .isEqualTo("[{'grantee':'bob','cascade':true}]");
    }

    /** As MQDB 0.9.0 answers, the second as where it knows its users by e-mail. */
    @Test
    void theSharesAreReadAsTheServerLists() {
        answer("$DB/project/p1/share", "{'grantee':null,'permission':'view','resources_shared':1,'status':'pending'}");
        answer(
                "$DB/project/p1/shares",
                "[{'_version':1,'granted_by':'alice','grantee':'bob','grantee_email':null,'grantee_key':'bob','id':'s1','permission':'view','resource_entity':'project','resource_id':'p1'},"
                        + "{'_version':1,'granted_by':'alice','grantee':null,'grantee_email':'eve@example.com','grantee_key':'k','id':'s2','permission':'edit','resource_entity':'project','resource_id':'p1'}]");
        StitchStore store = store();
        assertThat(done(store.share(PROJECT, "p1", "eve@example.com", SharePermission.VIEW)))
                .isEqualTo(new Share("eve@example.com", SharePermission.VIEW, null, true));
        assertThat(done(store.shares(PROJECT, "p1")))
                .containsExactly(
                        new Share("bob", SharePermission.VIEW, "alice", false),
                        new Share("eve@example.com", SharePermission.EDIT, "alice", true));
    }

    @Test
    void aRefusalIsTyped() {
        refuse("$DB/project/p1/share", 403, "forbidden");
        refuse("$DB/project/p1/unshare", 404, "not found: project");
        answer("$DB/project/p1/shares", "[{'grantee':'bob','permission':'own'}]");
        StitchStore store = store();
        assertThat(failure(store.share(PROJECT, "p1", "bob", SharePermission.VIEW)))
                .isInstanceOfSatisfying(
                        RequestRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.FORBIDDEN));
        assertThat(failure(store.unshare(PROJECT, "p1", "bob")))
                .isInstanceOfSatisfying(
                        RequestRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.NOT_FOUND));
        assertThat(failure(store.shares(PROJECT, "p1")))
                .isInstanceOfSatisfying(
                        RequestFailedException.class,
                        failed ->
                                assertThat(failed.reason()).isEqualTo(RequestFailedException.Reason.UNEXPECTED_REPLY));
        store.disconnect().subscribe();
        settle();
        assertThat(failure(store.shares(PROJECT, "p1")))
                .isInstanceOfSatisfying(
                        RequestFailedException.class,
                        failed -> assertThat(failed.reason()).isEqualTo(RequestFailedException.Reason.NOT_CONNECTED));
        store.close().subscribe();
        settle();
        StepVerifier.create(store.shares(PROJECT, "p1")).verifyError(ClosedException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "\uD800"})
    void nobodyIsNotShared(String grantee) {
        StitchStore store = store();
        assertThatThrownBy(() -> store.share(PROJECT, "p1", grantee, SharePermission.VIEW))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.unshare(PROJECT, "p1", grantee)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.share(PROJECT, "p1", "x".repeat(513), SharePermission.VIEW))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.shares(PROJECT, "a/b")).isInstanceOf(ValidationException.class);
    }
}
