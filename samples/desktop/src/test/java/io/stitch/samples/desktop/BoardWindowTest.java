package io.stitch.samples.desktop;

import io.stitch.reactive.spi.Credentials;
import io.stitch.samples.desktop.Board.Project;
import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.PlainBroker;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** The window, as its user works with it. */
@ExtendWith(WindowSystem.class)
class BoardWindowTest {
    @TempDir
    Path folder;

    private StitchServer server;
    private PlainBroker broker;

    @BeforeEach
    void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        server.put("project", SampleBoard.project("p1", "Refit").toString());
        broker = PlainBroker.start();
    }

    @AfterEach
    void stop() {
        server.close();
        broker.close();
    }

    private User user(String name) {
        return new User(
                name,
                new Place(folder.resolve(name + "-server"), new Remote(server.url())),
                new Place(folder.resolve(name + "-peers"), new Remote(broker.url())));
    }

    private TestWindow open() {
        TestWindow window = TestWindow.open(user("Ada"), Mode.SERVER);
        window.awaitConnected();
        window.await("the board is open", () -> window.text("board-name").equals("Refit"));
        return window;
    }

    /** As somebody else would write it. */
    private void put(String id, String title, Status status) {
        server.put(
                "task",
                "{\"id\":\"%s\",\"projectId\":\"p1\",\"title\":\"%s\",\"status\":\"%s\"}".formatted(id, title, status));
    }

    // ---- offline ----

    @Test
    void itStartsWithWhatIsOnDiskWhenTheServerIsDown() {
        put("t1", "Weld", Status.OPEN);
        try (TestWindow window = open()) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "Weld"));
        }
        server.stopBroker();

        try (TestWindow window = TestWindow.open(user("Ada"), Mode.SERVER)) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "Weld"));
            window.await(
                    "the board has its name", () -> window.text("board-name").equals("Refit"));
            window.await("the light says so", () -> window.text("light").equals("No connection"));
            window.await("and what is wrong", () -> window.text("banner").startsWith("The server cannot be reached. "));
        }
    }

    @Test
    void whatIsWrittenOfflineIsPendingSurvivesARestartAndIsSentLater() {
        try (TestWindow window = open()) {
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.text("light").equals("Offline"));
            window.addTask("weld");
            window.await("it is marked", () -> window.isMarkedPending("weld"));
            window.await("and counted", () -> window.text("pending").equals("1 pending"));
        }
        assertThat(server.records("task")).isEmpty();

        try (TestWindow window = open()) {
            window.await(
                    "it is there, and settled",
                    () -> window.shows(Status.OPEN, "weld")
                            && !window.isMarkedPending("weld")
                            && !window.node("pending").isVisible());
        }
        assertThat(server.records("task"))
                .singleElement()
                .satisfies(task -> assertThat(task.path("title").asString()).isEqualTo("weld"));
    }

    @Test
    void aBoardThatIsMadeOfflineStaysOpenWhenTheServerComesBack() {
        try (TestWindow window = open()) {
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.text("light").equals("Offline"));
            Fx.run(() -> window.node("new-board").requestFocus());
            window.type("moon");
            window.press(KeyCode.ENTER);
            window.await("it is open", () -> window.text("board-name").equals("moon"));
            window.await(
                    "and listed",
                    () -> window.model().boards().stream()
                            .anyMatch(board -> board.name().equals("moon")));
            window.addTask("land");
            window.await("a task is on it", () -> window.isMarkedPending("land"));

            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);

            window.await(
                    "settled",
                    () -> window.shows(Status.OPEN, "land")
                            && !window.node("pending").isVisible());
            assertThat(Fx.call(() -> window.text("board-name"))).isEqualTo("moon");
            window.await("both boards are listed", () -> window.model().boards().size() == 2);
        }
    }

    @Test
    void aBoardThatIsMadeOfflineCanBeLeftAndChosenAgain() {
        put("t1", "weld", Status.OPEN);
        try (TestWindow window = open()) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "weld"));
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.text("light").equals("Offline"));
            Fx.run(() -> window.model().createBoard("moon"));
            Fx.run(() -> window.model().addTask("land"));
            window.await("it is open", () -> window.isMarkedPending("land"));

            window.press(KeyCode.CONTROL, KeyCode.O);
            window.press(KeyCode.DOWN);
            window.await(
                    "the other one is open",
                    () -> window.text("board-name").equals("Refit") && window.shows(Status.OPEN, "weld"));
            assertThat(Fx.call(() ->
                            window.model().boards().stream().map(Project::name).toList()))
                    .containsExactly("moon", "Refit");
            window.press(KeyCode.UP);
            window.await(
                    "it is open again",
                    () -> window.text("board-name").equals("moon") && window.isMarkedPending("land"));
        }
    }

    @Test
    void theLightGoesWithTheConnectionAndAKeyConnectsNow() {
        try (TestWindow window = open()) {
            server.stopBroker();
            window.await(
                    "it is off",
                    () -> window.text("light").equals("No connection")
                            && window.node("light").getStyleClass().contains("light-broken"));
            window.await("the banner is there", () -> window.node("banner").isVisible());
            server.startBroker();

            window.press(KeyCode.CONTROL, KeyCode.R);

            window.await(
                    "it is on",
                    () -> window.text("light").equals("Connected")
                            && window.node("light").getStyleClass().contains("light-on"));
            window.await("the banner is gone", () -> !window.node("banner").isVisible());
        }
    }

    // ---- login ----

    @Test
    void aServerWithUsersTakesTheLoginAndRefusesAnotherOne() {
        try (StitchServer guarded = StitchServer.start(
                SampleBoard.rules().users(Map.of("ada", "secret")).build())) {
            guarded.put("project", SampleBoard.project("p1", "Refit").toString());
            try (TestWindow window = TestWindow.open(guest(guarded, "guessed"), Mode.SERVER)) {
                window.await(
                        "refused",
                        () -> window.text("light").equals("Connection refused")
                                && window.text("banner").startsWith("The server does not accept the login. "));
                assertThat(Fx.call(() -> window.text("banner"))).doesNotContain("guessed");
            }
            try (TestWindow window = TestWindow.open(guest(guarded, "secret"), Mode.SERVER)) {
                window.awaitConnected();
                window.await(
                        "the board is open", () -> window.text("board-name").equals("Refit"));
            }
        }
    }

    private User guest(StitchServer guarded, String password) {
        Remote remote = new Remote(guarded.url(), new Credentials("ada", password), null);
        return new User(
                "Ada",
                new Place(folder.resolve("guest"), remote),
                new Place(folder.resolve("peers"), new Remote(broker.url())));
    }

    // ---- editing ----

    @Test
    void anEditIsSeenAtOnceAsPendingAndThenConfirmed() {
        try (TestWindow window = open()) {
            server.dropReplies(true);
            server.dropEvents(true);
            window.addTask("weld");
            window.await("it is marked", () -> window.isMarkedPending("weld"));
            window.await("and selected", () -> window.selectedIn(Status.OPEN).equals("weld"));

            server.dropReplies(false);
            server.dropEvents(false);
            List<Light> lights = window.follow(window.model().light());
            server.disconnectAll(); // The store settles what is in doubt when it comes back.
            window.await("broken", () -> lights.stream().anyMatch(light -> light != Light.ON));
            window.press(KeyCode.CONTROL, KeyCode.R);

            window.await("it is confirmed", () -> window.shows(Status.OPEN, "weld") && !window.isMarkedPending("weld"));
            assertThat(server.records("task")).hasSize(1);
        }
    }

    @Test
    void aNewTaskIsInSightHoweverLongTheColumnIs() {
        server.seed("task", SampleBoard.tasks("p1", 200));
        try (TestWindow window = open()) {
            window.await("all are there", () -> window.model().board().tasks().size() == 200);
            window.addTask("weld");
            window.await("it is in sight", () -> window.isInSight("weld"));
        }
    }

    @Test
    void aRefusedEditIsUndoneAndTheReasonStaysUntilEscape() {
        put("t1", "weld", Status.OPEN);
        put("t2", "paint", Status.OPEN);
        try (TestWindow window = open()) {
            window.select(Status.OPEN, "paint");
            window.press(KeyCode.ENTER);
            window.await(
                    "its title is in the line", () -> window.entry().getText().equals("paint"));
            window.type("weld");
            window.press(KeyCode.ENTER);

            window.await("the note is there", () -> window.notes().size() == 1);
            assertThat(window.notes())
                    .containsExactly(
                            "“\u2068paint\u2069” was not saved. There is one like it already, most likely with the same title. Choose another title.");
            window.await("it is undone", () -> window.shows(Status.OPEN, "paint"));
            assertThat(server.record("task", "t2").orElseThrow().path("title").asString())
                    .isEqualTo("paint");
            window.press(KeyCode.ESCAPE);
            window.await("the note is gone", () -> window.notes().isEmpty());
        }
    }

    @Test
    void aWriteThatIsRefusedAfterARestartIsToldToo() {
        put("t1", "weld", Status.OPEN);
        try (TestWindow window = open()) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "weld"));
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.text("light").equals("Offline"));
            window.addTask("weld");
            window.await("it is pending", () -> window.text("pending").equals("1 pending"));
        }
        try (TestWindow window = open()) {
            window.await(
                    "the note is there",
                    () -> window.notes().stream()
                            .anyMatch(note -> note.startsWith("“\u2068weld\u2069” was not saved")));
            window.await(
                    "one is left", () -> window.list(Status.OPEN).getItems().size() == 1);
        }
    }

    @Test
    void everyEditHasAKey() {
        put("t1", "weld", Status.OPEN);
        put("t2", "paint", Status.DONE);
        try (TestWindow window = open()) {
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.A);
            window.await(
                    "assigned",
                    () -> window.shown(Status.OPEN, "weld")
                            .map(row -> "Ada".equals(row.task().assignee()))
                            .orElse(false));
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            window.await(
                    "moved, with selection and focus",
                    () -> window.selectedIn(Status.DOING).equals("weld")
                            && window.list(Status.DOING).isFocused());
            window.press(KeyCode.RIGHT);
            window.await(
                    "gone to the next column",
                    () -> window.selected().equals("paint")
                            && window.list(Status.DONE).isFocused()
                            && window.selectedIn(Status.DOING).isEmpty());
            window.press(KeyCode.DELETE);
            window.await(
                    "deleted",
                    () -> window.list(Status.DONE).getItems().isEmpty()
                            && window.selected().isEmpty());
            window.press(KeyCode.CONTROL, KeyCode.F);
            window.type("nothing");
            window.await("filtered", () -> window.list(Status.DOING).getItems().isEmpty());
            window.press(KeyCode.ESCAPE);
            window.await("shown again", () -> window.shows(Status.DOING, "weld"));
        }
        assertThat(server.record("task", "t2")).isEmpty();
        assertThat(server.record("task", "t1").orElseThrow().path("status").asString())
                .isEqualTo("DOING");
    }

    @Test
    void aTitleThatIsTooLongStaysInTheLineToBeShortened() {
        try (TestWindow window = open()) {
            window.press(KeyCode.CONTROL, KeyCode.N);
            Fx.run(() -> window.entry().setText("x".repeat(501)));
            window.press(KeyCode.ENTER);
            window.await(
                    "the note is there", () -> window.notes().stream().anyMatch(note -> note.contains("at most 500")));
            window.press(KeyCode.END);
            window.press(KeyCode.BACK_SPACE);
            window.press(KeyCode.ENTER);
            window.await("it is saved", () -> window.shows(Status.OPEN, "x".repeat(500)));
        }
    }

    @Test
    void aThousandTasksOfOthersAreShownAndTheWindowMakesCellsOnlyForWhatIsSeen() {
        server.seed("task", SampleBoard.tasks("p1", 1_000));
        try (TestWindow window = open()) {
            window.await(
                    "all are there",
                    () -> window.model().board().tasks().size() == 1_000
                            && !window.stage()
                                    .getScene()
                                    .getRoot()
                                    .lookupAll(".task-cell")
                                    .isEmpty());
            assertThat(Fx.call(() -> window.stage()
                            .getScene()
                            .getRoot()
                            .lookupAll(".task-cell")
                            .size()))
                    .isLessThan(100);
        }
    }

    // ---- others ----

    @Test
    void anotherUsersEditIsSeenAndTheSelectionStaysWithItsTask() {
        for (int i = 1; i <= 9; i++) {
            put("t" + i, "task " + i, Status.OPEN);
        }
        try (TestWindow window = open()) {
            window.select(Status.OPEN, "task 5");

            put("t0", "task 0", Status.OPEN); // Above it.
            window.await("it is there", () -> window.shows(Status.OPEN, "task 0"));
            assertThat(Fx.call(() -> window.selectedIn(Status.OPEN))).isEqualTo("task 5");

            put("t5", "task five", Status.OPEN);
            window.await("it is renamed", () -> window.selectedIn(Status.OPEN).equals("task five"));

            put("t5", "task five", Status.DONE);
            window.await(
                    "it has moved",
                    () -> window.selectedIn(Status.DONE).equals("task five")
                            && window.selectedIn(Status.OPEN).isEmpty()
                            && window.list(Status.DONE).isFocused());

            put("t5", "task five", Status.OPEN);
            window.await("and back", () -> window.selectedIn(Status.OPEN).equals("task five"));
            server.delete("task", "t5");
            window.await(
                    "its neighbour is selected",
                    () -> window.selectedIn(Status.OPEN).equals("task 6"));
        }
    }

    // ---- modes ----

    @Test
    void itSwitchesToPeersAndBackAndEachModeKeepsItsRecords() {
        put("t1", "weld", Status.OPEN);
        try (TestWindow ben = TestWindow.open(user("Ben"), Mode.PEERS);
                TestWindow ada = open()) {
            ada.await("the server's task is there", () -> ada.shows(Status.OPEN, "weld"));

            ada.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.M);
            ada.await(
                    "among peers",
                    () -> ada.model().mode().get() == Mode.PEERS
                            && ada.model().light().get() == Light.ON
                            && ada.model().boards().isEmpty()
                            && ada.model().board().tasks().isEmpty());
            Fx.run(() -> ada.model().createBoard("Moon"));
            Fx.run(() -> ada.model().addTask("land"));

            ben.await(
                    "the peer has it",
                    () -> ben.shows(Status.OPEN, "land")
                            && ben.text("board-name").equals("Moon"));
            ada.await("and is seen", () -> ada.text("others").equals("1 other here"));
            ada.await("it is safe", () -> ada.text("safety").equals("1 other has it all"));
            Fx.run(() -> ben.model()
                    .move(ben.shown(Status.OPEN, "land").orElseThrow().task(), Status.DOING));
            ada.await("the peer's edit is seen", () -> ada.shows(Status.DOING, "land"));

            ada.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.M);
            ada.await("back at the server", () -> ada.shows(Status.OPEN, "weld") && !ada.shows(Status.DOING, "land"));
            ada.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.M);
            ada.await("among peers again", () -> ada.shows(Status.DOING, "land"));
        }
    }

    @Test
    void aDatabaseThatIsInUseIsSaidSoAndOpenedWhenItIsFree() {
        TestWindow first = open();
        try (TestWindow second = TestWindow.open(user("Ada"), Mode.SERVER)) {
            second.await("it says so", () -> second.text("banner").startsWith("These boards are open already"));
            assertThat(Fx.call(() -> second.model().switching().get())).isFalse();
            first.close();

            Fx.run(() -> second.stage().requestFocus());
            second.press(KeyCode.CONTROL, KeyCode.R);
            second.awaitConnected();
            second.await("it is open", () -> second.text("board-name").equals("Refit"));
        } finally {
            first.close();
        }
    }

    @Test
    void aDatabaseOfTheOtherModeIsNotTouched() {
        try (TestWindow window = open()) {
            window.await("the board is there", () -> !window.model().boards().isEmpty());
        }
        Place mixedUp = user("Ada").server();
        try (TestWindow window = TestWindow.open(
                new User("Ada", mixedUp, new Place(mixedUp.file(), new Remote(broker.url()))), Mode.PEERS)) {
            window.await(
                    "it says so", () -> window.text("banner").startsWith("What is kept here was made with a server"));
        }
        try (TestWindow window = open()) {
            assertThat(Fx.call(() -> List.copyOf(window.model().boards()))).hasSize(1);
        }
    }
}
