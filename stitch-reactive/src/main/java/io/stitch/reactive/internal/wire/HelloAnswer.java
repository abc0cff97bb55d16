package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;

/** What was answered to one message of a hello (protocol sections 4.8 and 4.9). */
public sealed interface HelloAnswer {
    /** {@return the round of the hello} */
    String round();

    /**
     * That is all: what is in no replay is in sync.
     *
     * @param round the round of the hello
     * @param events how many events were replayed
     * @param newest the newest event as of the comparison, if they are counted
     */
    record Whole(String round, int events, @Nullable EventCount newest) implements HelloAnswer {}

    /**
     * What the other side holds.
     *
     * @param round the round of the hello
     * @param children the nodes below each prefix
     * @param newest the newest event as of the comparison, if they are counted
     */
    record Nodes(
            String round,
            Map<String, List<DigestNode>> children,
            @Nullable EventCount newest) implements HelloAnswer {}

    /**
     * It is not answered.
     *
     * @param round the round of the hello
     * @param code the protocol's error code
     * @param message the server's words
     * @param retryAfterMillis when to come again; 0 if that is not said
     */
    record Refused(String round, int code, String message, long retryAfterMillis) implements HelloAnswer {}

    /**
     * Reads an answer.
     *
     * @param json the payload
     * @return the answer
     * @throws RejectedMessage if it is none
     */
    static HelloAnswer read(JsonNode json) {
        JsonNode round = json.path("round");
        if (!round.isString() || round.stringValue().isEmpty()) {
            throw malformed("it has no round");
        }
        String name = round.stringValue();
        JsonNode code = json.path("code");
        if (code.isIntegralNumber() && code.canConvertToInt()) {
            long wait = json.path("retryAfter").asLong(0);
            String words = ForeignText.quoted(json.path("message").asString(""));
            return new Refused(name, code.intValue(), words, Math.max(0, wait));
        }
        JsonNode count = json.path("count");
        EventCount newest = EventCount.of(
                count.isIntegralNumber() && count.canConvertToLong() ? count.longValue() : -1,
                json.path("epoch").asString(null));
        JsonNode events = json.path("events");
        if (events.isIntegralNumber() && events.canConvertToInt() && events.intValue() >= 0) {
            return new Whole(name, events.intValue(), newest);
        }
        if (json.has("nodes")) {
            return new Nodes(name, DigestNode.read(json.path("nodes")), newest);
        }
        throw malformed("it has none of events, nodes and code");
    }

    private static RejectedMessage malformed(String why) {
        return new RejectedMessage(DiagnosticCode.MALFORMED_REPLY, "no answer to a hello: " + why);
    }
}
