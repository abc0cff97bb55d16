package io.stitch.reactive.internal.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.Names;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** What a broker delivers to a client in server mode. The inputs are {@link Letter}s; the client is {@code c1}. */
class DecoderFuzzTest {
    private static final int MAX_BYTES = 1 << 20;
    private static final int ABBREVIATED = 201;
    private static final Map<String, String> CHILDREN = Map.of("task", "projectId");
    private static final Decoder DECODER = new Decoder(
            new Topics("$DB", "$DB/clients", "project"),
            new WireSchema("project", CHILDREN, Set.of("note")),
            "c1",
            "mqdb-",
            MAX_BYTES);

    @FuzzTest
    void messages(byte[] input) {
        Letter letter = Letter.of(input);
        List<UserProperty> properties = letter.lines().stream()
                .filter(line -> line.contains(": "))
                .map(line -> line.split(": ", 2))
                .map(pair -> new UserProperty(pair[0], pair[1]))
                .toList();
        InboundMessage message =
                new InboundMessage(letter.topic(), letter.payload(), letter.says("retain"), properties);
        byte[] before = letter.payload().clone();

        Inbound inbound = Cost.bounded(input.length, () -> DECODER.decode(message));

        assertThat(letter.payload()).as("only read").isEqualTo(before);
        assertThat(DECODER.decode(message)).hasSameClassAs(inbound);
        if (inbound instanceof Inbound.Dropped dropped) {
            assertThat(dropped.topic()).isEqualTo(letter.topic());
            assertThat(dropped.detail()).isNotBlank().hasSizeLessThan(2 * ABBREVIATED);
            return;
        }
        assertThat(letter.says("retain")).isFalse();
        assertThat(properties)
                .filteredOn(property -> property.name().equals(Topics.SENDER_PROPERTY))
                .hasSizeLessThan(2)
                .allMatch(property -> property.value().startsWith("mqdb-"));
        if (inbound instanceof Inbound.Event event) {
            assertThat(letter.topic()).startsWith("$DB/");
            checkEvent(letter.payload(), event);
        } else {
            assertThat(letter.topic()).startsWith("$DB/clients/c1/");
            checkAnswer(letter.payload(), inbound);
        }
    }

    private static void checkEvent(byte[] payload, Inbound.Event inbound) {
        ChangeEvent event = inbound.event();
        assertThat(Names.idProblem(event.id())).isNull();
        assertThat(event.version()).isBetween(ChangeEvent.NO_VERSION, ChangeEvent.MAX_VERSION);
        assertThat(event.entity()).isIn("project", "task", "note");
        if (event.scopeId() != null) {
            assertThat(Names.idProblem(event.scopeId())).isNull();
        }
        EventCount count = inbound.count();
        assertThat(count == null || (count.count() >= 0 && !count.epoch().isEmpty()))
                .isTrue();
        byte[] record = event.json();
        if (record == null) {
            assertThat(event.operation()).isEqualTo(Operation.DELETE);
            return;
        }
        // What is kept is read again from disk, and must be.
        assertThat(JsonBounds.problem(record)).isNull();
        ObjectNode expected = (ObjectNode) Json.read(payload).path("data");
        expected.put("id", event.id());
        String scopeField = CHILDREN.get(event.entity());
        if (scopeField != null && event.operation() != Operation.DELETE) {
            expected.put(scopeField, event.scopeId());
        }
        assertThat(expected.has(EventPayload.RECORD_STAMP)).isFalse();
        assertThat((JsonNode) Json.readObject(record)).isEqualTo(expected);
        assertThat(expected.path("_version").asLong(ChangeEvent.NO_VERSION)).isEqualTo(event.version());
    }

    private static void checkAnswer(byte[] payload, Inbound inbound) {
        if (inbound instanceof Inbound.Response response) {
            assertThat(response.requestId()).isNotEmpty().doesNotContain("/");
            checkReply(payload, response.reply());
        } else if (inbound instanceof Inbound.ScopeRefused refused) {
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
        } else {
            checkHello(((Inbound.HelloAnswered) inbound).answer());
        }
    }

