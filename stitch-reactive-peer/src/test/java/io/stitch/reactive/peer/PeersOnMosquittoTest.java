package io.stitch.reactive.peer;

import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** Peers on the small broker that people really have, which drops what is beyond its queue: later hellos make up for it. */
@EnabledIf(
        value = "io.stitch.reactive.peer.MosquittoBroker#isExpected",
        disabledReason = "Mosquitto is not installed here; on a build server it must be.")
class PeersOnMosquittoTest extends PeersOnABroker<MosquittoBroker> {
    @TempDir
    Path folder;

    @Override
    MosquittoBroker startBroker() {
        return MosquittoBroker.start(folder);
    }
}
