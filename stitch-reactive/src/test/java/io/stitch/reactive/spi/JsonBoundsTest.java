package io.stitch.reactive.spi;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.exc.StreamConstraintsException;

import java.util.function.IntFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What foreign JSON may be like: at each bound it is read, and one beyond it is not. */
class JsonBoundsTest {
    enum Bound {
        DEPTH(JsonBounds.MAX_DEPTH, depth -> "[".repeat(depth) + "]".repeat(depth)),
        NAME(JsonBounds.MAX_NAME_LENGTH, length -> "{\"" + "n".repeat(length) + "\":1}"),
        TEXT(JsonBounds.MAX_STRING_LENGTH, length -> "[\"" + "x".repeat(length) + "\"]"),
        NUMBER(JsonBounds.MAX_NUMBER_LENGTH, length -> "[" + "9".repeat(length) + "]"),
        TOKENS((int) JsonBounds.MAX_TOKENS, tokens -> "[1" + ",1".repeat(tokens - 3) + "]");

        final int most;
        final IntFunction<String> json;

        Bound(int most, IntFunction<String> json) {
            this.most = most;
            this.json = json;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsAtTheBoundIsReadAndWhatIsBeyondIsNot(Bound bound) {
        assertThat(JsonBounds.MAPPER.readTree(bound.json.apply(bound.most)).size())
                .isPositive();
        assertThatThrownBy(() -> JsonBounds.MAPPER.readTree(bound.json.apply(bound.most + 1)))
                .isInstanceOf(StreamConstraintsException.class);
    }
}