    private static void checkReply(byte[] payload, Reply reply) {
        JsonNode json = Json.read(payload);
        if (reply instanceof Reply.Refused refused) {
            assertThat(refused.code()).isEqualTo(json.path("code").asInt());
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
            return;
        }
        Reply.Ok ok = (Reply.Ok) reply;
        JsonNode data = json.path("data");
        assertThat(ok.data()).isEqualTo(data);
        assertThat(ok.isList()).isEqualTo(data.isArray());
        if (!data.isMissingNode()) {
            assertThat(Json.read(ok.json())).isEqualTo(data);
        }
        if (ok.isList()) {
            List<Reply.Item> items = Cost.bounded(payload.length, () -> ok.items(Set.of("id", "_version")));
            assertThat(items).hasSize(data.size());
            for (int i = 0; i < items.size(); i++) {
                checkItem(items.get(i), data.get(i));
            }
        }
    }

    private static void checkItem(Reply.Item item, JsonNode element) {
        assertThat(item.fields().path("id")).isEqualTo(element.path("id"));
        assertThat(item.fields().path("_version")).isEqualTo(element.path("_version"));
        if (element.isObject()) {
            assertThat(Json.read(item.json())).isEqualTo(element);
            assertThat(JsonBounds.problem(item.json())).isNull();
        } else {
            assertThat(item.json()).isEmpty();
        }
    }

    private static void checkHello(HelloAnswer answer) {
        assertThat(answer.round()).isNotEmpty();
        if (answer instanceof HelloAnswer.Whole whole) {
            assertThat(whole.events()).isNotNegative();
        } else if (answer instanceof HelloAnswer.Refused refused) {
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
            assertThat(refused.retryAfterMillis()).isNotNegative();
        } else {
            checkNodes(((HelloAnswer.Nodes) answer).children());
        }
    }

    private static void checkNodes(Map<String, List<DigestNode>> nodes) {
        assertThat(nodes).isNotEmpty().hasSizeLessThanOrEqualTo(DigestNode.MAX_PREFIXES);
        nodes.forEach((prefix, children) -> {
            assertThat(prefix).matches("[0-9a-f]{0,15}");
            assertThat(children).hasSize(DigestNode.CHILDREN).allSatisfy(child -> {
                assertThat(child.n()).isNotNegative();
                assertThat(child.fp()).hasSizeLessThanOrEqualTo(64);
            });
        });
    }

    /** Where nobody looks at what is around it, an answer to a hello is one or is refused. */
    @FuzzTest
    void helloAnswers(byte[] payload) {
        HelloAnswer answer;
        try {
            answer = Cost.bounded(payload.length, () -> HelloAnswer.read(Json.read(payload)));
        } catch (JacksonException | RejectedMessage refused) {
            assertThat(refused).hasMessageMatching("(?s).+");
            return;
        }
        checkHello(answer);
    }

    /** A payload is the same event whatever it is written in. */
    @FuzzTest
    void eventPayloads(byte[] input) {
        EventPayload<JsonNode> payload;
        try {
            payload = Cost.bounded(
                    input.length, () -> EventPayload.read(input, "projectId", parser -> JsonScan.value(parser)));
        } catch (JacksonException refused) {
            assertThat(refused).hasMessageMatching("(?s).+");
            return;
        }
        JsonNode json = Json.read(input);
        JsonNode data = json.path("data");
        assertThat(payload.id()).isEqualTo(json.path("id").stringValue(null));
        assertThat(payload.operation()).isEqualTo(json.path("operation").stringValue(""));
        assertThat(payload.sender()).isEqualTo(json.path("sender").stringValue(""));
        assertThat(payload.hasOperationId()).isEqualTo(json.hasNonNull("operation_id"));
        assertThat(payload.hasStamp()).isEqualTo(json.has("hlc"));
        assertThat(payload.hasRecord()).isEqualTo(data.isObject());
        assertThat(payload.hasNoData()).isEqualTo(data.isNull() || data.isMissingNode());
        assertThat(payload.recordId()).isEqualTo(data.path("id").stringValue(null));
        assertThat(payload.statesScope()).isEqualTo(data.has("projectId"));
        assertThat(payload.hasVersion()).isEqualTo(data.has("_version"));
        if (payload.hasRecord()) {
            assertThat((JsonNode) Json.readObject(payload.record())).isEqualTo(data);
            payload.correct("id", Json.text("r\"1"));
            payload.correct("a field", Json.text("\u00e9\n"));
            ObjectNode corrected = (ObjectNode) data.deepCopy();
            corrected.put("id", "r\"1").put("a field", "\u00e9\n");
            assertThat((JsonNode) Json.readObject(payload.record())).isEqualTo(corrected);
        }
    }
}
