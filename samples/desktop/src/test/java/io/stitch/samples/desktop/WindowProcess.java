package io.stitch.samples.desktop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javafx.application.Platform;
import javafx.collections.ListChangeListener;
import javafx.event.Event;
import javafx.scene.control.DialogPane;
import javafx.stage.Stage;
import javafx.stage.Window;
import javafx.stage.WindowEvent;

/** The application in a process of its own, which tells of its windows and closes them when it is asked to. */
final class WindowProcess implements AutoCloseable {
    private static final String WINDOW = "WINDOW ";

    private final Process process;
    private final BufferedReader output;
    private final List<String> printed = new ArrayList<>();

    private WindowProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static WindowProcess start(Xvfb display, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                                Stream.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-Dprism.order=sw",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        WindowProcess.class.getName()),
                                Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true);
        builder.environment().put("DISPLAY", display.display());
        return new WindowProcess(builder.start());
    }

    /** {@return the text of the next window that is shown, or its title} Blocks until then. */
    String nextWindow() throws IOException {
        String line = output.readLine();
        while (line != null && !line.startsWith(WINDOW)) {
            printed.add(line);
            line = output.readLine();
        }
        if (line == null) {
            throw new AssertionError("It ended without a window, and printed " + printed);
        }
        return line.substring(WINDOW.length());
    }

    /** As somebody who clicks on the button of each frame. */
    void closeWindows() throws IOException {
        process.outputWriter(StandardCharsets.UTF_8).append('\n').flush();
    }

    /** Blocks until the process is over. */
    int exitStatus() throws IOException, InterruptedException {
        output.lines().forEach(printed::add);
        return process.waitFor();
    }

    List<String> printed() {
        return printed;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    // ---- in the process ----

    public static void main(String[] arguments) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Window.getWindows().addListener((ListChangeListener<Window>) change -> {
            while (change.next()) {
                change.getAddedSubList().forEach(window -> out.println(WINDOW + text(window)));
            }
        });
        Thread closer = new Thread(WindowProcess::closeWhenAsked);
        closer.setDaemon(true);
        closer.start();
        DesktopBoard.main(arguments);
    }

    private static String text(Window window) {
        return window.getScene().getRoot() instanceof DialogPane dialog
                ? dialog.getContentText()
                : ((Stage) window).getTitle();
    }

    private static void closeWhenAsked() {
        try {
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Platform.runLater(() -> List.copyOf(Window.getWindows())
                .forEach(window -> Event.fireEvent(window, new WindowEvent(window, WindowEvent.WINDOW_CLOSE_REQUEST))));
    }
}
