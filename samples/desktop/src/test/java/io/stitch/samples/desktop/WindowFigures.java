package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.PlainBroker;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javafx.animation.AnimationTimer;
import javafx.scene.input.KeyCode;

/**
 * The figures of the README, and a picture of each state of the window, by hand: {@code mvn -pl samples/desktop -am test
 * -Dtest=WindowFigures -Dsurefire.failIfNoSpecifiedTests=false}. Not part of the build, whose machine may be busy.
 */
@ExtendWith(WindowSystem.class)
class WindowFigures {
    private static final int TASKS = 5_000;
    private static final Path PICTURES = Path.of("target", "states");

    @TempDir
    Path folder;

    private StitchServer server;
    private PlainBroker broker;

    @BeforeEach
    void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        broker = PlainBroker.start();
    }

    @AfterEach
    void stop() {
        server.close();
        broker.close();
    }

    private TestWindow open(String name, Mode mode) {
        return TestWindow.open(
                new User(
                        name,
                        new Place(folder.resolve(name + "-server"), new Remote(server.url())),
                        new Place(folder.resolve(name + "-peers"), new Remote(broker.url()))),
                mode);
    }

    // ---- figures ----

    @Test
    void aBoardOfFiveThousand() throws InterruptedException {
        server.put("project", SampleBoard.project("a", "Another board").toString());
        server.put(
                "project",
                SampleBoard.project(SampleBoard.PROJECT, "Apollo refit").toString());
        server.seed("task", SampleBoard.tasks(SampleBoard.PROJECT, TASKS));
        try (TestWindow window = open("Ada", Mode.SERVER)) {
            window.awaitConnected();
            window.await("both are listed", () -> window.model().boards().size() == 2);
            for (int i = 0; i < 6; i++) {
                opening(window, i == 0 ? "opened for the first time, from the server" : "opened again, from disk");
            }
            window.select(Status.OPEN, "Inspect the gimbal #0");
            List<Double> changes = new ArrayList<>();
            List<Double> layouts = new ArrayList<>();
            Fx.run(() -> watch(window, changes, layouts));
            frames("nothing else", window);
            clear(changes, layouts);
            Disposable others = Flux.interval(Duration.ofMillis(20))
                    .onBackpressureDrop()
                    .subscribe(n -> server.put(
                            "task",
                            "{\"id\":\"apollo-%05d\",\"projectId\":\"apollo\",\"title\":\"Changed %d\",\"status\":\"%s\"}"
                                    .formatted(
                                            n * 37 % TASKS,
                                            n,
                                            List.of("OPEN", "DOING", "DONE").get((int) (n % 3)))));
            frames("50 changes a second", window);
            others.dispose();
            Fx.run(() -> {
                print("  a change of the list, selection and all", changes);
                print("  the layout of a frame", layouts);
            });
        }
    }

    private static void clear(List<Double> changes, List<Double> layouts) {
        Fx.run(() -> {
            changes.clear();
            layouts.clear();
        });
    }

    /** On the JavaFX thread. */
    private static void watch(TestWindow window, List<Double> changes, List<Double> layouts) {
        window.model().board().tasks().around(change -> {
            long begun = System.nanoTime();
            window.selection().keep(change);
            changes.add(since(begun));
        });
        long[] begun = new long[1];
        window.stage().getScene().addPreLayoutPulseListener(() -> begun[0] = System.nanoTime());
        window.stage().getScene().addPostLayoutPulseListener(() -> layouts.add(since(begun[0])));
    }

    private static void opening(TestWindow window, String how) throws InterruptedException {
        Fx.run(() -> window.model().openBoard("a"));
        window.await("the other board is open", () -> window.text("board-name").equals("Another board"));
        List<Double> frames = new ArrayList<>();
        CountDownLatch shown = new CountDownLatch(1);
        long[] begun = new long[1];
        AnimationTimer timer = new AnimationTimer() {
            private long last = System.nanoTime();

            @Override
            public void handle(long unused) {
                long now = System.nanoTime();
                frames.add((now - last) / 1e6);
                last = now;
                if (window.model().board().tasks().size() == TASKS) {
                    stop();
                    shown.countDown();
                }
            }
        };
        Fx.run(() -> {
            begun[0] = System.nanoTime();
            timer.start();
            window.model().openBoard(SampleBoard.PROJECT);
        });
        shown.await();
        Fx.run(() -> System.out.printf(
                "%s: all %d tasks after %.0f ms, longest frame %.1f ms%n",
                how,
                TASKS,
                since(begun[0]),
                frames.stream().mapToDouble(each -> each).max().orElse(0)));
    }

    /** Goes down the list for five seconds, a row with each frame. */
    private static void frames(String what, TestWindow window) throws InterruptedException {
        List<Double> frames = new ArrayList<>();
        CountDownLatch over = new CountDownLatch(1);
        AnimationTimer timer = new AnimationTimer() {
            private final long begun = System.nanoTime();
            private long last = begun;
            private int row;

            @Override
            public void handle(long unused) {
                long now = System.nanoTime();
                frames.add((now - last) / 1e6);
                last = now;
                window.list(Status.OPEN).scrollTo(row++);
                if (now - begun > 5e9) {
                    stop();
                    over.countDown();
                }
            }
        };
        Fx.run(timer::start);
        over.await();
        print("%d tasks, %s: frames".formatted(TASKS, what), frames);
    }

    private static double since(long begun) {
        return (System.nanoTime() - begun) / 1e6;
    }

    private static void print(String what, List<Double> times) {
        List<Double> sorted = times.stream().sorted().toList();
        System.out.printf(
                "%s: %d, median %.1f ms, 99 of 100 within %.1f ms, longest %.1f ms%n",
                what,
                sorted.size(),
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() * 99 / 100),
                sorted.get(sorted.size() - 1));
    }

    // ---- pictures ----

    @Test
    void everyState() throws IOException {
        try (TestWindow window = open("Ada", Mode.SERVER)) {
            window.awaitConnected();
            Picture.of(window).write(PICTURES.resolve("empty.png"));
            SampleBoard.seed(server, 36);
            server.put(
                    "project", SampleBoard.project("gantry", "Gantry repairs").toString());
            Fx.run(() -> window.model().tryAgain());
            window.await(
                    "the tasks are there", () -> window.model().board().tasks().size() == 36);
            window.awaitConnected();
            window.select(Status.DOING, "Leak-test the landing strut #2");
            Picture.of(window).write(PICTURES.resolve("connected.png"));

            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.text("light").equals("Offline"));
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            window.addTask("Order new hatch seals");
            window.await("pending", () -> window.text("pending").equals("2 pending"));
            Picture.of(window).write(PICTURES.resolve("offline-pending.png"));

            server.stopBroker();
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("broken", () -> window.node("banner").isVisible());
            Picture.of(window).write(PICTURES.resolve("no-connection.png"));

            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.M);
            window.await(
                    "among peers",
                    () -> window.model().mode().get() == Mode.PEERS
                            && window.model().light().get() == Light.ON);
            Picture.of(window).write(PICTURES.resolve("peers-empty.png"));
            try (TestWindow ben = open("Ben", Mode.PEERS)) { // First: boards are known from hellos.
                ben.awaitConnected();
                Fx.run(() -> window.model().createBoard("Moon garden"));
                Fx.run(() -> window.model().addTask("Water the tomatoes"));
                ben.await("the peer has it", () -> ben.shows(Status.OPEN, "Water the tomatoes"));
                window.await("and is seen", () -> window.text("others").equals("1 other here"));
                Picture.of(window).write(PICTURES.resolve("peers.png"));
            }
        }
    }
}
