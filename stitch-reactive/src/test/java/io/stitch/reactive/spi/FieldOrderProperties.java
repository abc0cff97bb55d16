package io.stitch.reactive.spi;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import tools.jackson.databind.JsonNode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** The bytes of values compare as the values do, and both as a plain model says. */
class FieldOrderProperties {
    @Provide
    Arbitrary<JsonNode> values() {
        Arbitrary<String> whole = Arbitraries.longs().map(String::valueOf);
        Arbitrary<String> near = Arbitraries.of(9_007_199_254_740_992L, 100L, 0L, -9_007_199_254_740_993L)
                .flatMap(value -> Arbitraries.longs().between(-2, 2).map(more -> String.valueOf(value + more)));
        Arbitrary<String> decimal = Arbitraries.bigDecimals().ofScale(12).map(BigDecimal::toPlainString);
        Arbitrary<String> large = Arbitraries.bigIntegers()
                .between(BigInteger.TEN.pow(60).negate(), BigInteger.TEN.pow(60))
                .flatMap(value -> Arbitraries.integers().between(-500, 500).map(exponent -> value + "e" + exponent));
        Arbitrary<String> text = Arbitraries.strings()
                .withChars('a', 'b', '\u00e4', '\uffff', '\ud83d', '\ude00')
                .ofMaxLength(4)
                .filter(each -> new String(
                                each.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                java.nio.charset.StandardCharsets.UTF_8)
                        .equals(each))
                .map(each -> JsonBounds.MAPPER.writeValueAsString(each));
        return Arbitraries.oneOf(
                        whole,
                        near,
                        decimal,
                        large,
                        text,
                        Arbitraries.of("true", "false", "null", "{}", "[1]", "1.0", "1", "0.0", "-0", "1e2"))
                .map(JsonBounds.MAPPER::readTree);
    }

    @Property(tries = 20_000)
    void keysCompareAsValuesDo(@ForAll("values") JsonNode one, @ForAll("values") JsonNode other) {
        int expected = Integer.signum(model(one, other));

        assertThat(Integer.signum(FieldOrder.compare(one, other))).isEqualTo(expected);
        assertThat(Integer.signum(Arrays.compareUnsigned(FieldOrder.key(one), FieldOrder.key(other))))
                .isEqualTo(expected);
        assertThat(FieldOrder.key(one)[0]).isEqualTo(FieldOrder.kind(one));
    }

    private static int model(JsonNode one, JsonNode other) {
        int kinds = Integer.compare(FieldOrder.kind(one), FieldOrder.kind(other));
        if (kinds != 0) {
            return kinds;
        }
        if (one.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue());
        }
        if (one.isBoolean()) {
            return Boolean.compare(one.booleanValue(), other.booleanValue());
        }
        return one.isString()
                ? Arrays.compare(
                        one.stringValue().codePoints().toArray(),
                        other.stringValue().codePoints().toArray())
                : 0;
    }

    @Property
    void aPatternFindsWhatARegularExpressionFinds(@ForAll("patterns") String text, @ForAll("patterns") String pattern) {
        String plain = text.replace("*", "a");
        Pattern expected = Pattern.compile(
                Stream.of(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
                Pattern.DOTALL);

        assertThat(FieldOrder.isLike(plain, pattern))
                .isEqualTo(expected.matcher(plain).matches());
    }

    @Property(tries = 5_000)
    void aTextIsFoundWhateverItsCaseIs(@ForAll("searched") String text, @ForAll("searched") String part) {
        int[] characters = folded(text);
        int[] sought = folded(part);

        assertThat(FieldOrder.contains(text, part))
                .isEqualTo(IntStream.rangeClosed(0, characters.length - sought.length)
                        .anyMatch(at -> Arrays.equals(Arrays.copyOfRange(characters, at, at + sought.length), sought)));
    }

    private static int[] folded(String text) {
        return text.codePoints()
                .map(point -> Character.toLowerCase(Character.toUpperCase(point)))
                .toArray();
    }

    @Provide
    Arbitrary<String> searched() {
        return Arbitraries.of(
                        "a",
                        "A",
                        "b",
                        "*",
                        "\u00df",
                        "\u00e9",
                        "\u00c9",
                        "\u03c3",
                        "\u03c2",
                        "\u03a3",
                        "i",
                        "I",
                        "\u0130",
                        "\u0131",
                        "\ud801\udc00",
                        "\ud801\udc28",
                        "\ud83d\ude00",
                        "\ud83d",
                        "\ude00")
                .list()
                .ofMaxSize(5)
                .map(each -> String.join("", each));
    }

    /** Half a character is not a part of a whole one. */
    @Example
    void halfACharacterIsNotFoundInAWholeOne() {
        String smile = "\ud83d\ude00";

        assertThat(FieldOrder.contains(smile, "\ud83d")).isFalse();
        assertThat(FieldOrder.isLike(smile, "*\ude00")).isFalse();
        assertThat(FieldOrder.isLike(smile, "\ud83d*")).isFalse();
        assertThat(FieldOrder.isLike("\ud83d", "\ud83d*")).isTrue();
        assertThat(FieldOrder.contains("x\ud83dX", "\ud83dx")).isTrue();
    }

    /** Long enough that what looks for a part does so in its other way. */
    @Property
    void aLongPartIsFoundWhereItIs(
            @ForAll @IntRange(max = 60) int before,
            @ForAll @IntRange(max = 60) int repeats,
            @ForAll @IntRange(max = 60) int after,
            @ForAll("patterns") String beginning,
            @ForAll("patterns") String end) {
        String part = "ab".repeat(repeats) + beginning.replace("*", "b");
        String text = "ab".repeat(before) + end.replace("*", "a") + "ab".repeat(after);

        assertThat(FieldOrder.isLike(text, '*' + part + '*')).isEqualTo(text.contains(part));
    }

    @Example
    void aTextThatNearlyHasEachPartTakesNoLongerThanAnother() {
        String text = "a".repeat(2_000_000);

        assertThat(assertTimeoutPreemptively(
                        Duration.ofSeconds(10), () -> FieldOrder.isLike(text, "*" + "a".repeat(1_000_000) + "b*")))
                .isFalse();
        assertThat(assertTimeoutPreemptively(
                        Duration.ofSeconds(10), () -> FieldOrder.contains(text, "A".repeat(1_000_000) + "b")))
                .isFalse();
        assertThat(assertTimeoutPreemptively(
                        Duration.ofSeconds(10), () -> FieldOrder.isLike(text, "*a".repeat(1_000_000) + "b")))
                .isFalse();
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.strings().withChars("ab*\n").ofMaxLength(8);
    }
}
