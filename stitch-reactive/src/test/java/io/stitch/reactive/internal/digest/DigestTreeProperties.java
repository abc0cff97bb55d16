package io.stitch.reactive.internal.digest;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The tree of fingerprints follows from the set of records alone, and is the one that servers and other peers have. */
class DigestTreeProperties {
    private static final JsonMapper MAPPER = new JsonMapper();

    /** A record comes, or goes. */
    private record Change(int number, long version) {}

    @Property(tries = 200)
    void howASetCameAboutDoesNotMatter(@ForAll("changes") List<Change> changes) {
        DigestTree changed = tree();
        Map<Integer, Long> model = new HashMap<>();
        for (Change change : changes) {
            if (change.version() == 0) {
                model.remove(change.number());
                changed.remove(key(change.number()));
            } else {
                model.put(change.number(), change.version());
                changed.put(record(change.number(), change.version()));
            }
            if (change.number() % 3 == 0) {
                changed.node(""); // What was computed meanwhile must not stay when it changes.
            }
        }
        DigestTree fresh = tree();
        model.forEach((number, version) -> fresh.put(record(number, version)));

        assertThat(changed.size()).isEqualTo(model.size());
        assertSame(changed, fresh, "", 3);
    }

    private static void assertSame(DigestTree one, DigestTree other, String prefix, int digits) {
        assertThat(one.node(prefix)).as("below '%s'", prefix).isEqualTo(other.node(prefix));
        assertThat(one.below(prefix))
                .hasSize(one.node(prefix).n())
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("json")
                .isEqualTo(other.below(prefix));
        if (digits > 0 && one.node(prefix).n() > 0) {
            for (int digit = 0; digit < DigestNode.CHILDREN; digit++) {
                assertSame(one, other, DigestNode.child(prefix, digit), digits - 1);
            }
            assertThat(one.children(prefix)).isEqualTo(other.children(prefix));
        }
    }

    @Property(tries = 100)
    void aChangedVersionIsSeenFromTheRootDown(@ForAll("changes") List<Change> changes) {
        DigestTree tree = tree();
        changes.forEach(change -> tree.put(record(change.number(), change.version() + 1)));
        DigestNode before = tree.node("");

        tree.put(record(changes.get(0).number(), 1_000));

        assertThat(tree.node("").n()).isEqualTo(before.n());
        assertThat(tree.node("").fp()).isNotEqualTo(before.fp());
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 400),
                        Arbitraries.longs().between(0, 3))
                .as(Change::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(600);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void theFingerprintsAreTheProtocols(String name, JsonNode vector) {
        Map<String, String> versions = new HashMap<>();
        DigestTree tree = new DigestTree(record -> versions.get(record.entity() + '/' + record.id()));
        for (JsonNode item : items(vector)) {
            RecordKey key = new RecordKey(item.path(0).asString(), item.path(1).asString());
            versions.put(key.entity() + '/' + key.id(), item.path(2).asString());
            tree.put(new StoredRecord(key, "p1", 0, new byte[0]));
        }
        assertThat(vector.path("nodes").size()).isPositive();
        for (JsonNode node : vector.path("nodes")) {
            assertThat(tree.node(node.path(0).asString()))
                    .as("below '%s'", node.path(0).asString())
                    .isEqualTo(new DigestNode(node.path(1).asInt(), node.path(2).asString()));
        }
    }

    static Stream<Object[]> vectors() throws IOException {
        List<Object[]> vectors = new ArrayList<>();
        try (InputStream in = DigestTreeProperties.class.getResourceAsStream("/digest.jsonl")) {
            assertThat(in).isNotNull();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(MAPPER::readTree)
                    .forEach(vector ->
                            vectors.add(new Object[] {vector.path("name").asString(), vector}));
        }
        return vectors.stream();
    }

    private static List<JsonNode> items(JsonNode vector) {
        List<JsonNode> items = new ArrayList<>();
        vector.path("items").forEach(items::add);
        JsonNode range = vector.path("range");
        for (int number = 0; number < range.path("count").asInt(0); number++) {
            items.add(MAPPER.createArrayNode()
                    .add(range.path("entity").asString())
                    .add(range.path("prefix").asString() + number)
                    .add(range.path("version").asString()));
        }
        return items;
    }

    private static DigestTree tree() {
        return new DigestTree(record -> Long.toString(record.version()));
    }

    private static RecordKey key(int number) {
        return new RecordKey(number % 2 == 0 ? "task" : "note", "t" + number);
    }

    private static StoredRecord record(int number, long version) {
        return new StoredRecord(key(number), "p1", version, new byte[0]);
    }
}
