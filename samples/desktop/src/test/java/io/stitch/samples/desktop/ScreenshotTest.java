package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.PlainBroker;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import javax.imageio.ImageIO;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javafx.scene.image.PixelReader;
import javafx.scene.image.WritableImage;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** Draws the guide's picture: a board with a pending edit and one that was refused. {@code -Dscreenshot=FILE} says where to. */
@ExtendWith(WindowSystem.class)
class ScreenshotTest {
    @TempDir
    Path folder;

    @Test
    void theWindowIsDrawn() throws IOException {
        try (StitchServer server = StitchServer.start(Inside.rules().build());
                PlainBroker broker = PlainBroker.start()) {
            server.seed(
                    "project",
                    List.of(
                            Inside.project(Inside.SAMPLE, "Apollo refit"),
                            Inside.project("gantry", "Gantry repairs"),
                            Inside.project("moon", "Moon garden")));
            server.seed("task", Inside.tasks(Inside.SAMPLE, 36));
            User ada = new User(
                    "Ada",
                    new Place(folder.resolve("server"), server.url()),
                    new Place(folder.resolve("peers"), broker.url()));
            try (TestWindow window = TestWindow.open(ada, Mode.SERVER)) {
                draw(window, server);
            }
        }
    }

    private static void draw(TestWindow window, StitchServer server) throws IOException {
        window.await("the tasks are there", () -> window.model().tasks().size() == 36);
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

        WritableImage picture = Fx.call(() -> window.stage().getScene().snapshot(null));

        BufferedImage image = image(picture);
        Path file = Path.of(System.getProperty("screenshot", "target/desktop.png"));
        Files.createDirectories(file.toAbsolutePath().getParent());
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
        long colours = Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct()
                .count();
        assertThat(colours).as("a window that is not empty").isGreaterThan(100);
    }

    /** Opaque: a picture in a guide has no see-through corners. */
    private static BufferedImage image(WritableImage picture) {
        PixelReader pixels = picture.getPixelReader();
        BufferedImage image =
                new BufferedImage((int) picture.getWidth(), (int) picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                image.setRGB(x, y, pixels.getArgb(x, y));
            }
        }
        return image;
    }
}
