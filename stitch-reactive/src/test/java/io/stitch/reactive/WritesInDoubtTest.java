package io.stitch.reactive;

import io.stitch.reactive.Rejection.Reason;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Writes that a real server executed and never answered, because the connection was lost, while somebody else wrote or deleted
 * the same. A server that remembers requests answers from memory, and an old one is read (protocol section 3.5); on both
 * nobody's acknowledged write is undone.
 */
@ParameterizedClass(name = "oldServer={0}")
@ValueSource(booleans = {false, true})
class WritesInDoubtTest {
    record Task(String id, String projectId, String title, String owner) {}

    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final StitchSchema SCHEMA =
            StitchSchema.root(Board.PROJECT).child(TASK, "projectId").build();
    private static final int TIMES_AS_FAST = 5;
    private static final List<String> THERE = List.of(
            "updated",
            "updated-and-written",
            "updated-and-owned",
            "updated-and-deleted",
            "deleted",
            "deleted-and-created");
    private static final List<String> NEW = List.of("created", "created-and-written", "created-and-deleted");

    private final boolean oldServer;
    private final StitchServer server;
    private final HastyScheduler worker = new HastyScheduler("ada", TIMES_AS_FAST);
    private final Map<String, Reason> rejections = new ConcurrentHashMap<>();
    private StitchStore ada;
    private StitchStore observer;
    private Scope scope;
    private Scope observed;

    WritesInDoubtTest(boolean oldServer) {
        this.oldServer = oldServer;
        // A store whose time is fast says hello more often than a server answers.
        this.server = StitchServer.start(StitchServerOptions.builder()
                .legacy(oldServer)
                .helloSpacing(Duration.ZERO)
                .build());
    }

    @BeforeEach
    void open() {
        Board.seedProject(server, "p1", 0);
        server.seed(
                "task", THERE.stream().map(id -> task(id, "before", "nobody")).toList());
        ada = Board.connect(StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to(server.url()))
                .clientId("ada")
                .scheduler(worker));
        ada.rejections().subscribe(rejection -> rejections.put(rejection.id(), rejection.reason()));
        observer = Board.connect(StitchStore.builder().schema(SCHEMA).remote(RemoteOptions.to(server.url())));
        scope = ada.replaceScope("p1");
        observed = observer.replaceScope("p1");
        await(scope, tasks -> tasks.size() == THERE.size());
        await(observed, tasks -> tasks.size() == THERE.size());
    }

    @AfterEach
    void close() {
        Board.close(ada, observer);
        worker.dispose();
        server.close();
    }

    @Test
    void areSettledWhenTheWriterHeardOfWhatOthersDid() {
        writeWithoutAnAnswer();
        somebodyElseWrites();
        adaHearsAll();
        server.dropReplies(false);
        server.disconnectAll();

        assertSettled();
    }

    @Test
    void areSettledWhenTheWriterMissedWhatOthersDid() {
        writeWithoutAnAnswer();
        adaHearsAll();
        server.stopBroker();
        somebodyElseWrites();
        server.dropReplies(false);
        server.startBroker();

        assertSettled();
    }

    /** Returns when all was executed. */
    private void writeWithoutAnAnswer() {
        server.dropReplies(true);
        for (String id : NEW) {
            scope.create(TASK, new Task(id, "p1", "mine", "nobody")).subscribe();
        }
        for (String id : THERE) {
            if (id.startsWith("updated")) {
                scope.update(TASK, id, Patch.of("title", "mine")).subscribe();
            } else {
                scope.delete(TASK, id).subscribe();
            }
        }
        await(
                observed,
                tasks -> tasks.size() == NEW.size() + THERE.size() - 2
                        && tasks.values().stream().allMatch(task -> task.title().equals("mine")));
    }

    /** Returns when the writer has received every event so far. */
    private void adaHearsAll() {
        server.put("task", task("mark", "", "").toString());
        await(scope, tasks -> tasks.containsKey("mark"));
    }

    private void somebodyElseWrites() {
        for (String id : List.of("created-and-written", "updated-and-written", "deleted-and-created")) {
            server.put("task", task(id, "theirs", "nobody").toString());
        }
        server.put("task", task("updated-and-owned", "mine", "them").toString());
        server.delete("task", "created-and-deleted");
        server.delete("task", "updated-and-deleted");
    }

    private void assertSettled() {
        ada.pendingCount().filter(count -> count == 0).blockFirst(LIMIT);
        await(scope, tasks -> tasks.equals(onServer()));

        assertThat(titles())
                .containsEntry("created", "mine")
                .containsEntry("created-and-written", "theirs")
                .containsEntry("updated", "mine")
                .containsEntry("updated-and-written", "theirs")
                .containsEntry("updated-and-owned", "mine")
                .containsEntry("deleted-and-created", "theirs")
                .doesNotContainKeys("created-and-deleted", "updated-and-deleted", "deleted");
        assertThat(onServer().get("updated-and-owned").owner()).isEqualTo("them");
        assertThat(executions()).allSatisfy((id, count) -> assertThat(count).isEqualTo(1));
        assertThat(rejections)
                .isEqualTo(
                        oldServer
                                ? Map.of(
                                        "updated-and-written", Reason.OVERTAKEN,
                                        "updated-and-deleted", Reason.DELETED_MEANWHILE,
                                        "deleted-and-created", Reason.OVERTAKEN)
                                : Map.of());
    }

    private static void await(Scope scope, Predicate<Map<String, Task>> condition) {
        Mono<List<Task>> met = scope.records(TASK)
                .publishOn(Schedulers.boundedElastic())
                .filter(tasks -> condition.test(tasks.stream().collect(Collectors.toMap(Task::id, task -> task))))
                .next();
        assertThat(met.block(LIMIT)).isNotNull();
    }

    private Map<String, Task> onServer() {
        Map<String, Task> tasks = new TreeMap<>();
        server.records("task")
                .forEach(record -> tasks.put(
                        record.path("id").asString(),
                        new Task(
                                record.path("id").asString(),
                                record.path("projectId").asString(),
                                record.path("title").asString(),
                                record.path("owner").asString())));
        return tasks;
    }

    private Map<String, String> titles() {
        Map<String, String> titles = new TreeMap<>();
        onServer().forEach((id, task) -> titles.put(id, task.title()));
        return titles;
    }

    /** How often the server executed what was asked for each record. */
    private Map<String, Integer> executions() {
        Map<String, Integer> counts = new TreeMap<>();
        server.executedWrites().stream()
                .filter(write -> write.message().topic().startsWith("$DB/task/"))
                .forEach(write -> {
                    String[] levels = write.message().topic().split("/", -1);
                    String id = levels.length == 4 ? levels[2] : idOf(write);
                    counts.merge(id, 1, Integer::sum);
                });
        return counts;
    }

    private static String idOf(StitchServer.Published create) {
        return JsonMapper.shared()
                .readTree(create.message().payload())
                .path("id")
                .asString();
    }

    private static ObjectNode task(String id, String title, String owner) {
        return Board.json()
                .put("id", id)
                .put("projectId", "p1")
                .put("title", title)
                .put("owner", owner);
    }
}
