package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.application.Platform;
import javafx.scene.control.Alert;
import javafx.scene.control.ButtonType;
import javafx.scene.layout.Region;
import javafx.stage.Stage;

/** Runs the desktop board from the command line, until its last window is closed. */
public final class DesktopBoard {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(DesktopBoard.class);
    private static final int WRONG_USAGE = 2;
    private static final int FAILED = 1;

    private final Options options;
    private final Inside inside;
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<BoardWindow> windows = new ArrayList<>();
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
        int status = FAILED;
        try {
            status = run(List.of(args), out, err);
        } catch (RuntimeException | Error e) {
            LOG.error("The board ends because of a defect", e);
        } finally {
            System.exit(status);
        }
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
        } catch (CannotStartException e) {
            LOG.warn("The server inside did not start: {}", String.valueOf(e.getCause()));
            LOG.debug("The server inside did not start", e);
            String why = Sentences.cannotStart(e);
            err.println(why);
            showUntilClosed(why);
            return FAILED;
        } finally {
            Platform.exit(); // Or its thread would keep the process, and an unexpected error would stay unseen.
        }
    }

    /** Whoever has started it from a menu or an icon has no terminal to read what is wrong. */
    private static void showUntilClosed(String why) throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        Platform.runLater(() -> {
            Alert alert = new Alert(Alert.AlertType.ERROR, why, ButtonType.CLOSE);
            alert.setTitle("Boards");
            alert.setHeaderText(null);
            alert.getDialogPane().setMinHeight(Region.USE_PREF_SIZE);
            alert.setOnHidden(event -> closed.countDown());
            alert.show();
        });
        closed.await();
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
            LOG.warn("The window system cannot be used: {}", e.toString());
            return "The window system cannot be used. See that the display can be reached, and that GTK 3 is installed (the package"
                    + " libgtk-3-0).";
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
        BoardWindow window = BoardWindow.make(model, stage, new BoardWindow.Application() {
            @Override
            public void anotherWindow() {
                openWindow();
            }

            @Override
            public void quit() {
                List.copyOf(windows).forEach(BoardWindow::close);
            }
        });
        windows.add(window);
        open++;
        stage.setOnHidden(event -> {
            windows.remove(window);
            model.close()
                    .publishOn(FxThread.SCHEDULER)
                    .doFinally(signal -> {
                        open--;
                        if (open == 0) {
                            over.countDown();
                        }
                    })
                    .subscribe();
        });
        stage.show();
        model.start();
    }
}
