package io.stitch.reactive.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.Patch;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Tombstone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A peer that is kept in a file, and never finds its broker. */
class PeerOnDiskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long AHEAD = Duration.ofDays(400).toMillis();
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final EntityType<ObjectNode> PERSON = EntityType.json("person");

    @TempDir
    Path folder;

    private PeerSync sync = PeerSync.create();

    private StitchStore store(long clockAhead) {
        sync = PeerSync.create();
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .topLevel(PERSON)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .syncMode(sync)
                .persistence(H2Persistence.file(folder.resolve("tasks")))
                .scheduler(new SkewedTime(Schedulers.parallel(), clockAhead))
                .connector(request -> Mono.never())
                .build();
        store.start().block(PATIENCE);
        return store;
    }

    private static void create(Scope scope, String id) {
        ObjectNode task = Json.object().put("id", id).put("projectId", "p1");
        scope.create(TASK, task).result().block(PATIENCE);
    }

    private static boolean isOfNow(Hlc stamp) {
        return stamp.ts() < System.currentTimeMillis() + Duration.ofHours(1).toMillis();
    }

    @Test
    void oneIdLivesALifeInEachScope() {
        StitchStore first = store(0);
        write(first.openScope("p1"), "one");
        write(first.openScope("p2"), "other");
        first.close().block(PATIENCE);

        StitchStore second = store(0);
        Scope p1 = second.openScope("p1");
        assertThat(titles(p1)).containsExactly("one");
        assertThat(second.pendingCount().blockFirst(PATIENCE)).isEqualTo(2);
        p1.update(TASK, "t1", Patch.of("title", "changed")).result().block(PATIENCE);
        second.close().block(PATIENCE);

        StitchStore third = store(0);
        assertThat(titles(third.openScope("p2"))).containsExactly("other");
        Scope again = third.openScope("p1");
        assertThat(titles(again)).containsExactly("changed");
        assertThat(third.list(TASK, ListQuery.all()).block(PATIENCE)).hasSize(2);
        again.delete(TASK, "t1").result().block(PATIENCE);
        third.close().block(PATIENCE);

        StitchStore last = store(0);
        assertThat(titles(last.openScope("p2"))).containsExactly("other");
        assertThat(last.list(TASK, ListQuery.all()).block(PATIENCE)).hasSize(1);
        last.close().block(PATIENCE);
    }

    private StitchStore unstarted() {
        return StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .topLevel(PERSON)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .syncMode(PeerSync.create())
                .persistence(H2Persistence.file(folder.resolve("tasks")))
                .connector(request -> Mono.never())
                .build();
    }

    @Test
    void theOnlyCopyIsClearedWhenItMayGoAndTheStoreGoesOnUntilThen() {
        StitchStore first = store(0);
        create(first.openScope("p1"), "t1");
        create(first.openScope("p1"), "t2");
        first.openScopes().forEach(Scope::close);
        first.close().block(PATIENCE);

        StitchStore again = unstarted();
        assertThatThrownBy(() -> again.clearLocalData().block(PATIENCE))
                .isInstanceOfSatisfying(OnlyCopyException.class, only -> {
                    assertThat(only.scopeId()).isEqualTo("p1");
                    assertThat(only.records()).isEqualTo(2);
                });
        again.start().block(PATIENCE);
        assertThat(again.list(TASK, ListQuery.all()).block(PATIENCE)).hasSize(2);
        again.clearLocalData(true).block(PATIENCE);
        StitchStore next = store(0);
        assertThat(next.list(TASK, ListQuery.all()).block(PATIENCE)).isEmpty();
        next.close().block(PATIENCE);
    }

    @Test
    void aDamagedFileIsLeftAsItIs() throws IOException {
        StitchStore first = store(0);
        create(first.openScope("p1"), "t1");
        first.close().block(PATIENCE);
        Path file = folder.resolve("tasks.mv.db");
        Files.write(file, new byte[8_192]);

        assertThatThrownBy(() -> unstarted().clearLocalData().block(PATIENCE))
                .isInstanceOf(PersistenceException.class)
                .hasMessageContaining("clearLocalData(true)");
        assertThat(file).hasSize(8_192);
    }

    private static void write(Scope scope, String title) {
        ObjectNode task =
                Json.object().put("id", "t1").put("projectId", scope.id()).put("title", title);
        scope.create(TASK, task).result().block(PATIENCE);
    }

    /** When there is one. */
    private static List<String> titles(Scope scope) {
        return scope.records(TASK)
                .filter(tasks -> !tasks.isEmpty())
                .map(tasks -> tasks.stream()
                        .map(task -> task.path("title").asString())
                        .toList())
                .blockFirst(PATIENCE);
    }

    @Test
    void recordsOfATopLevelEntityAreThereAtTheStartWithWhatWasDeletedOfThem() {
        StitchStore first = store(0);
        RecordCollection<ObjectNode> people = first.collection(PERSON);
        people.create(Json.object().put("id", "a").put("name", "Ada")).result().block(PATIENCE);
        people.create(Json.object().put("id", "t1").put("name", "Ben")).result().block(PATIENCE);
        people.update("a", Patch.increment("points", 2)).result().block(PATIENCE);
        people.delete("t1").result().block(PATIENCE);
        write(first.openScope("person"), "a task");
        first.close().block(PATIENCE);

        StitchStore second = store(0);
        assertThat(second.collection(PERSON).snapshot()).singleElement().satisfies(ada -> {
            assertThat(ada.path("name").asString()).isEqualTo("Ada");
            assertThat(ada.path("points").intValue()).isEqualTo(2);
        });
        assertThat(second.pendingCount().blockFirst(PATIENCE)).isEqualTo(5);
        assertThat(titles(second.openScope("person"))).containsExactly("a task");
        assertThat(second.list(PERSON, ListQuery.all()).block(PATIENCE)).hasSize(1);
        second.close().block(PATIENCE);

        H2Persistence disk = H2Persistence.file(folder.resolve("tasks"));
        disk.open(new OpenRequest("peer", Map.of(), true)).block(PATIENCE);
        assertThat(disk.tombstones(PeerSync.topLevelScope(PERSON))
                        .map(grave -> grave.key().id())
                        .collectList()
                        .block(PATIENCE))
                .containsExactly("t1");
        disk.close().block(PATIENCE);
    }

    @Test
    void whatWasClosedWhenTheStoreWasRestampedIsMendedAfterARestart() {
        StitchStore wrong = store(AHEAD);
        Scope scope = wrong.openScope("p1");
        create(scope, "t1");
        create(scope, "t2");
        scope.delete(TASK, "t2").result().block(PATIENCE);
        wrong.close().block(PATIENCE);

        StitchStore right = store(0);
        assertThat(sync.restamp().block(PATIENCE)).as("no scope is open").isZero();
        right.close().block(PATIENCE);

        StitchStore later = store(0);
        Scope opened = later.openScope("p1");
        assertThat(opened.records(TASK)
                        .filter(tasks -> tasks.stream().anyMatch(task -> isOfNow(Hlc.parse(task.path("_hlc")))))
                        .blockFirst(PATIENCE))
                .singleElement()
                .satisfies(task -> assertThat(task.path("id").asString()).isEqualTo("t1"));
        create(opened, "t3");
        later.close().block(PATIENCE);

        H2Persistence file = H2Persistence.file(folder.resolve("tasks"));
        file.open(OpenRequest.of("peer")).block(PATIENCE);
        List<Tombstone> tombstones = file.tombstones("p1").collectList().block(PATIENCE);
        file.close().block(PATIENCE);
        assertThat(tombstones)
                .singleElement()
                .satisfies(each -> assertThat(isOfNow(Hlc.parse(each.stamp()))).isTrue());
    }
}
