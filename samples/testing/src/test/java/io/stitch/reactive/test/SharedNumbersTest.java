package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.server.Feature;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Numbers that several stores add to, and lists that they change, on one server: in virtual time, offline in turns, and cut off in the middle of requests. */
class SharedNumbersTest {
    /** What a server can do. */
    enum Server {
        ALL(0),
        /** It compares and does not remember. */
        COMPARES(0),
        /** It is asked whether it compares, does not, and is asked for the record. */
        REMEMBERS(2),
        /** It is asked whether it compares, and does. */
        LEGACY(1);

        private final int questions;

        Server(int questions) {
            this.questions = questions;
        }
    }

    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();
    private static final JsonMapper JSON = JsonMapper.shared();

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<InMemoryLink> links = new ArrayList<>();
    private final List<MutationResult.Status> told = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();

    @AfterEach
    void close() {
        links.forEach(InMemoryLink::close);
        time.advanceTime();
        time.dispose();
    }

    private InMemoryLink link(Server kind) {
        InMemoryLink link = switch (kind) {
            case ALL -> InMemoryLink.newServer(SCHEMA);
            case COMPARES -> InMemoryLink.server(SCHEMA, options -> options.features(without(Feature.REQUEST_IDS)));
            case REMEMBERS ->
                InMemoryLink.server(SCHEMA, options -> options.features(without(Feature.EXPECTED_VERSION)));
            case LEGACY -> InMemoryLink.oldServer(SCHEMA);
        };
        link.on(time);
        links.add(link);
        link.server().put("project", "{\"id\":\"p1\"}");
        link.server()
                .put("task", "{\"id\":\"t1\",\"projectId\":\"p1\",\"votes\":0,\"title\":\"one\",\"tags\":[\"old\"]}");
        return link;
    }

    private static Set<Feature> without(Feature one) {
        return EnumSet.complementOf(EnumSet.of(one));
    }

    private StitchStore store(InMemoryLink link) {
        StitchStore store = link.store();
        store.rejections().subscribe(rejections::add);
        return store;
    }

