package io.stitch.reactive.internal.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.fuzz.Same;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.InboundMessage;
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
    private static final Decoder DECODER = new Decoder(
            new Topics("$DB", "$DB/clients", "project"),
            new WireSchema("project", Map.of("task", "projectId"), Set.of("note")),
            "c1",
            "mqdb-",
            MAX_BYTES,
            "updatedAt");

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
        InboundChecks.check(message, inbound);
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
        InboundChecks.checkHello(answer);
    }

    /** A payload is the same event whatever it is written in. */
    @FuzzTest
    void eventPayloads(byte[] input) {
        EventPayload<Long> payload;
        try {
            payload = Cost.bounded(
                    input.length, () -> EventPayload.read(input, "projectId", "updatedAt", JsonScan::integer));
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
            Same.assertSame(Json.readObject(payload.record()), data);
            payload.correct("id", Json.text("r\"1"));
            payload.correct("a field", Json.text("\u00e9\n"));
            ObjectNode corrected = (ObjectNode) data.deepCopy();
            corrected.put("id", "r\"1").put("a field", "\u00e9\n");
            Same.assertSame(Json.readObject(payload.record()), corrected);
        }
    }
}
