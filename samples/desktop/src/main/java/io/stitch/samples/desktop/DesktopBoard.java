package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.application.Platform;
import javafx.stage.Stage;

/** Runs the desktop board from the command line, until its last window is closed. */
public final class DesktopBoard {
    private static final int WRONG_USAGE = 2;
    private static final int FAILED = 1;

    private final Options options;
    private final Inside inside;
    private final CountDownLatch over = new CountDownLatch(1);
    private int opened;
    private int open;

    private DesktopBoard(Options options, Inside inside) {
        this.options = options;
        this.inside = inside;
    }

    /**
     * Opens the windows. Exits with 2 if an argument is wrong, and with 1 if there is no display or something cannot start.
     *
     * @param args the arguments; {@code --help} lists them
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        // Always, as threads of the toolkit that could not start would keep the process.
        System.exit(run(List.of(args), out, err));
    }

    static int run(List<String> args, PrintStream out, PrintStream err) throws InterruptedException {
        if (args.contains("--help")) {
            out.print(Options.HELP);
            return 0;
        }
        Options options;
        try {
            options = Options.parse(args, Passwords.ofProcess());
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println("--help lists the options.");
            return WRONG_USAGE;
        }
        String obstacle = startToolkit();
        if (obstacle != null) {
            err.println(obstacle);
            return FAILED;
        }
        try (Inside inside = Inside.start(options)) {
            out.println("The server is at %s, the broker between peers at %s."
                    .formatted(inside.serverUsed().url(), inside.brokerUsed().url()));
            new DesktopBoard(options, inside).show();
            return 0;
        } catch (IllegalStateException e) {
            err.println(
                    "The server inside cannot start: %s. If the board is open already, press Ctrl+W there for another window."
                            .formatted(e.getMessage()));
            return FAILED;
        } finally {
            Platform.exit(); // Or its thread would keep the process, and an unexpected error would stay unseen.
        }
    }

    /** {@return why there can be no windows and what to do, or {@code null} if the toolkit runs now} */
    static @Nullable String startToolkit() {
        if (System.getProperty("os.name").startsWith("Linux")
                && System.getenv().getOrDefault("DISPLAY", "").isBlank()) {
            return "There is no display (DISPLAY is not set), and the board is a window. Run it on a desktop, or with"
                    + " xvfb-run on a virtual one.";
        }
        // From the class path it says in a warning that it would rather be modules. It works from both.
        Logger.getLogger("javafx").setLevel(Level.SEVERE);
        try {
            Platform.startup(() -> Platform.setImplicitExit(false));
            return null;
        } catch (UnsupportedOperationException | UnsatisfiedLinkError e) {
            return "The window system cannot be used: %s. See that the display can be reached, and that GTK 3 is installed"
                            .formatted(e.getMessage())
                    + " (the package libgtk-3-0).";
        }
    }

    private void show() throws InterruptedException {
        Platform.runLater(() -> {
            for (int i = 0; i < options.windows(); i++) {
                openWindow();
            }
        });
        over.await();
    }

    /** On the JavaFX thread. */
    private void openWindow() {
        User user = options.user(opened++, inside.serverUsed(), inside.brokerUsed());
        BoardModel model = new BoardModel(user, options.mode(), Clock.systemUTC());
        Stage stage = new Stage();
        BoardWindow.make(model, stage, this::openWindow);
        open++;
        stage.setOnHidden(event -> model.close()
                .publishOn(FxThread.SCHEDULER)
                .doFinally(signal -> {
                    open--;
                    if (open == 0) {
                        over.countDown();
                    }
                })
                .subscribe());
        stage.show();
        model.start();
    }
}
