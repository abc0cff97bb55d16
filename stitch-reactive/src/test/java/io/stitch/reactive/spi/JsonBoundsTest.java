package io.stitch.reactive.spi;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.exc.StreamConstraintsException;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What foreign JSON may be like: at each bound it is read, and one beyond it is not. */
class JsonBoundsTest {
    enum Bound {
        DEPTH(JsonBounds.MAX_DEPTH),
        NAME(JsonBounds.MAX_NAME_LENGTH),
        TEXT(JsonBounds.MAX_STRING_LENGTH),
        NUMBER(JsonBounds.MAX_NUMBER_LENGTH),
        TOKENS((int) JsonBounds.MAX_TOKENS);

        final int most;

        Bound(int most) {
            this.most = most;
        }

        String json(int size) {
            return switch (this) {
                case DEPTH -> "[".repeat(size) + "]".repeat(size);
                case NAME -> "{\"" + "n".repeat(size) + "\":1}";
                case TEXT -> "[\"" + "x".repeat(size) + "\"]";
                case NUMBER -> "[" + "9".repeat(size) + "]";
                case TOKENS -> "[1" + ",1".repeat(size - 3) + "]";
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsAtTheBoundIsReadAndWhatIsBeyondIsNot(Bound bound) {
        assertThat(JsonBounds.MAPPER.readTree(bound.json(bound.most)).size()).isPositive();
        assertThatThrownBy(() -> JsonBounds.MAPPER.readTree(bound.json(bound.most + 1)))
                .isInstanceOf(StreamConstraintsException.class);
    }

    /** A parser does not look at a text that it skips, and takes some of these for characters when it does not. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c080",
                "c181",
                "e08080",
                "e09fbf",
                "eda080",
                "edbfbf",
                "f0808080",
                "f08fbfbf",
                "f4908080",
                "f5808080",
                "f7bfbfbf"
            })
    void aTextThatIsNoUtf8IsRefused(String hex) {
        for (String mark : List.of("", "efbbbf")) {
            byte[] json = json(mark, hex);

            assertThat(JsonBounds.problem(json)).isEqualTo("a text is not in UTF-8");
            assertThat(JsonBounds.recordProblem(json)).isEqualTo("a text is not in UTF-8");
            assertThatThrownBy(() -> JsonBounds.require(json)).isInstanceOf(StreamConstraintsException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"})
    void whatIsNextToItIsRead(String hex) {
        for (String mark : List.of("", "efbbbf")) {
            byte[] json = json(mark, hex);

            assertThat(JsonBounds.problem(json)).isNull();
            assertThat(JsonBounds.read(json).path("a").asString("").getBytes(StandardCharsets.UTF_8))
                    .isEqualTo(HexFormat.of().parseHex(hex));
        }
    }

    private static byte[] json(String mark, String hex) {
        String object = HexFormat.of().formatHex("{\"a\":\"%\"}".getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().parseHex(mark + object.replace("25", hex));
    }
}
