package io.stitch.samples.desktop;

import javax.imageio.ImageIO;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javafx.scene.image.PixelReader;
import javafx.scene.image.WritableImage;

/** A window as it is drawn. */
record Picture(BufferedImage image) {
    static Picture of(TestWindow window) {
        WritableImage drawn = Fx.call(() -> window.stage().getScene().snapshot(null));
        PixelReader pixels = drawn.getPixelReader();
        // Opaque: a picture in a guide has no see-through corners.
        BufferedImage image =
                new BufferedImage((int) drawn.getWidth(), (int) drawn.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                image.setRGB(x, y, pixels.getArgb(x, y));
            }
        }
        return new Picture(image);
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        if (!ImageIO.write(image, "png", file.toFile())) {
            throw new IOException("PNG cannot be written here.");
        }
    }

    long colours() {
        return Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct()
                .count();
    }
}
