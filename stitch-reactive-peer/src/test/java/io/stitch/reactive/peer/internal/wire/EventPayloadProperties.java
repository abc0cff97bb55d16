package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.Json;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What one pass finds in an event is what a tree of it says. */
class EventPayloadProperties {
    private static final List<String> VALUES = List.of(
            "\"t1\"",
            "\"\"",
            "\"\\u00e9\\n\"",
            "null",
            "true",
            "false",
            "0",
            "7",
            "-1",
            "2147483648",
            "9007199254740991",
            "9007199254740992",
            "9223372036854775808",
            "1.5",
            "1.0",
            "1E400",
            "-1E400",
            "[]",
            "{}",
            "[1,{\"id\":\"t2\",\"hlc\":{}}]",
            "{\"id\":\"t2\",\"_version\":3,\"data\":{\"id\":\"t3\"}}");

    private static final List<String> STAMPS = List.of(
            "{\"ts\":5,\"counter\":0,\"nodeId\":\"ada\"}",
            "{\"nodeId\":\"ada\",\"more\":[{\"ts\":1}],\"ts\":5,\"counter\":2147483647}",
            "{\"ts\":5,\"counter\":2147483648,\"nodeId\":\"ada\"}",
            "{\"ts\":5,\"counter\":-4294967296,\"nodeId\":\"ada\"}",
            "{\"ts\":5.0,\"counter\":0,\"nodeId\":\"ada\"}",
            "{\"ts\":5,\"counter\":0,\"nodeId\":7}",
            "{\"ts\":5,\"counter\":null,\"nodeId\":\"ada\"}",
            "{\"ts\":9007199254740992,\"counter\":0,\"nodeId\":\"ada\"}");

    @Provide
    Arbitrary<String> events() {
        Arbitrary<String> records =
                object(List.of("id", "projectId", "_version", "updatedAt", "_hlc", "other"), values());
        return object(
                List.of("id", "operation", "sender", "operation_id", "replay", "hlc", "data", "other"),
                Arbitraries.oneOf(values(), records));
    }

    private static Arbitrary<String> values() {
        return Arbitraries.oneOf(Arbitraries.of(VALUES), Arbitraries.of(STAMPS));
    }

    private static Arbitrary<String> object(List<String> names, Arbitrary<String> values) {
        return Arbitraries.maps(Arbitraries.of(names), values)
                .ofMaxSize(names.size())
                .map(fields -> fields.entrySet().stream()
                        .map(field -> '"' + field.getKey() + "\":" + field.getValue())
                        .collect(Collectors.joining(",", "{", "}")));
    }

    @Property
    void onePassFindsWhatATreeSays(@ForAll("events") String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        JsonNode tree = Json.read(bytes);
        JsonNode data = tree.path("data");

        EventPayload<Hlc> payload = EventPayload.read(bytes, "projectId", "updatedAt", Hlc::read);

        assertThat(payload.id()).isEqualTo(text(tree.path("id"), null));
        assertThat(payload.operation()).isEqualTo(text(tree.path("operation"), ""));
        assertThat(payload.sender()).isEqualTo(text(tree.path("sender"), ""));
        assertThat(payload.hasOperationId()).isEqualTo(tree.hasNonNull("operation_id"));
        assertThat(payload.isReplay())
                .isEqualTo(
                        tree.path("replay").isBoolean() && tree.path("replay").booleanValue());
        assertThat(payload.hasStamp()).isEqualTo(tree.has("hlc"));
        assertThat(payload.stamp()).isEqualTo(Hlc.parse(tree.path("hlc")));
        assertThat(payload.hasRecord()).isEqualTo(data.isObject());
        assertThat(payload.hasNoData()).isEqualTo(data.isMissingNode() || data.isNull());
        if (data.isObject()) {
            assertThat(payload.recordId()).isEqualTo(text(data.path("id"), null));
            assertThat(payload.statesScope()).isEqualTo(data.has("projectId"));
            assertThat(payload.scope()).isEqualTo(text(data.path("projectId"), null));
            assertThat(payload.hasVersion()).isEqualTo(data.has("_version"));
            assertVersion(payload.version(), data.path("_version"));
            assertThat((Double) payload.updatedAt()).isEqualTo((Double) Json.number(data.path("updatedAt")));
            assertThat(payload.recordHasStamp()).isEqualTo(data.has("_hlc"));
            assertThat(payload.recordStamp()).isEqualTo(Hlc.parse(data.path("_hlc")));
            assertThat(Json.read(payload.record())).isEqualTo(data);
        }
    }

    private static void assertVersion(long version, JsonNode stated) {
        if (stated.isMissingNode() || stated.isNull()) {
            assertThat(version).isEqualTo(ChangeEvent.NO_VERSION);
        } else if (stated.isIntegralNumber()
                && stated.canConvertToLong()
                && stated.longValue() >= 0
                && stated.longValue() <= ChangeEvent.MAX_VERSION) {
            assertThat(version).isEqualTo(stated.longValue());
        } else {
            assertThat(version).isLessThan(ChangeEvent.NO_VERSION);
        }
    }

    private static @Nullable String text(JsonNode node, @Nullable String otherwise) {
        return node.isString() ? node.stringValue() : otherwise;
    }
}
