package io.stitch.reactive;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Scopes that are compared by listing them, on connections that do not last and with records that are large. */
class ListingsInVirtualTimeTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String LIST = "$DB/task/list";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private final ScriptedBroker broker = ScriptedBroker.ofOldServer();
    private int tasks = 1;
    private String title = "one";
    private int largestReply = 10 << 20;

    private StitchStore store() {
        broker.answers = this::answer;
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .connector(broker));
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    /** What a server answers that has every project there may be, each with its tasks. */
    private @Nullable String answer(OutboundMessage message) {
        if (message.responseTopic() == null) {
            return null;
        }
        String answer = Json.object()
                .put("status", "ok")
                .set("data", message.topic().equals(LIST) ? page(Json.read(message.payload())) : project(message))
                .toString();
        return answer.length() > largestReply ? null : answer;
    }

    private static JsonNode project(OutboundMessage message) {
        String id = message.topic().substring("$DB/project/".length());
        return Json.object().put("id", id).put("name", id).put("_version", 1);
    }

    private ArrayNode page(JsonNode request) {
        String scope = "";
        String after = "";
        for (JsonNode filter : request.path("filters")) {
            if (filter.path("field").asString().equals("projectId")) {
                scope = filter.path("value").asString();
            } else {
                after = filter.path("value").asString();
            }
        }
        ArrayNode page = Json.mapper().createArrayNode();
        for (int i = 0; i < tasks && page.size() < request.path("limit").asInt(); i++) {
            String id = "%s-t%04d".formatted(scope, i);
            if (id.compareTo(after) > 0) {
                page.addObject()
                        .put("id", id)
                        .put("projectId", scope)
                        .put("title", title)
                        .put("_version", 1);
            }
        }
        return page;
    }

    /** Answers each request after some time. */
    private void answerAfter(Duration delay) {
        broker.answers = message -> {
            String answer = answer(message);
            String topic = message.responseTopic();
            if (answer != null && topic != null) {
                time.schedule(() -> broker.deliver(topic, answer), delay.toMillis(), TimeUnit.MILLISECONDS);
            }
            return null;
        };
    }

    @Test
    void aListThatIsLookedForSaysWhatWouldHelp() {
        StitchStore store = store();
        answerAfter(Duration.ofMillis(499));
        store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SLOW_LIST);
        answerAfter(Duration.ofMillis(500));
        List<Diagnostic> said = new ArrayList<>();
        store.diagnostics().subscribe(said::add);
        store.openScope("p2");
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(said)
                .filteredOn(each -> each.code() == DiagnosticCode.SLOW_LIST)
                .singleElement()
                .satisfies(each -> assertThat(each.detail()).contains("'projectId'", "task", "500 ms"));
    }

    @Test
    void whatWaitsForItsTurnIsNotTakenForASlowList() {
        StitchStore store = store();
        answerAfter(Duration.ofMillis(100));
        open(store, 200);
        time.advanceTimeBy(Duration.ofSeconds(30));
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SLOW_LIST);
    }

    private static List<Scope> open(StitchStore store, int scopes) {
        List<Scope> opened = new ArrayList<>();
        for (int i = 0; i < scopes; i++) {
            opened.add(store.openScope("p" + i));
        }
        return opened;
    }

    private static long loaded(List<Scope> scopes) {
        return scopes.stream().filter(scope -> !scope.snapshot(TASK).isEmpty()).count();
    }

    private void cut() {
        broker.end(0x8B);
        time.advanceTimeBy(Duration.ofSeconds(20));
    }

    @Test
    void onConnectionsThatDoNotLastEachScopeIsLoadedInItsTurn() {
        StitchStore store = store();
        int[] requests = {0};
        broker.answers = message -> {
            if (message.responseTopic() != null && ++requests[0] % 150 == 0) {
                broker.end(0x8B);
                return null;
            }
            return answer(message);
        };
        List<Scope> scopes = open(store, 200);
        time.advanceTime();
        assertThat(loaded(scopes)).isBetween(50L, 75L);
        time.advanceTimeBy(Duration.ofMinutes(2));

        assertThat(loaded(scopes)).isEqualTo(200);
    }

    @Test
    void aScopeThatIsOpenedGoesBeforeThoseThatWereLoadedBefore() {
        StitchStore store = store();
        List<Scope> scopes = open(store, 200);
        time.advanceTime();
        assertThat(loaded(scopes)).isEqualTo(200);

        answerAfter(Duration.ofMillis(100));
        broker.end(0x8B);
        time.advanceTimeBy(Duration.ofMillis(1_600)); // Connected again, and at work.
        int before = broker.sentTo(LIST).size();
        assertThat(before).isGreaterThan(200);
        Scope opened = store.openScope("another");
        time.advanceTimeBy(Duration.ofMillis(500));

        assertThat(opened.snapshot(TASK)).hasSize(1);
        assertThat(broker.sentTo(LIST).size()).isLessThan(400);
    }

    @Test
    void aScopeThatIsLoadedOnRequestGoesBeforeOthers() {
        StitchStore store = store();
        open(store, 200);
        time.advanceTime();
        answerAfter(Duration.ofMillis(100));
        broker.end(0x8B);
        time.advanceTimeBy(Duration.ofMillis(1_600));
        List<String> done = new ArrayList<>();

        store.loadScope("p199").subscribe(unused -> {}, error -> done.add("failed"), () -> done.add("loaded"));
        time.advanceTimeBy(Duration.ofMillis(500));

        assertThat(done).containsExactly("loaded");
        assertThat(broker.sentTo(LIST).size()).isLessThan(400);
    }

    @Test
    void ofLargeRecordsTheFirstCanBeSeenSoon() {
        tasks = 200;
        title = "x".repeat(10_000);
        largestReply = 1 << 20;
        Scope scope = store().openScope("p1");
        time.advanceTimeBy(Duration.ofMillis(1_500));

        assertThat(scope.snapshot(TASK)).hasSize(200);
    }

    @Test
    void whatIsKnownOfTheirSizeIsRememberedForTheNextComparisonAndForOtherScopes() {
        tasks = 200;
        title = "x".repeat(10_000);
        largestReply = 1 << 20;
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(scope.snapshot(TASK)).hasSize(200);

        Scope other = store.openScope("p2");
        time.advanceTimeBy(Duration.ofMillis(10));
        assertThat(other.snapshot(TASK)).hasSize(200);
        title = "y".repeat(10_000);
        int before = broker.sentTo(LIST).size();
        cut();

        assertThat(scope.snapshot(TASK)).allMatch(task -> title.equals(task.title()));
        assertThat(other.snapshot(TASK)).allMatch(task -> title.equals(task.title()));
        assertThat(broker.sentTo(LIST).size() - before).as("none in vain").isLessThanOrEqualTo(8);
    }

    @Test
    void whatIsOnDiskTellsOfTheirSize() {
        InMemoryPersistence disk = new InMemoryPersistence();
        tasks = 200;
        title = "x".repeat(10_000);
        largestReply = 1 << 20;
        broker.answers = this::answer;
        for (int run = 0; run < 2; run++) {
            StitchStore store = stores.build(StitchStore.builder()
                    .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                    .remote(RemoteOptions.to("mqtt://broker.example"))
                    .clientId("c1")
                    .persistence(disk)
                    .connector(broker));
            title = "xy".charAt(run) + title.substring(1);
            store.start().subscribe();
            Scope scope = store.openScope("p1");
            time.advanceTimeBy(run == 0 ? Duration.ofMinutes(2) : Duration.ofMillis(500));
            assertThat(scope.snapshot(TASK)).hasSize(200).allMatch(task -> title.equals(task.title()));
            store.close().subscribe();
            time.advanceTime();
        }
    }

    @Test
    void smallRecordsAreListedInLargePages() {
        tasks = 5_000;
        Scope scope = store().openScope("p1");
        time.advanceTime();

        assertThat(scope.snapshot(TASK)).hasSize(5_000);
        assertThat(broker.sentTo(LIST))
                .hasSizeLessThanOrEqualTo(3)
                .allMatch(list -> list.path("limit").asInt() >= 1_000);
        cut();
        assertThat(broker.sentTo(LIST)).as("now in one").hasSizeLessThanOrEqualTo(4);
    }

    @Test
    void aServerThatIsSlowIsAskedForNoMorePagesThanItNeeds() {
        tasks = 900;
        StitchStore store = store();
        answerAfter(Duration.ofSeconds(3));
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(4));

        assertThat(scope.snapshot(TASK)).hasSize(900);
        assertThat(broker.sentTo(LIST)).hasSizeLessThanOrEqualTo(2);
    }
}
