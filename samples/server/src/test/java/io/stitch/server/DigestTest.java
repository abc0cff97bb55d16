package io.stitch.server;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

class DigestTest {
    /** Made from the protocol's text by another program in another language. */
    static List<JsonNode> vectors() throws IOException {
        try (var file = Objects.requireNonNull(DigestTest.class.getResourceAsStream("/digest.jsonl"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> JsonMapper.shared().readTree(line))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void theFingerprintsAreThoseOfTheProtocol(JsonNode vector) {
        Digest digest = new Digest();
        List<String> keys = new ArrayList<>();
        for (JsonNode item : vector.path("items")) {
            Key key = new Key(item.path(0).asString(), item.path(1).asString());
            digest.put(key, item.path(2).asString());
            keys.add(Digest.hash(key));
        }
        JsonNode range = vector.path("range");
        for (int i = 0; i < range.path("count").asInt(0); i++) {
            Key key = new Key(
                    range.path("entity").asString(), range.path("prefix").asString() + i);
            digest.put(key, range.path("version").asString());
        }
        vector.path("keys").forEach(key -> assertThat(keys).contains(key.asString()));
        for (JsonNode node : vector.path("nodes")) {
            assertThat(digest.node(node.path(0).asString()))
                    .as(node.path(0).asString())
                    .isEqualTo(
                            new Digest.Node(node.path(1).asInt(), node.path(2).asString()));
        }
    }

    /** Whatever was asked for between the changes. */
    @Property(tries = 200)
    void theDigestFollowsFromTheSetAlone(
            @ForAll @Size(max = 300) List<@IntRange(max = 120) Integer> changes,
            @ForAll @IntRange(max = 15) int digit) {
        Digest changed = new Digest();
        Map<Integer, Integer> set = new TreeMap<>();
        for (int i = 0; i < changes.size(); i++) {
            Integer id = changes.get(i);
            if (i % 3 == 2) {
                set.remove(id);
                changed.remove(new Key("task", "t" + id));
            } else {
                set.put(id, i);
                changed.put(new Key("task", "t" + id), Integer.toString(i));
            }
            if (i % 5 == 0) {
                changed.node("");
            }
        }
        Digest fresh = new Digest();
        set.forEach((id, version) -> fresh.put(new Key("task", "t" + id), Integer.toString(version)));
        String prefix = Integer.toHexString(digit);
        assertThat(changed.node("")).isEqualTo(fresh.node(""));
        assertThat(changed.children(prefix)).isEqualTo(fresh.children(prefix));
        assertThat(changed.size()).isEqualTo(set.size());
    }

    @Test
    void itKnowsWhatAPrefixHolds() {
        Digest digest = new Digest();
        Key key = new Key("task", "t1");
        digest.put(key, "1");
        String hash = Digest.hash(key);
        assertThat(digest.below(hash.substring(0, 3))).containsExactly(key);
        assertThat(digest.below(hash)).containsExactly(key);
        assertThat(digest.below(hash.startsWith("0") ? "1" : "0")).isEmpty();
    }
}
