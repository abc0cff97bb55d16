package io.stitch.server;

import io.stitch.fuzz.Letter;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A broker that keeps what the server says, and a time that goes on as it is told. A class of its own, because what a test class names is loaded
 * before it can be instrumented: JDK 17 mixes up a record with annotated types when it is changed later.
 */
final class FuzzedHost implements ServerHost, Broker {
    private static final String REPLIES = "$DB/clients/c1/";

    final List<Message> said = new ArrayList<>();
    final List<Runnable> later = new ArrayList<>();

    @Nullable
    Listener listener;

    long now = 1_764_500_000_000L;

    @Override
    public Broker startBroker(StitchServerOptions options, int port, Listener asked) {
        listener = asked;
        return this;
    }

    @Override
    public long millis() {
        return now;
    }

    @Override
    public void later(long millis, Runnable action) {
        later.add(action);
    }

    @Override
    public int port() {
        return 0;
    }

    @Override
    public CompletableFuture<Void> publish(Message message) {
        said.add(message);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> disconnectAll() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}

    Verdict publish(String topic, byte[] payload, @Nullable String replies, byte @Nullable [] correlation) {
        Verdict verdict = listener.published(
                new Caller("c1", "ada"), new Message(topic, payload, Map.of(), replies, correlation));
        now += 1_000;
        while (!later.isEmpty()) {
            List<Runnable> due = List.copyOf(later);
            later.clear();
            due.forEach(Runnable::run);
        }
        return verdict;
    }

    StitchServer start(boolean legacy) {
        return StitchServer.start(options(legacy), this);
    }

    private static StitchServerOptions options(boolean legacy) {
        return StitchServerOptions.builder()
                .legacy(legacy)
                .schema(EntitySchema.of("user")
                        .withUnique("email")
                        .withNotNull("email")
                        .withType("age", EntitySchema.FieldType.NUMBER))
                .schema(EntitySchema.of("task")
                        .withForeignKey("userId", "user", ForeignKey.OnDelete.SET_NULL)
                        .withForeignKey("parentId", "task", ForeignKey.OnDelete.CASCADE))
                .build();
    }

    void checkSaid() {
        said.forEach(FuzzedHost::checkSaid);
    }

    /** Publishes what a broker lets through: no topic has wildcards or a zero in it. */
    void publish(Letter letter) {
        String replies = letter.value("replies");
        String correlation = letter.value("correlation");
        if (isTopic(letter.topic()) && (replies == null || isTopic(replies))) {
            publish(
                    letter.topic(),
                    letter.payload(),
                    replies,
                    correlation == null ? null : correlation.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static boolean isTopic(String text) {
        return !text.isEmpty() && text.chars().noneMatch(c -> c == '+' || c == '#' || c == 0);
    }

    /** Whatever was asked, nothing went wrong in the server, and what it says is JSON on a topic that can be published on. */
    private static void checkSaid(Message message) {
        assertThat(message.topic()).matches(FuzzedHost::isTopic);
        ObjectNode json = Json.read(message.payload());
        assertThat(json.path("code").asInt(0))
                .as("%s: %s", message.topic(), json)
                .isNotEqualTo(500);
    }

    static void checkRecords(StitchServer server) {
        for (String entity : List.of("project", "task", "user", "note")) {
            server.records(entity).forEach(record -> {
                assertThat(Names.validId(record.path("id").asString(""))).isTrue();
                assertThat(record.path("_version").asLong(0)).isBetween(1L, RecordTable.MAX_VERSION);
                assertThat(Json.text(Json.read(Json.write(record)))).isEqualTo(Json.text(record));
            });
        }
    }

    void checkStillServes() {
        said.clear();
        byte[] record = "{\"id\":\"after-all\",\"title\":\"x\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(publish("$DB/note/create", record, REPLIES + "last", null)).isEqualTo(Broker.Verdict.TAKEN);
        assertThat(said)
                .filteredOn(message -> message.topic().equals(REPLIES + "last"))
                .singleElement()
                .satisfies(reply -> assertThat(
                                Json.read(reply.payload()).path("status").asString(""))
                        .isIn("ok", "error"));
    }
}
