package io.stitch.reactive.peer;

/** Peers on one Artemis, which keeps everything for a slow subscriber. */
class PeersOnArtemisTest extends PeersOnABroker<ArtemisNodes> {
    @Override
    ArtemisNodes startBroker() {
        return ArtemisNodes.start(1);
    }
}
