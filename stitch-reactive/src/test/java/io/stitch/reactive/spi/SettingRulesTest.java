package io.stitch.reactive.spi;

import io.stitch.reactive.ServerSync;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

class SettingRulesTest {
    private final ServerSync.Builder builder = ServerSync.builder();

    @Test
    void whatCannotWorkIsRefusedWhenItIsSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.helloSpacing(Duration.ZERO))
                .withMessage("The hello spacing must be longer than zero, not PT0S.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestTimeout(Duration.ofSeconds(-1)))
                .withMessage("The request timeout must be longer than zero, not PT-1S.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.echoTimeout(Duration.ofSeconds(-1)))
                .withMessage("The echo timeout must not be negative, as PT-1S is; zero turns it off.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestsInFlight(1, 0))
                .withMessage("The requests in flight on an old server must be 1 or more, not 0.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestsInFlight(0, 1))
                .withMessage("The requests in flight on a new server must be 1 or more, not 0.");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.maxMessageBytes(1_023));
        assertThatNullPointerException()
                .isThrownBy(() -> builder.quietPeriod(null))
                .withMessage("quiet period");
    }

    /** Sums and products of times must not overflow where nobody waits for the error. */
    @Test
    void noTimeIsLongerThanAHundredYears() {
        Duration longest = Duration.ofDays(36_525);
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
        Map<String, Function<Duration, ServerSync.Builder>> times = Map.of(
                "hello spacing", builder::helloSpacing,
                "quiet period", builder::quietPeriod,
                "compare interval", builder::compareInterval,
                "echo timeout", builder::echoTimeout,
                "request timeout", builder::requestTimeout);
        times.forEach((what, setter) -> {
            for (Duration tooLong : List.of(longest.plusNanos(1), forEver)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> setter.apply(tooLong))
                        .withMessage("The %s must be at most 36525 days (a hundred years), not %s."
                                .formatted(what, tooLong));
            }
            assertThatCode(() -> setter.apply(longest)).doesNotThrowAnyException();
        });
    }

    @Test
    void aTextThatMqttCannotCarryIsRefusedAndNotShown() {
        for (String text : List.of("s3cret\0", "s3cret\ud800", "\udc00s3cret", "s3cret" + "ü".repeat(32_768))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SettingRules.requireText("name", text))
                    .withMessageStartingWith("The name cannot be sent: ")
                    .satisfies(error ->
                            assertThat(error).hasMessageNotContaining("s3cret").hasNoCause());
        }
        for (String text : List.of("", "ada", "\ud83d\ude00", "x".repeat(65_535))) {
            assertThat(SettingRules.requireText("name", text)).isSameAs(text);
        }
    }

    @Test
    void whatIsRefusedChangesNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> builder.requestsInFlight(7, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.requestsInFlight(0, 7));

        ServerSync mode = builder.compareInterval(Duration.ZERO).build();
        assertThat(mode.requestsInFlight()).isEqualTo(256);
        assertThat(mode.requestsInFlightOldServer()).isEqualTo(16);
        assertThat(mode.compareInterval()).isZero();
    }
}
