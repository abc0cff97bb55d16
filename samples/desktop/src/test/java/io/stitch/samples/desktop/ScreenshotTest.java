package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.PlainBroker;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** Draws the guide's picture: a board with a pending edit and one that was refused. {@code -Dscreenshot=FILE} says where to. */
@ExtendWith(WindowSystem.class)
class ScreenshotTest {
    @TempDir
    Path folder;

    @Test
    void theWindowIsDrawn() throws IOException {
        try (StitchServer server = StitchServer.start(SampleBoard.rules().build());
                PlainBroker broker = PlainBroker.start()) {
            server.seed(
                    "project",
                    List.of(
                            SampleBoard.project(SampleBoard.PROJECT, "Apollo refit"),
                            SampleBoard.project("gantry", "Gantry repairs"),
                            SampleBoard.project("moon", "Moon garden")));
            server.seed("task", SampleBoard.tasks(SampleBoard.PROJECT, 36));
            User ada = new User(
                    "Ada",
                    new Place(folder.resolve("server"), new Remote(server.url())),
                    new Place(folder.resolve("peers"), new Remote(broker.url())));
            try (TestWindow window = TestWindow.open(ada, Mode.SERVER)) {
                draw(window, server);
            }
        }
    }

    private static void draw(TestWindow window, StitchServer server) throws IOException {
        window.await("the tasks are there", () -> window.model().board().tasks().size() == 36);
        String title =
                Fx.call(() -> window.list(Status.DOING).getItems().get(0).task().title());
        Fx.run(() -> window.model().addTask(title));
        window.await("it was refused", () -> !window.notes().isEmpty());
        server.dropReplies(true);
        server.dropEvents(true);
        String moved =
                Fx.call(() -> window.list(Status.OPEN).getItems().get(1).task().title());
        window.select(Status.OPEN, moved);
        window.press(KeyCode.SHIFT, KeyCode.RIGHT);
        window.await(
                "it is pending",
                () -> window.isMarkedPending(moved)
                        && window.selectedIn(Status.DOING).equals(moved)
                        && window.text("pending").equals("1 pending"));

        Picture picture = Picture.of(window);
        picture.write(Path.of(System.getProperty("screenshot", "target/desktop.png")));
        assertThat(picture.colours()).as("a window that is not empty").isGreaterThan(100);
    }
}
