package io.stitch.reactive;

import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.ModelServer.read;
import static org.assertj.core.api.Assertions.assertThat;

/** The live list of roots while writes of this store are pending. */
class RootsInVirtualTimeTest {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<StitchStore> opened = new ArrayList<>();
    private final List<String> lists = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private ModelServer server = ModelServer.ofNew();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store(Persistence persistence) {
        server.put("project", "{'id':'p1','name':'Alpha','ownerId':'ada'}");
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).userScopeField("ownerId").build())
                .remote(RemoteOptions.to("mqtt://broker.example").login("ada", "secret"))
                .persistence(persistence)
                .scheduler(time)
                .connector(server.broker)
                .autoConnect(false)
                .build();
        opened.add(store);
        store.start().subscribe();
        settle();
        return store;
    }

    private StitchStore watched() {
        StitchStore store = store(Persistence.none());
        connect(store);
        watch(store);
        assertThat(newest()).isEqualTo("Alpha");
        return store;
    }

    private void watch(StitchStore store) {
        store.roots(PROJECT)
                .map(roots -> String.join(
                        ", ",
                        roots.stream().map(root -> root.path("name").asString()).toList()))
                .subscribe(lists::add, error -> ends.add(error.toString()), () -> ends.add("completed"));
        settle();
    }

    private void connect(StitchStore store) {
        store.connect().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private void disconnect(StitchStore store) {
        store.disconnect().subscribe();
        settle();
    }

    private void settle() {
        time.advanceTime();
    }

    private String newest() {
        return lists.get(lists.size() - 1);
    }

    /** Writes, and closes the scope: nothing in memory has the root but what is pending. */
    private void create(StitchStore store, String id, String name, String owner) {
        try (Scope scope = store.openScope(id)) {
            scope.create(PROJECT, read("{'id':'%s','name':'%s','ownerId':'%s'}".formatted(id, name, owner)))
                    .result()
                    .onErrorComplete()
                    .subscribe();
            settle();
        }
        settle();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRootThatIsMadeOfflineIsListedAndStaysWhenItIsSettled(boolean old) {
        server = old ? ModelServer.ofOld() : ModelServer.ofNew();
        StitchStore store = watched();
        disconnect(store);
        create(store, "p2", "Beta", "ada");
        assertThat(newest()).isEqualTo("Alpha, Beta");
        lists.clear();

        connect(store);

        assertThat(store.pendingWrites()).isZero();
        assertThat(server.get("project/p2")).isNotNull();
        watch(store);
        assertThat(lists).isNotEmpty().containsOnly("Alpha, Beta"); // Its event has not come.
    }

    @Test
    void aCreateInDoubtThatTurnsOutToBeDoneStaysListed() {
        StitchStore store = watched();
        server.loseRepliesTo("/create");
        create(store, "p2", "Beta", "ada");
        disconnect(store);
        server.heal();
        assertThat(newest()).isEqualTo("Alpha, Beta");
        lists.clear();

        connect(store);

        assertThat(store.pendingWrites()).isZero();
        watch(store);
        assertThat(lists).isNotEmpty().containsOnly("Alpha, Beta");
    }

    @ParameterizedTest
    @CsvSource({"ada,true", "ben,false"})
    void aRootThatTurnsOutToBeTheUsersOwnOpensTheScopeThatWasRefused(String owner, boolean opens) {
        server = ModelServer.ofOld();
        var answers = server.broker.answers;
        server.broker.answers = message -> message.topic().equals("$DB/project/p2")
                ? "{\"status\":\"error\",\"code\":403,\"message\":\"not yours\"}"
                : answers.apply(message);
        StitchStore store = watched();
        server.put("project", "{'id':'p2','name':'Beta','ownerId':'ben'}");
        Scope scope = store.openScope("p2");
        settle();
        assertThat(scope.snapshot(PROJECT)).isEmpty();

        server.broker.answers = answers;
        server.put("project", "{'id':'p2','ownerId':'%s'}".formatted(owner));
        server.broker.deliver(
                "$DB/project/p2/events/updated", "{\"id\":\"p2\",\"data\":" + server.get("project/p2") + "}");
        settle();
        assertThat(scope.snapshot(PROJECT)).hasSize(opens ? 1 : 0);
    }

    @Test
    void aRefusedRootLeavesTheList() {
        StitchStore store = watched();
        disconnect(store);
        create(store, "p2", "Beta", "ada");
        server.refuse(403, "not yours");

        connect(store);

        assertThat(store.pendingWrites()).isZero();
        assertThat(newest()).isEqualTo("Alpha");
    }

    @Test
    void anEditAndADeleteAreSeenInTheListAtOnce() {
        StitchStore store = watched();
        create(store, "p2", "Beta", "ada");
        Scope alpha = store.openScope("p1");
        server.announce("project/p1");
        Scope beta = store.openScope("p2");
        server.announce("project/p2");
        settle();
        disconnect(store);

        alpha.update(PROJECT, "p1", Patch.of("name", "First")).subscribe();
        settle();
        assertThat(newest()).isEqualTo("First, Beta");
        beta.delete(PROJECT, "p2").subscribe();
        settle();
        assertThat(newest()).isEqualTo("First");
        lists.clear();

        connect(store);

        assertThat(store.pendingWrites()).isZero();
        watch(store);
        assertThat(lists).isNotEmpty().containsOnly("First");
        assertThat(server.get("project/p2")).isNull();
    }

    @Test
    void whatIsMadeForAnotherUserIsNotListed() {
        StitchStore store = watched();
        disconnect(store);
        create(store, "p2", "Of Ben", "ben");
        assertThat(newest()).isEqualTo("Alpha");
        connect(store);

        assertThat(server.get("project/p2")).isNotNull();
        assertThat(newest()).isEqualTo("Alpha");
    }

    @Test
    void aRootThatWasMadeOfflineIsListedAfterARestartToo() {
        InMemoryPersistence disk = new InMemoryPersistence();
        StitchStore before = store(disk);
        create(before, "p2", "Beta", "ada");
        before.close().subscribe();
        settle();

        StitchStore after = store(disk);
        watch(after);
        assertThat(newest()).isEqualTo("Beta");
        lists.clear();

        connect(after);
        assertThat(newest()).isEqualTo("Alpha, Beta");
        assertThat(lists).allSatisfy(list -> assertThat(list).contains("Beta"));
    }

    @Test
    void theListCompletesWithTheStore() {
        StitchStore store = watched();
        store.close().subscribe();
        settle();
        assertThat(ends).containsExactly("completed");
    }
}
