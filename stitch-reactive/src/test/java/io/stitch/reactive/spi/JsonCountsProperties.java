package io.stitch.reactive.spi;

import io.stitch.reactive.spi.JsonCounts.Limits;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** What is counted over the bytes is what a tree of them has. */
class JsonCountsProperties {
    private static final int MANY = 1_000_000;

    @Provide
    Arbitrary<JsonNode> trees() {
        return trees(3);
    }

    private static Arbitrary<JsonNode> trees(int depth) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        Arbitrary<String> name = Arbitraries.of(
                // Some of them longer than the eight bytes that are looked at together, with what matters at any place
                // of those.
                "a",
                "b",
                "id",
                "e1",
                "\u00e4",
                "\"",
                "x\\",
                "{",
                "[,]",
                "1e99999",
                "a name of twenty-two[,",
                "seven77\"",
                "eight888\\",
                "nine99999\u00e4,{");
        Arbitrary<JsonNode> scalar = Arbitraries.oneOf(
                Arbitraries.integers().map(json::numberNode),
                name.map(json::stringNode),
                Arbitraries.of(json.nullNode(), json.booleanNode(true), json.numberNode(1.5e300)));
        if (depth == 0) {
            return scalar;
        }
        Arbitrary<JsonNode> inner = trees(depth - 1);
        return Arbitraries.oneOf(
                scalar,
                inner.list().ofMaxSize(5).map(all -> {
                    var list = json.arrayNode();
                    all.forEach(list::add);
                    return list;
                }),
                Combinators.combine(name, inner)
                        .as(Map::entry)
                        .list()
                        .ofMaxSize(5)
                        .map(all -> {
                            var object = json.objectNode();
                            all.forEach(each -> object.set(each.getKey(), each.getValue()));
                            return object;
                        }));
    }

    @Property
    void aBoundOnValuesIsBrokenByOneMore(
            @ForAll("trees") JsonNode tree, @ForAll @IntRange(min = 1, max = 20) int limit) {
        for (Charset charset : new Charset[] {StandardCharsets.UTF_8, StandardCharsets.UTF_16LE}) {
            int values = values(tree, false);
            int atMost = values(tree, charset.equals(StandardCharsets.UTF_8));

            @Nullable String problem = problem(tree, charset, new Limits(MANY, limit, MANY, MANY));

            if (values > limit) {
                assertThat(problem).isEqualTo("it has more than %d values".formatted(limit));
            } else if (atMost <= limit) {
                assertThat(problem).isNull();
            }
        }
    }

    @Property
    void aBoundOnElementsIsBrokenByOneMore(
            @ForAll("trees") JsonNode tree, @ForAll @IntRange(min = 1, max = 5) int limit) {
        for (Charset charset : new Charset[] {StandardCharsets.UTF_8, StandardCharsets.UTF_16LE}) {
            assertThat(problem(tree, charset, new Limits(limit, MANY, MANY, MANY)) != null)
                    .isEqualTo(largest(tree) > limit);
        }
    }

    @Property
    void aBoundOnNamesIsBrokenByOneMore(@ForAll("trees") JsonNode tree, @ForAll @IntRange(min = 1, max = 6) int limit) {
        Set<String> names = new HashSet<>();
        names(tree, names);
        for (Charset charset : new Charset[] {StandardCharsets.UTF_8, StandardCharsets.UTF_16LE}) {
            assertThat(problem(tree, charset, new Limits(MANY, MANY, limit, MANY)) != null)
                    .isEqualTo(names.size() > limit);
        }
    }

    /** Whatever the bytes are, the count ends, and what a parser takes within the bounds is not refused. */
    @Property
    void bytesThatAreNothingAreCountedWithoutTrouble(@ForAll byte[] bytes) {
        assertThatCode(() -> JsonBounds.problem(bytes)).doesNotThrowAnyException();
    }

    private static @Nullable String problem(JsonNode tree, Charset charset, Limits limits) {
        String text = JsonBounds.MAPPER.writeValueAsString(tree);
        String spaced = JsonBounds.MAPPER
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(tree)
                .replace("\n", " ".repeat(9));
        @Nullable String problem = JsonCounts.problem(text.getBytes(charset), limits);
        if (charset.equals(StandardCharsets.UTF_8)
                && !text.contains("{}")
                && !text.contains("[]")) { // Those are written with a space inside.
            assertThat(JsonCounts.problem(spaced.getBytes(charset), limits))
                    .as("with spaces")
                    .isEqualTo(problem);
        }
        return problem;
    }

    /** What is empty may count as if there were something in it, where only the bytes are looked at, unless there are so few that nothing is counted. */
    private static int values(JsonNode tree, boolean emptyCountsTwice) {
        int values = tree.isContainer() && tree.isEmpty() && emptyCountsTwice ? 2 : 1;
        for (JsonNode each : tree) {
            values += values(each, emptyCountsTwice);
        }
        return values;
    }

    private static int largest(JsonNode tree) {
        int largest = tree.size();
        for (JsonNode each : tree) {
            largest = Math.max(largest, largest(each));
        }
        return largest;
    }

    private static void names(JsonNode tree, Set<String> names) {
        names.addAll(tree.propertyNames());
        tree.forEach(each -> names(each, names));
    }

    /** Else a number that was read could be written in a form that is not read again. */
    @Property
    void theExponentIsThatOfTheNumberInItsShortestForm(
            @ForAll("mantissas") String mantissa, @ForAll @IntRange(min = -10_100, max = 10_100) int exponent) {
        String number = mantissa + "e" + exponent;
        BigDecimal value = new BigDecimal(number);
        long shortest = (long) value.precision() - value.scale() - 1;
        boolean large = Math.abs(exponent) > JsonBounds.MAX_EXPONENT || Math.abs(shortest) > JsonBounds.MAX_EXPONENT;

        String problem = JsonBounds.problem(("{\"a\":" + number + "}").getBytes(StandardCharsets.UTF_8));

        assertThat(problem).isEqualTo(large ? JsonBounds.LARGE_EXPONENT : null);
    }

    @Provide
    Arbitrary<String> mantissas() {
        Arbitrary<String> whole = Arbitraries.oneOf(
                Arbitraries.just("0"),
                Arbitraries.strings().withChars("0123456789").ofMaxLength(120).map(rest -> "7" + rest));
        Arbitrary<String> fraction = Arbitraries.oneOf(
                Arbitraries.just(""),
                Arbitraries.strings()
                        .withChars("00000123")
                        .ofMinLength(1)
                        .ofMaxLength(120)
                        .map(digits -> "." + digits));
        return Combinators.combine(whole, fraction).as(String::concat);
    }
}
