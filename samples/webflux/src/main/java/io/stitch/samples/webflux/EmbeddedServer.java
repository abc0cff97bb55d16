package io.stitch.samples.webflux;

import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;

/** The reference server inside the service, so that one command is enough to see the board. */
final class EmbeddedServer {
    private EmbeddedServer() {}

    static StitchServer start(BoardProperties.Embedded settings) {
        StitchServer server = started(settings);
        if (settings.sampleTasks() > 0) {
            SampleBoard.seed(server, settings.sampleTasks());
        }
        return server;
    }

    private static StitchServer started(BoardProperties.Embedded settings) {
        try {
            return StitchServer.start(SampleBoard.rules()
                    .port(settings.port())
                    .data(settings.data())
                    .build());
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "The server inside does not start: %s. It keeps %s (board.embedded.data) and listens on port %d (board.embedded.port); a second service on this machine needs a folder of its own (board.folder)."
                            .formatted(e.getMessage(), settings.data(), settings.port()),
                    e);
        }
    }
}
