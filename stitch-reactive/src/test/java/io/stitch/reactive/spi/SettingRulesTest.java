package io.stitch.reactive.spi;

import io.stitch.reactive.ServerSync;
import org.junit.jupiter.api.Test;

import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;
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
