package io.stitch.reactive.spi;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.fuzz.Same;
import io.stitch.reactive.WriteKind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What is read of JSON, and how much of it. */
class JsonBoundsFuzzTest {
    private static final JsonCounts.Limits FEW = new JsonCounts.Limits(4, 8, 3, 12);

    /** What passes is read, and what was read is written and read again as the same. */
    @FuzzTest
    void objects(byte[] json) {
        String problem = Cost.bounded(json.length, () -> JsonBounds.problem(json));
        if (problem != null) {
            assertThat(problem).isNotBlank();
            assertThatThrownBy(() -> JsonBounds.read(json)).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        JsonBounds.require(json);
        JsonBounds.requireListing(json);
        assertThat(JsonBounds.recordProblem(json)).isNull();
        ObjectNode read = Cost.bounded(json.length, () -> JsonBounds.read(json));
        byte[] written = JsonBounds.MAPPER.writeValueAsBytes(read);
        assertThat(JsonBounds.problem(written)).isNull();
        Same.assertSame(JsonBounds.read(written), read);
    }

    /** What is counted in one pass over the bytes is what is there: all the same with bounds that are small enough to be met. */
    @FuzzTest
    void counts(byte[] json) {
        String problem = Cost.bounded(json.length, () -> problem(json));
        JsonNode read;
        try {
            read = JsonBounds.MAPPER.readTree(json);
        } catch (JacksonException refused) {
            return;
        }
        if (problem == null && hasUniqueNames(json)) {
            assertThat(values(read)).isLessThanOrEqualTo(FEW.values());
            assertThat(mostElements(read)).isLessThanOrEqualTo(FEW.elements());
            assertThat(names(read, new HashSet<>())).hasSizeLessThanOrEqualTo(FEW.names());
        }
    }

    private static String problem(byte[] json) {
        try {
            return JsonCounts.problem(json, FEW);
        } catch (JacksonException refused) {
            return "refused";
        }
    }

    /** A tree keeps one of two fields that have the same name. */
    private static boolean hasUniqueNames(byte[] json) {
        try {
            io.stitch.reactive.internal.wire.Json.read(json);
            return true;
        } catch (JacksonException twice) {
            return false;
        }
    }

    private static int values(JsonNode node) {
        int values = 1;
        for (JsonNode child : node) {
            values += values(child);
        }
        return values;
    }

    private static int mostElements(JsonNode node) {
        int most = node.size();
        for (JsonNode child : node) {
            most = Math.max(most, mostElements(child));
        }
        return most;
    }

    private static Set<String> names(JsonNode node, Set<String> names) {
        names.addAll(node.propertyNames());
        node.forEach(child -> names(child, names));
        return names;
    }

    /** A row of the queue as a database has it. The inputs are {@link Letter}s. */
    @FuzzTest
    void pendingWrites(byte[] input) {
        Letter letter = Letter.of(input);
        String before = letter.value("before");
        PendingWrite write = new PendingWrite(
                number(letter.value("sequence")),
                new RecordKey(letter.topic(), String.valueOf(letter.value("id"))),
                String.valueOf(letter.value("scope")),
                letter.says("create") ? WriteKind.CREATE : WriteKind.UPDATE,
                letter.payload(),
                before == null ? null : before.getBytes(StandardCharsets.UTF_8),
                number(letter.value("version")),
                letter.value("user"),
                letter.value("request"),
                number(letter.value("sent")),
                letter.says("parked"),
                number(letter.value("expected")),
                number(letter.value("written")));
        String problem = Cost.bounded(input.length, write::problem);
        if (problem == null) {
            assertThat(write.sequence()).isNotNegative();
            assertThat(write.version()).isNotNegative();
            assertThat(write.key().entity()).isNotEmpty();
            assertThat(JsonBounds.read(write.payload()).isObject()).isTrue();
            if (write.before() != null) {
                assertThat(JsonBounds.read(write.before()).isObject()).isTrue();
            }
        } else {
            assertThat(problem).isNotBlank();
        }
    }

    private static long number(String text) {
        return text != null && text.matches("-?[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }
}
