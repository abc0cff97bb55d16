package io.stitch.samples.webflux;

import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;

/** The reference server inside the service, so that one command is enough to see the board. */
final class EmbeddedServer {
    private EmbeddedServer() {}

    static StitchServer start(BoardProperties.Embedded settings) {
        StitchServer server = StitchServer.start(
                SampleBoard.rules().port(settings.port()).data(settings.data()).build());
        if (settings.sampleTasks() > 0) {
            SampleBoard.seed(server, settings.sampleTasks());
        }
        return server;
    }
}
