package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonSplice;
import io.stitch.reactive.internal.wire.JsonSplice.Spliced;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** Fields merged into a record that is kept as bytes give what they give in a tree. */
class MergeProperties {
    private static final JsonMapper PRETTY = JsonMapper.builder()
            .enable(tools.jackson.databind.SerializationFeature.INDENT_OUTPUT)
            .build();

    @Property
    void aMergeIntoBytesIsTheMergeIntoATree(
            @ForAll("objects") ObjectNode record, @ForAll("objects") ObjectNode fields, @ForAll boolean indented) {
        byte[] before = indented ? PRETTY.writeValueAsBytes(record) : Json.write(record);
        byte[] kept = before.clone();

        Spliced after = Merge.into(before, fields);

        assertThat(Merge.isSame(after.data(), Merge.into(record.deepCopy(), fields)))
                .isTrue();
        assertThat(Json.readObject(after.json())).isEqualTo(after.data());
        assertThat(before).isEqualTo(kept);
        assertThat(after.isChanged()).isEqualTo(!Merge.changesNothing(record, fields));
        assertThat(after.json() == before).isEqualTo(!after.isChanged());
    }

    @Property
    void whatNobodyWantsAsATreeIsInTheBytesAllTheSame(
            @ForAll("objects") ObjectNode record, @ForAll("objects") ObjectNode fields, @ForAll boolean indented) {
        byte[] before = indented ? PRETTY.writeValueAsBytes(record) : Json.write(record);

        Spliced whole = JsonSplice.set(before, fields, Merge::sameValue);
        Spliced part = JsonSplice.set(before, fields, Merge::sameValue, Set.of("id"));

        assertThat(part == null).isEqualTo(whole == null);
        if (whole != null && part != null) {
            assertThat(part.json()).isEqualTo(whole.json());
            assertThat(part.isChanged()).isEqualTo(whole.isChanged());
            Set<String> read = new HashSet<>(fields.propertyNames());
            read.add("id");
            assertThat(part.data()).isEqualTo(whole.data().retain(read));
        }
    }

    @Example
    void whatIsNotWrittenStaysAsItCame() {
        byte[] before = bytes("{ \"id\" : \"t1\",\"sum\":1.50e2 , \"title\":\"a\\u00e9\" }");

        Spliced after = Merge.into(before, (ObjectNode) Json.read(bytes("{\"title\":\"b\",\"new\":[1]}")));

        assertThat(after.json())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{ \"id\" : \"t1\",\"sum\":1.50e2 , \"title\":\"b\" ,\"new\":[1]}");
    }

    @Example
    void aRecordInAnotherEncodingIsMergedToo() {
        byte[] before = "{\"id\":\"t1\",\"title\":\"a\"}".getBytes(StandardCharsets.UTF_16BE);

        Spliced after = Merge.into(before, (ObjectNode) Json.read(bytes("{\"title\":\"b\"}")));

        assertThat(after.json()).asString(StandardCharsets.UTF_8).isEqualTo("{\"id\":\"t1\",\"title\":\"b\"}");
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    @Provide
    Arbitrary<ObjectNode> objects() {
        Arbitrary<String> names = Arbitraries.of("id", "title", "sum", "quoted\"name", "näme", "tags", "\ud83d\ude00");
        Arbitrary<String> texts = Arbitraries.strings()
                .withChars('a', '"', '\\', '}', ',', ':', 'é', '\u20ac', '\n', ' ')
                .ofMaxLength(8)
                .map(text -> Json.text(text).toString());
        Arbitrary<String> scalars = Arbitraries.oneOf(
                texts,
                Arbitraries.of("null", "true", "false", "0", "-1", "1.0", "1.50", "1e3", "12345678901234567890.12"));
        Arbitrary<String> values = Arbitraries.oneOf(
                scalars,
                scalars.list().ofMaxSize(3).map(all -> all.stream().collect(Collectors.joining(",", "[", "]"))),
                scalars.map(value -> "{\"inner\":" + value + ",\"list\":[{}]}"));
        return Arbitraries.maps(names, values).ofMaxSize(5).map(MergeProperties::object);
    }

    private static ObjectNode object(Map<String, String> members) {
        String json = members.entrySet().stream()
                .map(member -> Json.text(member.getKey()) + ":" + member.getValue())
                .collect(Collectors.joining(",", "{", "}"));
        return (ObjectNode) Json.read(bytes(json));
    }
}
