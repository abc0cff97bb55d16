package io.stitch.samples.desktop;

import io.stitch.reactive.ScopeSafety;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SafetyTextTest {
    @Test
    void itSaysWhoHasIt() {
        assertThat(SafetyText.of(new ScopeSafety(0, 0, 0, 1), Mode.PEERS)).isEqualTo("1 other has it all");
        assertThat(SafetyText.of(new ScopeSafety(0, 0, 0, 3), Mode.PEERS)).isEqualTo("3 others have it all");
        assertThat(SafetyText.of(new ScopeSafety(0, 0, 0, 0), Mode.PEERS)).isEmpty();
        assertThat(SafetyText.of(ScopeSafety.byServer(0), Mode.SERVER)).isEqualTo("Saved");
    }

    @Test
    void itSaysWhatMayBeLost() {
        assertThat(SafetyText.of(new ScopeSafety(0, 1, 4, 0), Mode.PEERS)).isEqualTo("1 change only here");
        assertThat(SafetyText.of(new ScopeSafety(0, 2, 0, 0), Mode.PEERS)).isEqualTo("2 changes only here");
        assertThat(SafetyText.of(new ScopeSafety(0, 0, 2, 0), Mode.PEERS)).isEqualTo("Waiting for others to have it");
    }

    @Test
    void whatWaitsToBeSentIsSaidElsewhere() {
        assertThat(SafetyText.of(new ScopeSafety(2, 1, 0, 0), Mode.PEERS)).isEmpty();
        assertThat(SafetyText.of(ScopeSafety.byServer(2), Mode.SERVER)).isEmpty();
    }
}
