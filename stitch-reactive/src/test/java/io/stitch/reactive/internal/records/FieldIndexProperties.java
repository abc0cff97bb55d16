package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** What is looked up is what a search through everything finds, and takes no longer where somebody chose texts for their one hash. */
class FieldIndexProperties {
    private static final String FIELD = "title";

    /** A record that gets a value, or goes. */
    record Step(int id, @Nullable String value) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        // "Aa" and "BB" have one hash.
        Arbitrary<String> value = Arbitraries.of(
                        "\"AaAa\"", "\"BBBB\"", "\"AaBB\"", "1", "1.0", "true", "null", "[1]", "\"\"")
                .injectNull(0.2);
        Arbitrary<Integer> id = Arbitraries.integers().between(0, 5);
        return Combinators.combine(id, value).as(Step::new).list().ofMaxSize(30);
    }

    @Property
    void whatIsLookedUpIsWhatASearchFinds(@ForAll("steps") List<Step> steps) {
        FieldIndex index = new FieldIndex(Map.of("task", Set.of(FIELD)));
        Map<Integer, StoredRecord> model = new HashMap<>();
        for (Step step : steps) {
            StoredRecord after = step.value() == null ? null : record("t" + step.id(), step.value());
            index.changed("task", model.get(step.id()), after);
            if (after == null) {
                model.remove(step.id());
            } else {
                model.put(step.id(), after);
            }
            for (String wanted : List.of("\"AaAa\"", "\"BBBB\"", "1", "[1]", "true")) {
                var value = Json.read(wanted.getBytes(StandardCharsets.UTF_8));
                Set<RecordKey> expected = new HashSet<>();
                model.values().forEach(each -> {
                    var held = Json.readObject(each.json()).path(FIELD);
                    boolean container = held.isContainer() || value.isContainer();
                    if (container ? held.equals(value) : FieldOrder.compare(held, value) == 0) {
                        expected.add(each.key());
                    }
                });
                assertThat(index.find("task", FIELD, value)).isEqualTo(expected);
            }
        }
    }

    @Example
    void textsThatWereChosenForTheirHashAreLookedUpLikeOthers() {
        List<String> chosen = textsOfOneHash(15);
        assertThat(chosen.stream().map(String::hashCode).distinct()).hasSize(1);

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            FieldIndex index = new FieldIndex(Map.of("task", Set.of(FIELD)));
            Batch batch = new Batch();
            for (String text : chosen) {
                index.changed("task", null, record(text, '"' + text + '"'));
                batch.put(new Tombstone("p1", new RecordKey("task", text), "", 1));
            }
            for (String text : chosen) {
                assertThat(index.find("task", FIELD, Json.text(text))).containsExactly(new RecordKey("task", text));
            }
            assertThat(batch.keptTombstones()).hasSize(chosen.size());
        });
    }

    private static List<String> textsOfOneHash(int pairs) {
        List<String> texts = List.of("");
        for (int i = 0; i < pairs; i++) {
            List<String> longer = new ArrayList<>();
            texts.forEach(each -> {
                longer.add(each + "Aa");
                longer.add(each + "BB");
            });
            texts = longer;
        }
        return texts;
    }

    private static StoredRecord record(String id, String value) {
        byte[] json = "{\"id\":\"%s\",\"%s\":%s}".formatted(id, FIELD, value).getBytes(StandardCharsets.UTF_8);
        return new StoredRecord(new RecordKey("task", id), "p1", 1, json);
    }
}
