package io.stitch.reactive.peer;

import io.stitch.server.Mosquitto;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** Peers on the small broker that people really have, which drops what is beyond its queue: later hellos make up for it. */
@EnabledIf(
        value = "io.stitch.server.Mosquitto#isExpected",
        disabledReason = "Mosquitto is not installed here; on a build server it must be.")
class PeersOnMosquittoTest extends PeersOnABroker<PeersOnMosquittoTest.WithDefaultLimits> {
    @TempDir
    Path folder;

    record WithDefaultLimits(Mosquitto mosquitto) implements TestBroker {
        @Override
        public int port(int peer) {
            return mosquitto.port();
        }

        @Override
        public void close() {
            mosquitto.close();
        }
    }

    @Override
    WithDefaultLimits startBroker() {
        return new WithDefaultLimits(Mosquitto.start(folder, "allow_anonymous true"));
    }
}
