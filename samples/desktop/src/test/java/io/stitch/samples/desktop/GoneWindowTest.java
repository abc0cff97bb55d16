package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import javafx.geometry.Side;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.MenuItem;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** What somebody else took away while a user was at it: what cannot work any more is disabled, and the window says why. */
class GoneWindowTest extends OnABoard {
    private static void edit(TestWindow window, String title) {
        window.select(Status.OPEN, title);
        window.press(KeyCode.ENTER);
        window.await(
                "it is in the line",
                () -> window.entry().getText().equals(title) && window.entry().isFocused());
    }

    // ---- tasks ----

    @Test
    void aTaskThatIsDeletedWhileItIsEditedBecomesANewOneOfTheSameText() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "paint", Status.OPEN);
        try (TestWindow window = board.open()) {
            edit(window, "weld");
            assertThat(Fx.call(() -> window.text("save"))).isEqualTo("Save");
            window.type("weld the hatch");
            board.server().delete("task", "t1");

            window.await("it says so", () -> window.node("gone").isVisible());
            assertThat(Fx.call(() -> window.text("gone")))
                    .startsWith("Somebody deleted this task while you edited it.");
            assertThat(Fx.call(() -> window.text("save"))).isEqualTo("Add as new");
            assertThat(Fx.call(() -> window.entry().getText())).isEqualTo("weld the hatch");
            window.press(KeyCode.ENTER);

            window.await(
                    "it is a new one, and the other one is as it was",
                    () -> window.shows(Status.OPEN, "weld the hatch")
                            && window.shows(Status.OPEN, "paint")
                            && !window.node("gone").isVisible());
            window.await("it is saved", () -> window.model().pending().get() == 0);
        }
        assertThat(board.server().record("task", "t1")).isEmpty();
        assertThat(board.server().records("task")).hasSize(2);
    }

    /** What the filter hides is in no list, and is there all the same. */
    @Test
    void aTaskThatTheFilterHidesWhileItIsEditedIsGoneOnlyWhenItIsDeleted() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "paint", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.await(
                    "both are there", () -> window.shows(Status.OPEN, "weld") && window.shows(Status.OPEN, "paint"));
            edit(window, "weld");
            window.press(KeyCode.CONTROL, KeyCode.F);
            window.type("pain");
            window.await("only one is shown", () -> !window.shows(Status.OPEN, "weld"));
            assertThat(Fx.call(() -> window.node("gone").isVisible())).isFalse();

            board.put("t3", "Painting", Status.DOING);
            window.await("what others write is found, too", () -> window.shows(Status.DOING, "Painting"));
            board.server().delete("task", "t1");
            window.await("it says so", () -> window.node("gone").isVisible());
        }
    }

    @Test
    void whatIsEditedIsDroppedByEscapeAndThenTheLineIsForNewTasks() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            edit(window, "weld");
            board.server().delete("task", "t1");
            window.await("it says so", () -> window.node("gone").isVisible());
            window.press(KeyCode.ESCAPE);
            window.await(
                    "the line is empty",
                    () -> window.entry().getText().isEmpty()
                            && !window.node("gone").isVisible());
            assertThat(Fx.call(() -> window.node("save").isDisabled()))
                    .as("there is nothing to add")
                    .isTrue();
        }
    }

    @Test
    void aMenuAboutATaskThatIsDeletedDoesNothingToTheOneThatIsSelectedThen() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "paint", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.select(Status.OPEN, "weld");
            ContextMenu menu = Fx.call(() -> {
                ContextMenu shown = window.list(Status.OPEN).getContextMenu();
                shown.show(window.list(Status.OPEN), Side.BOTTOM, 0, 0);
                return shown;
            });
            window.await("it is open", menu::isShowing);
            assertThat(Fx.call(() -> texts(menu, false)))
                    .contains("Delete the task (Del)", "Move the task to the right (Shift+→)");
            assertThat(Fx.call(() -> texts(menu, true)))
                    .containsExactly("“\u2068weld\u2069”", "Move the task to the left (Shift+←)");

            board.server().delete("task", "t1");

            window.await("the other one is selected", () -> window.selected().equals("paint"));
            assertThat(Fx.call(() -> texts(menu, false))).isEmpty();
            assertThat(Fx.call(() -> texts(menu, true))).first().isEqualTo("Somebody deleted this task");
            Fx.run(() -> menu.getItems().forEach(MenuItem::fire));
            Fx.run(menu::hide);
            board.put("t3", "sand", Status.OPEN); // Comes after whatever the menu may have done.
            window.await("the next one is there", () -> window.shows(Status.OPEN, "sand"));
            assertThat(Fx.call(() -> window.shows(Status.OPEN, "paint"))).isTrue();
        }
        assertThat(board.server().record("task", "t2")).isPresent();
    }

    private static List<String> texts(ContextMenu menu, boolean disabled) {
        return menu.getItems().stream()
                .filter(item -> item.isDisable() == disabled)
                .map(MenuItem::getText)
                .toList();
    }

    @Test
    void anEditOfATaskThatWasDeletedMeanwhileIsToldWithItsTitle() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.select(Status.OPEN, "weld");
            board.server().dropEvents(true);
            board.server().delete("task", "t1");
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            window.await("the note is there", () -> !window.notes().isEmpty());
            assertThat(window.notes())
                    .containsExactly(
                            "“\u2068weld\u2069” was not saved. Somebody has deleted it, or its board. If it is still needed, write it anew.");
        }
    }

    // ---- boards ----

    @Test
    void aBoardThatIsDeletedCannotBeUsedAndSaysSo() {
        board.put("t1", "weld", Status.OPEN);
        board.server().put("project", SampleBoard.project("p2", "Zenith").toString());
        try (TestWindow window = board.open()) {
            edit(window, "weld");
            board.server().delete("project", "p1");

            window.await("it says so", () -> window.text("board-notice").contains("somebody deleted it"));
            assertDisabled(window, true);
            window.await(
                    "the focus is where one can go on",
                    () -> window.node("boards").isFocused());
            Fx.run(() -> window.model().addTask("land"));
            window.await(
                    "nothing can be written",
                    () -> window.notes().stream()
                            .anyMatch(note -> note.startsWith("“\u2068land\u2069” was not saved, ")));

            Fx.run(() -> window.model().openBoard("p2"));
            window.await(
                    "another board is open", () -> window.text("board-name").equals("Zenith"));
            assertDisabled(window, false);
            window.await(
                    "which has nothing to say",
                    () -> !window.node("board-notice").isVisible());
        }
    }

    private static void assertDisabled(TestWindow window, boolean disabled) {
        for (String id : List.of("entry", "filter", "tasks-open", "tasks-doing", "tasks-done")) {
            assertThat(Fx.call(() -> window.node(id).isDisabled())).as(id).isEqualTo(disabled);
        }
    }

    @Test
    void aBoardThatWasDeletedBeforeItWasOpenedIsToldSo() {
        try (TestWindow window = board.open()) {
            List<Condition> conditions = window.follow(window.model().board().condition());
            Fx.run(() -> window.model().openBoard("p0"));
            window.await(
                    "it is not there", () -> window.model().board().condition().get() == Condition.DELETED);
            assertThat(conditions).as("it waited").containsSubsequence(Condition.WAITING, Condition.DELETED);
            assertDisabled(window, true);
        }
    }

    @Test
    void aBoardThatIsNotMadeIsToldSoAndCannotBeUsed() {
        try (TestWindow window = board.open()) {
            board.server().failRequests(1, 403, "no projects today");
            Fx.run(() -> window.model().createBoard("Moon"));
            String why = "“\u2068Moon\u2069” was not saved. It is not yours to change. Ask whoever owns the board.";
            window.await("it is told", () -> window.notes().contains(why));
            window.await(
                    "where it would be, too", () -> window.text("board-notice").equals(why));
            assertDisabled(window, true);
        }
    }

    @Test
    void aBoardOfSomebodyElseSaysSoAndIsAskedForAgainByAKey() {
        StitchServerOptions rules = SampleBoard.rules()
                .users(Map.of("ada", "secret"))
                .owners(Map.of("project", "ownerId"))
                .build();
        try (TestBoard owned = TestBoard.start(folder, rules);
                TestWindow window = TestWindow.open(owned.user("Ada", "ada", "secret"), Mode.SERVER)) {
            owned.server()
                    .seed("project", List.of(SampleBoard.project("p2", "Moon").put("ownerId", "ben")));
            window.awaitConnected();
            Fx.run(() -> window.model().openBoard("p2"));
            window.await(
                    "it is refused", () -> window.model().board().condition().get() == Condition.REFUSED);
            assertThat(Fx.call(() -> window.text("board-notice")))
                    .isEqualTo("This board is not open to you. Ask whoever owns it; Ctrl+R asks the server again.");
            assertDisabled(window, true);

            owned.server()
                    .seed(
                            "project",
                            List.of(SampleBoard.project("p2", "Moon")
                                    .put("ownerId", "ada")
                                    .put("_version", 2)));
            window.press(KeyCode.CONTROL, KeyCode.R);

            window.await("it is open", () -> window.text("board-name").equals("Moon"));
            assertDisabled(window, false);
        }
    }

    @Test
    void withoutABoardOrAStoreNothingCanBeWritten() {
        User ada = board.user("Ada");
        try (TestWindow window = TestWindow.open(ada, Mode.PEERS)) {
            window.awaitConnected();
            window.await("it says what to do", () -> window.text("board-notice").startsWith("No board is open. "));
            assertDisabled(window, true);
            assertThat(Fx.call(() -> window.node("new-board").isDisabled())).isFalse();
            try (TestWindow second = TestWindow.open(ada, Mode.PEERS)) {
                second.await(
                        "it says what to do", () -> second.text("banner").startsWith("These boards are open already"));
                assertDisabled(second, true);
                assertThat(Fx.call(() -> second.node("new-board").isDisabled())).isTrue();
                assertThat(Fx.call(() -> second.text("light"))).isEqualTo("Not open");
                assertThat(Fx.call(() -> second.text("offline"))).isEqualTo("Try again");
            }
        }
    }
}
