package io.stitch.reactive.spi;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.exc.StreamConstraintsException;

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
}
