package io.stitch.simulation.model;

import io.stitch.simulation.model.PeerModel.Bounds;
import io.stitch.simulation.model.PeerModel.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

class PeerModelTest {
    @ParameterizedTest
    @CsvSource({"2,1,3", "2,2,3", "3,1,2"})
    void whateverHappensInWhateverOrderPeersAgreeOnWhatIsRight(int peers, int fields, int writes) {
        PeerModel.Result result = new PeerModel(new Bounds(peers, fields, writes)).check();
        assertThat(result.counterexample()).isEmpty();
        assertThat(result.states()).as("all of them were looked at").isGreaterThan(200);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsMadeWrongOnPurposeIsFound(Fault fault) {
        PeerModel.Result small = new PeerModel(new Bounds(2, 2, 3), fault).check();
        PeerModel.Result found =
                small.counterexample().isPresent() ? small : new PeerModel(new Bounds(3, 1, 2), fault).check();
        assertThat(found.counterexample()).as("how it goes wrong").isPresent();
    }

    @Test
    void aCounterexampleTellsHowItCameAbout() {
        PeerModel.Result result = new PeerModel(new Bounds(2, 2, 3), Fault.MERGES_WHOLE_RECORDS).check();
        assertThat(result.counterexample().orElseThrow())
                .contains("writes field")
                .contains("the last write of field");
    }
}
