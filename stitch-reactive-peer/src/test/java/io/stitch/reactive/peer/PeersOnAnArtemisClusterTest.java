package io.stitch.reactive.peer;

import io.stitch.reactive.Patch;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

import static io.stitch.reactive.peer.Peers.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Peers on different nodes of a cluster of two Artemis brokers. */
class PeersOnAnArtemisClusterTest extends PeersOnABroker<ArtemisNodes> {
    @Override
    ArtemisNodes startBroker() {
        return ArtemisNodes.start(2);
    }

    @Test
    void aNodeThatStopsInTheMiddleOfAReplayAndStartsAgainCostsNothing() {
        PeerOnABroker full = peer("full");
        full.fill(RECORDS);
        Sinks.Empty<Void> middle = Sinks.empty();
        full.events.beforeEvent(MIDDLE, () -> {
            broker.stop(1);
            middle.tryEmitEmpty();
        });
        PeerOnABroker fresh = peer("fresh");
        middle.asMono().timeout(PATIENCE).block();
        full.scope.update(TASK, "t0", Patch.of("title", "written meanwhile")).block(PATIENCE);
        assertThat(fresh.titles()).hasSizeLessThan(RECORDS);
        broker.restart(1);
        fresh.awaitRecords(RECORDS);
        fresh.awaitTitle("t0", "written meanwhile");
        assertThat(fresh.titles()).isEqualTo(full.titles());
    }
}
