package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Changes that become one, or are worked out before they are sent, do what they do one after the other. */
class FieldChangeProperties {
    private static final List<String> ELEMENTS = List.of("a", "b", "c");

    /** Of "votes", a number, and "tags", a list, each update sets one or changes it, and may set a third field. */
    @Provide
    Arbitrary<ObjectNode> updates() {
        Arbitrary<ObjectNode> votes = Arbitraries.integers()
                .between(-9, 9)
                .map(by -> changing("votes", new FieldChange.Increment(new BigDecimal(by))));
        Arbitrary<ObjectNode> tags = Arbitraries.maps(Arbitraries.of(ELEMENTS), Arbitraries.of(true, false))
                .ofMinSize(1)
                .map(in -> changing("tags", elements(in)));
        Arbitrary<ObjectNode> plain = Arbitraries.of(
                        "{'votes':7}", "{'votes':null}", "{'tags':['b','z']}", "{'tags':null}", "{'title':'x'}")
                .map(json -> Json.readObject(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
        return Arbitraries.oneOf(votes, tags, plain);
    }

    private static FieldChange elements(Map<String, Boolean> in) {
        Map<JsonNode, Boolean> elements = new LinkedHashMap<>();
        in.forEach((element, is) -> elements.put(Json.object().stringNode(element), is));
        return new FieldChange.Elements(elements);
    }

    private static ObjectNode changing(String field, FieldChange change) {
        ObjectNode fields = Json.object();
        fields.putObject(FieldChange.FIELD).set(field, change.toJson());
        return fields;
    }

    private static ObjectNode record() {
        ObjectNode record = Json.object().put("id", "t1").put("votes", 5);
        record.putArray("tags").add("a").add("kept");
        return record;
    }

    @Property
    void foldedTheyComeToTheSame(@ForAll("histories") List<ObjectNode> updates) {
        ObjectNode oneByOne = record();
        updates.forEach(each -> Merge.into(oneByOne, each));

        ObjectNode folded = updates.get(0).deepCopy();
        for (ObjectNode next : updates.subList(1, updates.size())) {
            folded = Merge.patches(folded, next.deepCopy());
        }

        assertThat(sorted(Merge.into(record(), folded))).isEqualTo(sorted(oneByOne));
    }

    @Property
    void whatIsWorkedOutIsDoneOnceHoweverOftenItIsAppliedAndCanBeTakenBack(
            @ForAll("histories") List<ObjectNode> updates) {
        ObjectNode fields = updates.get(0);
        if (!fields.has(FieldChange.FIELD)) {
            return;
        }
        ObjectNode worked = FieldChange.workedOut(fields, record());

        ObjectNode once = Merge.into(record(), worked);
        assertThat(once).isEqualTo(Merge.into(record(), fields));
        assertThat(Merge.into(once.deepCopy(), worked)).isEqualTo(once);
        assertThat(Merge.into(record(), FieldChange.sent(worked))).isEqualTo(once);
        assertThat(FieldChange.unresolved(worked)).isEqualTo(fields);
        assertThat(FieldChange.mayBeIn(Json.write(worked))).isTrue();
    }

    @Provide
    Arbitrary<List<ObjectNode>> histories() {
        return updates().list().ofMinSize(1).ofMaxSize(6);
    }

    /** A list that is changed has its elements in some order. */
    private static ObjectNode sorted(ObjectNode record) {
        ObjectNode sorted = record.deepCopy();
        if (record.path("tags").isArray()) {
            var tags = sorted.putArray("tags");
            record.path("tags").valueStream().map(JsonNode::asString).sorted().forEach(tags::add);
        }
        return sorted;
    }
}
