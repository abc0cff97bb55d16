package io.stitch.reactive.peer;

import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.ScopeStatus.State;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** What peers can know of whether all is there. */
class StatusInVirtualTimeTest {
    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private List<State> states(Scope scope) {
        List<State> states = new ArrayList<>();
        scope.status().map(ScopeStatus::state).subscribe(states::add);
        peers.settle();
        return states;
    }

    private static State last(List<State> states) {
        return states.get(states.size() - 1);
    }

    @Test
    void whoIsThereAloneIsToldSoAndComparedWithWhoComes() {
        List<State> ann = states(peers.peer("ann").open("p1"));
        peers.pass(Duration.ofSeconds(15));
        assertThat(ann).endsWith(State.COMPARING, State.ALONE);

        List<State> ben = states(peers.peer("ben").open("p1"));
        peers.pass(Duration.ofSeconds(15));
        assertThat(ben).endsWith(State.COMPARED).doesNotContain(State.ALONE);
        assertThat(last(ann)).isEqualTo(State.COMPARED);
    }

    @Test
    void whoIsComparedHasWhatTheOthersHold() {
        Scope ann = peers.peer("ann").open("p1");
        peers.send("p1/task/events/created", Peers.task("t1", "one", Peers.START));
        peers.pass(Duration.ofSeconds(15));
        Scope ben = peers.peer("ben").open("p1");
        List<String> then = new ArrayList<>();
        ben.status()
                .filter(ScopeStatus::isCompared)
                .subscribe(status -> then.add(status.state() + " " + ben.childCount(Peers.TASK)));
        peers.pass(Duration.ofSeconds(15));

        assertThat(ann.childCount(Peers.TASK)).isEqualTo(1);
        assertThat(then).isNotEmpty().allMatch("COMPARED 1"::equals);
    }

    @Test
    void whoNeverAnswersIsTakenToBeDoneWhenItWasQuiet() {
        peers.plainPeer("old").open("p1");
        peers.send("p1/task/events/created", Peers.task("t1", "one", Peers.START));
        peers.pass(Duration.ofSeconds(15));
        Scope ben = peers.peer("ben").open("p1");
        List<State> states = states(ben);
        peers.pass(Duration.ofSeconds(60));

        assertThat(last(states)).isEqualTo(State.COMPARED);
        assertThat(ben.childCount(Peers.TASK)).isEqualTo(1);
    }
}
