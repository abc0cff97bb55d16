package io.stitch.samples.desktop;

import io.stitch.reactive.spi.Credentials;
import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.PlainBroker;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import tools.jackson.databind.json.JsonMapper;

import java.nio.file.Path;
import java.util.List;

/** A server with the board “Refit”, a broker for peers, and a folder for what windows keep. */
final class TestBoard implements AutoCloseable {
    private final Path folder;
    private final StitchServer server;
    private final PlainBroker broker;

    private TestBoard(Path folder, StitchServer server, PlainBroker broker) {
        this.folder = folder;
        this.server = server;
        this.broker = broker;
    }

    static TestBoard start(Path folder) {
        return start(folder, SampleBoard.rules().build());
    }

    static TestBoard start(Path folder, StitchServerOptions rules) {
        StitchServer server = StitchServer.start(rules);
        server.seed("project", List.of(SampleBoard.project("p1", "Refit")));
        return new TestBoard(folder, server, PlainBroker.start());
    }

    StitchServer server() {
        return server;
    }

    User user(String name) {
        return user(name, new Remote(server.url()));
    }

    User user(String name, String login, String password) {
        return user(name, new Remote(server.url(), new Credentials(login, password), null));
    }

    private User user(String name, Remote remote) {
        return new User(
                name,
                new Place(folder.resolve(name + "-server"), remote),
                new Place(folder.resolve(name + "-peers"), new Remote(broker.url())));
    }

    /** Ada's window, with the board open. */
    TestWindow open() {
        TestWindow window = TestWindow.open(user("Ada"), Mode.SERVER);
        window.awaitConnected();
        window.await("the board is open", () -> window.text("board-name").equals("Refit"));
        return window;
    }

    /** As somebody else would write it. */
    void put(String id, String title, Status status) {
        server.put(
                "task",
                JsonMapper.shared()
                        .createObjectNode()
                        .put("id", id)
                        .put("projectId", "p1")
                        .put("title", title)
                        .put("status", status.name())
                        .toString());
    }

    @Override
    public void close() {
        server.close();
        broker.close();
    }
}
