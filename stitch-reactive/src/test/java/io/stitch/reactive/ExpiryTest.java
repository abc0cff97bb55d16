package io.stitch.reactive;

import io.stitch.reactive.Board.Note;
import io.stitch.reactive.Board.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.NOTE;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Records that live for a time: the server says when that is over, in the scope or, if it is an old one, outside it. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class ExpiryTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final StitchServer server;
    private StitchStore ada;
    private StitchStore ben;

    ExpiryTest(boolean oldServer) {
        server = StitchServer.start(
                StitchServerOptions.builder().legacy(oldServer).build());
    }

    @BeforeEach
    void connect() {
        ada = Board.connect(server, "ada");
        ben = Board.connect(server, "ben");
    }

    @AfterEach
    void close() {
        Board.close(ada, ben);
        server.close();
    }

    private static Flux<RecordEvent> deletes(Flux<RecordEvent> events) {
        return events.filter(event -> event.operation() == RecordEvent.Operation.DELETED);
    }

    @Test
    void aRecordIsGoneForEverybodyWhenItsTimeIsOver() {
        Board.seedProject(server, "p1", 1);
        Scope hers = ada.openScope("p1");
        Scope his = ben.openScope("p1");
        Flux.zip(Board.tasks(hers, 1), Board.tasks(his, 1)).blockFirst(LIMIT);
        Instant before = Instant.now();

        StepVerifier.create(Flux.merge(deletes(hers.events(TASK)), deletes(his.events(TASK)))
                        .take(2))
                .then(() ->
                        hers.create(TASK, new Task("t1", "p1", "one"), SECOND).subscribe())
                .assertNext(event -> assertThat(event.id()).isEqualTo("t1"))
                .assertNext(event -> assertThat(event.id()).isEqualTo("t1"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(Instant.now())
                .isAfterOrEqualTo(before.truncatedTo(ChronoUnit.SECONDS).plus(SECOND));
        assertThat(server.record("task", "t1")).isEmpty();
        assertThat(hers.snapshot(TASK)).hasSize(1);
    }

    @Test
    void aRootIsGoneFromItsScopeAndFromTheListOfRootsWhenItsTimeIsOver() {
        Board.seedProject(server, "p0", 0);
        server.seed("task", List.of(Board.json().put("id", "t1").put("projectId", "p1")));
        Scope hers = ada.openScope("p1");
        Scope his = ben.openScope("p1");
        Flux<Integer> roots = ben.roots(Board.PROJECT).map(List::size).replay(1).autoConnect();
        Flux.zip(Board.tasks(hers, 1), Board.tasks(his, 1), roots.filter(size -> size == 1))
                .blockFirst(LIMIT);

        StepVerifier.create(Flux.merge(deletes(hers.events(Board.PROJECT)), deletes(his.events(Board.PROJECT)))
                        .take(2)
                        .map(RecordEvent::id)
                        .concatWith(roots.filter(size -> size == 1).take(1).map(size -> "not listed")))
                .then(() -> hers.create(Board.PROJECT, new Board.Project("p1", "soon gone"), SECOND)
                        .subscribe())
                .expectNext("p1", "p1", "not listed")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aRecordSaysUntilWhenItLives() {
        Board.seedProject(server, "p1", 1);
        Scope scope = ada.openScope("p1");
        Board.tasks(scope, 1).block(LIMIT);
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        scope.create(TASK, new Task("t1", "p1", "one"), Duration.ofHours(1)).block(LIMIT);

        assertThat(scope.expiresAt(TASK, "t1").orElseThrow())
                .isBetween(before.plusSeconds(3_599), Instant.now().plusSeconds(3_600));
        assertThat(scope.expiresAt(TASK, "p1-t000000")).isEmpty();
        assertThat(scope.expiresAt(TASK, "nowhere")).isEmpty();
        JsonNode stored = server.record("task", "t1").orElseThrow();
        assertThat(stored.has("ttl_secs")).isFalse();
        assertThat(Instant.ofEpochSecond(stored.path("_expires_at").asLong()))
                .isEqualTo(scope.expiresAt(TASK, "t1").get());
    }

    @Test
    void aTopLevelRecordExpiresToo() {
        RecordCollection<Note> notes = ada.collection(NOTE);
        StepVerifier.create(deletes(notes.events()).take(1))
                .then(() -> notes.create(new Note("n1", "soon gone"), SECOND).subscribe())
                .assertNext(event -> assertThat(event.id()).isEqualTo("n1"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(notes.expiresAt("n1")).isEmpty();
    }

    @Test
    void whatCannotExpireIsRefused() {
        Scope scope = ada.openScope("p1");
        assertThatThrownBy(() -> scope.create(TASK, new Task("t1", "p1", "one"), Duration.ofMillis(999)))
                .isInstanceOf(IllegalArgumentException.class);
        for (Duration endless : List.of(Duration.ofSeconds(1L << 31), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThatThrownBy(() -> scope.create(TASK, new Task("t1", "p1", "one"), endless))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("68 years");
        }
        EntityType<ObjectNode> draft = EntityType.of("draft", ObjectNode.class);
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(Board.PROJECT).localOnly(draft).build())
                .withoutRemote()
                .build();
        store.start().block(LIMIT);
        assertThatThrownBy(() -> store.collection(draft).create(Board.json().put("id", "d1"), SECOND))
                .isInstanceOf(UnsupportedInModeException.class);
        store.close().block(LIMIT);
    }

    @Test
    void aWriteThatWaitedIsSentWithWhatIsLeftOfItsTime() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        ModelServer model = ModelServer.ofNew();
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(Board.PROJECT)
                        .child(TASK, "projectId")
                        .build())
                .withoutRemote()
                .scheduler(time)
                .connector(model.broker)
                .build();
        store.start().subscribe();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        scope.create(TASK, new Task("t1", "p1", "one"), Duration.ofSeconds(100)).subscribe();
        scope.create(TASK, new Task("t2", "p1", "two"), Duration.ofSeconds(10)).subscribe();
        scope.update(TASK, "t1", Patch.of("title", "three")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(60));
        assertThat(scope.expiresAt(TASK, "t1")).contains(Instant.ofEpochSecond(100));
        store.reconnect(RemoteOptions.to("mqtt://broker.example")).subscribe();
        time.advanceTimeBy(Duration.ofMillis(900));

        List<JsonNode> created = model.broker.sentTo("$DB/task/create");
        assertThat(created).extracting(each -> each.path("ttl_secs").asInt()).containsExactly(40, 1);
        assertThat(created).noneMatch(each -> each.has("_expires_at"));
        store.close().subscribe();
        time.advanceTimeBy(SECOND);
        time.dispose();
    }
}