    private Scope open(StitchStore store) {
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(2));
        return scope;
    }

    /** There is a connection again, and time enough for all that waits. */
    private void comesBack(InMemoryLink link, StitchStore store) {
        link.restore(store);
        time.advanceTimeBy(Duration.ofMinutes(1));
    }

    private void update(Scope scope, Patch patch) {
        update(scope, "t1", patch);
    }

    private void update(Scope scope, String id, Patch patch) {
        scope.update(TASK, id, patch).result().subscribe(result -> told.add(result.status()), failures::add);
        time.advanceTime();
    }

    /** Writes, and has it executed and not answered; what is asked before is. */
    private void unanswered(InMemoryLink link, Server kind, Scope scope, Patch patch) {
        link.delay(Duration.ofMillis(10));
        int before = link.server().executedWrites().size();
        update(scope, patch);
        time.advanceTimeBy(Duration.ofMillis(5 + kind.questions * 20L));
        link.server().dropReplies(1);
        time.advanceTimeBy(Duration.ofMillis(10));
        assertThat(link.server().executedWrites()).hasSize(before + 1);
        link.delay(Duration.ZERO);
    }

    private static ObjectNode there(InMemoryLink link) {
        return link.server().record("task", "t1").orElseThrow();
    }

    private static int shown(Scope scope) {
        return scope.snapshot(TASK).get(0).path("votes").asInt();
    }

    @ParameterizedTest
    @EnumSource
    void fiveHundredIncrementsOfFiveStoresThatAreOfflineInTurnsComeOutExactly(Server kind) {
        InMemoryLink link = link(kind);
        List<StitchStore> stores = new ArrayList<>();
        List<Scope> scopes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stores.add(store(link));
            scopes.add(open(stores.get(i)));
        }
        for (int round = 0; round < 10; round++) {
            StitchStore away = stores.get(round % 5);
            link.cut(away);
            for (int i = 0; i < 5; i++) {
                for (int n = 0; n < 10; n++) {
                    update(scopes.get(i), Patch.increment("votes", n % 3 == 0 ? 2 : 1));
                }
            }
            time.advanceTimeBy(Duration.ofSeconds(2));
            link.restore(away);
            time.advanceTimeBy(Duration.ofSeconds(20));
        }
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(failures).isEmpty();
        assertThat(rejections).isEmpty();
        assertThat(there(link).path("votes").asInt()).isEqualTo(700);
        assertThat(scopes).allSatisfy(scope -> assertThat(shown(scope)).isEqualTo(700));
        assertThat(stores).allSatisfy(store -> assertThat(store.pendingWrites()).isZero());
    }

    @ParameterizedTest
    @EnumSource(names = {"ALL"})
    void soTheyDoWhereConnectionsAreCutInTheMiddleOfRequests(Server kind) {
        InMemoryLink link = link(kind).delay(Duration.ofMillis(20));
        List<StitchStore> stores = new ArrayList<>();
        List<Scope> scopes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stores.add(store(link));
            scopes.add(open(stores.get(i)));
        }
        for (int round = 0; round < 50; round++) {
            StitchStore cut = stores.get(round % 5);
            for (int n = 0; n < 2; n++) {
                for (int i = 0; i < 5; i++) {
                    update(scopes.get(i), Patch.increment("votes", 1));
                }
                time.advanceTimeBy(Duration.ofMillis(round));
            }
            link.cut(cut);
            time.advanceTimeBy(Duration.ofMillis(300));
            link.restore(cut);
            time.advanceTimeBy(Duration.ofSeconds(10));
        }
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(failures).isEmpty();
        assertThat(rejections).isEmpty();
        assertThat(there(link).path("votes").asInt()).isEqualTo(500);
        assertThat(scopes).allSatisfy(scope -> assertThat(shown(scope)).isEqualTo(500));
    }

    @ParameterizedTest
    @EnumSource
    void anIncrementThatWasDoneAndNeverAnsweredCountsOnce(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        unanswered(link, kind, scope, Patch.increment("votes", 1));
        link.cut(store);
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(1);
        assertThat(shown(scope)).isEqualTo(1);
        assertThat(rejections).isEmpty();
        assertThat(store.pendingWrites()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void whatOthersAddedAfterAnIncrementThatWasNeverAnsweredIsNotCountedTwice(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        unanswered(link, kind, scope, Patch.increment("votes", 1));
        link.cut(store);
        link.server().put("task", "{\"id\":\"t1\",\"votes\":11}");
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(11);
        assertThat(shown(scope)).isEqualTo(11);
        assertThat(store.pendingWrites()).isZero();
        if (kind == Server.ALL) { // It remembers.
            assertThat(rejections).isEmpty();
        } else {
            assertThat(rejections).singleElement().satisfies(rejection -> {
                assertThat(rejection.reason()).isEqualTo(Reason.OVERTAKEN);
                assertThat(rejection.error()).hasMessageContaining("nobody can tell");
                assertThat(Objects.requireNonNull(rejection.written()).toString())
                        .isEqualTo("{\"votes\":1}");
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void anIncrementThatNeverCameDoesNotUndoWhatOthersAddedMeanwhile(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.delay(Duration.ofMillis(10));
        update(scope, Patch.increment("votes", 1));
        time.advanceTimeBy(Duration.ofMillis(5 + kind.questions * 20L)); // It is on its way.
        link.cut(store);
        link.delay(Duration.ZERO);
        time.advanceTimeBy(Duration.ofMillis(50));
        assertThat(there(link).path("votes").asInt()).isZero();
        link.server().put("task", "{\"id\":\"t1\",\"votes\":10}");
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(11);
    }

    @ParameterizedTest
    @EnumSource
    void elementsAreInTheListThoughOthersChangedItToo(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        unanswered(link, kind, scope, Patch.add("tags", "mine").andRemove("tags", "old"));
        link.cut(store);
        link.server().put("task", "{\"id\":\"t1\",\"tags\":[\"old\",\"theirs\"]}");
        link.server().put("task", "{\"id\":\"t1\",\"title\":\"two\"}");
        update(scope, Patch.add("tags", "later"));
        comesBack(link, store);
        // Where the server remembers that it was done, what others wrote since is what they wrote.
        assertThat(there(link).path("tags").toString())
                .isEqualTo(kind == Server.ALL ? "[\"old\",\"theirs\",\"later\"]" : "[\"theirs\",\"mine\",\"later\"]");
        assertThat(rejections).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aNumberNeverShowsMoreThanIsCounted(Server kind) {
        InMemoryLink link = link(kind).delay(Duration.ofMillis(50));
        Scope scope = open(store(link));
        List<Integer> seen = new ArrayList<>();
        scope.mutations()
                .filter(event -> event.isOf(TASK))
                .subscribe(event -> seen.add(event.record(TASK).path("votes").asInt()));
        time.advanceTime();
        for (int i = 0; i < 3; i++) {
            update(scope, Patch.increment("votes", 1));
            time.advanceTimeBy(Duration.ofSeconds(1));
        }
        assertThat(seen).isSorted().allMatch(votes -> votes <= 3);
        assertThat(shown(scope)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void aNumberThatIsATextByThenIsRefusedAndShownAsItIs(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.cut(store);
        update(scope, Patch.increment("votes", 1));
        update(scope, Patch.of("title", "two"));
        link.server().put("task", "{\"id\":\"t1\",\"votes\":\"many\"}");
        comesBack(link, store);
        assertThat(rejections)
                .singleElement()
                .satisfies(rejection -> assertThat(rejection.error())
                        .isInstanceOf(SchemaException.class)
                        .hasMessageContaining("cannot be incremented"));
        assertThat(there(link).path("votes").asString()).isEqualTo("many");
        assertThat(scope.snapshot(TASK).get(0).path("votes").asString()).isEqualTo("many");
    }

    @ParameterizedTest
    @EnumSource
    void anIncrementOfWhatWasDeletedIsRejected(Server kind) {
        InMemoryLink link = link(kind);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.cut(store);
        update(scope, Patch.increment("votes", 1));
        link.server().delete("task", "t1");
        comesBack(link, store);
        assertThat(rejections)
                .singleElement()
                .satisfies(rejection -> assertThat(rejection.reason()).isEqualTo(Reason.DELETED_MEANWHILE));
        assertThat(link.server().record("task", "t1")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasNeverSentIsSentAsOne(boolean legacy) {
        InMemoryLink link = link(legacy ? Server.LEGACY : Server.ALL);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.cut(store);
        scope.create(TASK, JSON.createObjectNode().put("id", "t2").put("projectId", "p1"))
                .subscribe();
        time.advanceTime();
        int before = link.server().executedWrites().size();
        update(scope, "t2", Patch.increment("votes", 2).and("title", "x"));
        update(scope, "t2", Patch.add("tags", "a"));
        update(scope, Patch.increment("votes", 2).andAdd("tags", "a"));
        update(scope, Patch.of("votes", 10));
        update(scope, Patch.increment("votes", 5).andRemove("tags", "old"));
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(15);
        assertThat(there(link).path("tags").toString()).isEqualTo("[\"a\"]");
        ObjectNode created = link.server().record("task", "t2").orElseThrow();
        assertThat(created.path("votes").asInt()).isEqualTo(2);
        assertThat(created.path("tags").toString()).isEqualTo("[\"a\"]");
        assertThat(created.has("_changes")).isFalse();
        assertThat(rejections).isEmpty();
        assertThat(link.server().executedWrites().stream()
                        .skip(before)
                        .filter(write -> write.toString().contains("task")))
                .hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void whatWaitsOutlivesARestartAndIsCountedOnce(Server kind) {
        InMemoryLink link = link(kind);
        InMemoryPersistence disk = new InMemoryPersistence();
        StitchStore first = link.store(builder -> builder.persistence(disk).clientId("ada"));
        Scope scope = open(first);
        unanswered(link, kind, scope, Patch.increment("votes", 1));
        update(scope, Patch.increment("votes", 1)); // Never sent.
        first.close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));

        StitchStore second = link.store(builder -> builder.persistence(disk).clientId("ada"));
        second.rejections().subscribe(rejections::add);
        Scope again = open(second);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(there(link).path("votes").asInt()).isEqualTo(2);
        assertThat(shown(again)).isEqualTo(2);
        assertThat(rejections).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRootIsCountedThoughItsVersionRisesWithItsChildren(Server kind) {
        InMemoryLink link = link(kind).delay(Duration.ofMillis(20));
        StitchStore ada = store(link);
        StitchStore ben = store(link);
        Scope adas = open(ada);
        Scope bens = open(ben);
        for (int i = 0; i < 40; i++) {
            adas.update(PROJECT, "p1", Patch.increment("visits", 1)).subscribe(unused -> {}, failures::add);
            update(bens, Patch.of("title", "title " + i));
            update(adas, Patch.increment("votes", 1));
            time.advanceTimeBy(Duration.ofMillis(30));
        }
        time.advanceTimeBy(Duration.ofMinutes(3));
        assertThat(failures).isEmpty();
        assertThat(rejections).isEmpty();
        assertThat(link.server()
                        .record("project", "p1")
                        .orElseThrow()
                        .path("visits")
                        .asInt())
                .isEqualTo(40);
        assertThat(there(link).path("votes").asInt()).isEqualTo(40);
    }

    @Test
    void aRecordOfAScopeThatIsClosedIsCounted() {
        InMemoryLink link = link(Server.ALL);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.cut(store);
        update(scope, Patch.increment("votes", 1));
        scope.close();
        link.server().put("task", "{\"id\":\"t1\",\"votes\":5}");
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(6);
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void whatIsTakenBackIsNotCounted() {
        InMemoryLink link = link(Server.ALL);
        StitchStore store = store(link);
        Scope scope = open(store);
        link.cut(store);
        update(scope, Patch.increment("votes", 1));
        update(scope, Patch.increment("votes", 10));
        assertThat(shown(scope)).isEqualTo(11);
        store.queuedWrites()
                .next()
                .flatMap(list -> store.dropWrite(list.get(0).sequence()))
                .subscribe();
        time.advanceTime();
        assertThat(shown(scope)).isEqualTo(10);
        comesBack(link, store);
        assertThat(there(link).path("votes").asInt()).isEqualTo(10);
    }
}
