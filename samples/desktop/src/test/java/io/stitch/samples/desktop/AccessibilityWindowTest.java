package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javafx.event.ActionEvent;
import javafx.event.Event;
import javafx.scene.AccessibleAttribute;
import javafx.scene.AccessibleRole;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Control;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.MenuItem;
import javafx.scene.input.KeyCode;
import javafx.stage.WindowEvent;

import static org.assertj.core.api.Assertions.assertThat;

/** The window, for those who do not see it or have no mouse. */
class AccessibilityWindowTest extends OnABoard {
    private static Stream<Node> below(Node node) {
        return node instanceof Parent parent
                ? Stream.concat(
                        Stream.of(node),
                        parent.getChildrenUnmodifiable().stream().flatMap(AccessibilityWindowTest::below))
                : Stream.of(node);
    }

    // ---- labels ----

    @Test
    void everyControlThatCanHaveTheFocusHasALabel() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "weld"));
            Fx.run(() -> window.model().notes().add("Something was not saved."));
            List<String> without = Fx.call(() -> {
                List<Node> all = below(window.stage().getScene().getRoot()).toList();
                List<Node> labelled = all.stream()
                        .filter(Label.class::isInstance)
                        .map(Label.class::cast)
                        .filter(label -> !label.getText().isBlank())
                        .map(Label::getLabelFor)
                        .toList();
                return all.stream()
                        .filter(Control.class::isInstance)
                        .filter(Node::isFocusTraversable)
                        .filter(control -> !(control instanceof Labeled labeled && hasWords(labeled)))
                        .filter(control -> !labelled.contains(control))
                        .map(Node::toString)
                        .toList();
            });
            assertThat(without).isEmpty();
            List<String> labelled = Fx.call(() -> below(
                            window.stage().getScene().getRoot())
                    .filter(Label.class::isInstance)
                    .map(label -> ((Label) label).getLabelFor())
                    .filter(control -> control != null && control.getId() != null) // The menus label their own parts.
                    .map(Node::getId)
                    .toList());
            assertThat(labelled)
                    .containsExactlyInAnyOrder(
                            "boards", "new-board", "entry", "filter", "tasks-open", "tasks-doing", "tasks-done");
        }
    }

    private static boolean hasWords(Labeled control) {
        String text = control.getAccessibleText() == null ? control.getText() : control.getAccessibleText();
        return text != null && text.codePoints().anyMatch(Character::isLetter);
    }

    @Test
    void theLabelOfTheLineSaysWhatItWrites() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            assertThat(Fx.call(() -> window.text("entry-label"))).isEqualTo("New task");
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.F2);
            window.await("the title", () -> window.text("entry-label").equals("Title"));
        }
    }

    // ---- cells ----

    @Test
    void aCellSaysItsTitleAndStateAndNothingElse() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "pa\u202Eint", Status.DOING);
        try (TestWindow window = board.open()) {
            window.await("both are there", () -> window.model().board().tasks().size() == 2);
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.model().light().get() == Light.OFF);
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.A);
            window.await("it is assigned", () -> window.isMarkedPending("weld"));

            assertThat(Fx.call(() -> said(window, Status.OPEN))).containsExactly("\u2068weld\u2069, Open, pending");
            assertThat(Fx.call(() -> said(window, Status.DOING))).containsExactly("\u2068paint\u2069, Doing");
            assertThat(Fx.call(() -> window.cellsIn(Status.OPEN).get(0).getAccessibleHelp()))
                    .isEqualTo("Ada");
            assertThat(Fx.call(() -> Stream.of(Status.OPEN, Status.DOING)
                            .flatMap(status -> window.cellsIn(status).stream())
                            .toList()))
                    .allMatch(cell -> cell.getAccessibleRole() == AccessibleRole.LIST_ITEM)
                    .allSatisfy(cell -> assertThat(Fx.call(() -> below(cell)
                                    .filter(Label.class::isInstance)
                                    .map(Node::getAccessibleRole)
                                    .distinct()
                                    .toList()))
                            .as("its parts are not said once more")
                            .containsExactly(AccessibleRole.NODE));
        }
    }

    private static List<Object> said(TestWindow window, Status status) {
        return window.cellsIn(status).stream()
                .map(cell -> cell.queryAccessibleAttribute(AccessibleAttribute.TEXT))
                .toList();
    }

    // ---- focus ----

    private static void awaitFocusOn(TestWindow window, Status status, String title) {
        window.await(title + " has the focus in " + status, () -> {
            ListView<OpenBoard.Row> list = window.list(status);
            OpenBoard.Row focused = list.getFocusModel().getFocusedItem();
            return list.equals(window.stage().getScene().getFocusOwner())
                    && focused != null
                    && focused.task().title().equals(title)
                    && window.selectedIn(status).equals(title)
                    && list.queryAccessibleAttribute(AccessibleAttribute.FOCUS_ITEM) instanceof ListCell<?> cell
                    && String.valueOf(cell.getAccessibleText()).startsWith("\u2068" + title);
        });
    }

    @Test
    void theFocusFollowsATaskThatIsMovedByKeysByTheMenuAndByOthers() {
        for (int i = 0; i < 5; i++) {
            board.put("a" + i, "open " + i, Status.OPEN);
            board.put("b" + i, "doing " + i, Status.DOING);
        }
        board.put("c", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            awaitFocusOn(window, Status.DOING, "weld");
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            awaitFocusOn(window, Status.DONE, "weld");

            Fx.run(() -> fire(window, Status.DONE, "Move the task to the left"));
            awaitFocusOn(window, Status.DOING, "weld");
            window.press(KeyCode.UP);
            awaitFocusOn(window, Status.DOING, "doing 4");
            window.press(KeyCode.DOWN);

            window.await(
                    "the last write is settled", () -> window.model().pending().get() == 0);
            board.put("c", "weld", Status.OPEN);
            awaitFocusOn(window, Status.OPEN, "weld");
        }
    }

    private static void fire(TestWindow window, Status status, String text) {
        ContextMenu menu = window.list(status).getContextMenu();
        Event.fireEvent(menu, new WindowEvent(menu, WindowEvent.WINDOW_SHOWING));
        MenuItem item = menu.getItems().stream()
                .filter(each -> each.getText().startsWith(text))
                .findFirst()
                .orElseThrow();
        item.fire();
    }

    @Test
    void aTaskThatMovesTakesNoFocusFromWhereSomebodyTypes() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.CONTROL, KeyCode.N);
            window.await("the line has the focus", () -> window.entry().isFocused());
            board.put("t1", "weld", Status.DONE);
            window.await("it has moved", () -> window.selectedIn(Status.DONE).equals("weld"));
            assertThat(Fx.call(() -> window.entry().isFocused())).isTrue();
        }
    }

    @Test
    void theFocusStaysAmongTheNotesUntilTheLastOneIsDismissed() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "weld"));
            List<Button> buttons = Fx.call(() -> {
                window.model().notes().add("one");
                window.model().notes().add("two");
                List<Button> found = new ArrayList<>();
                window.stage()
                        .getScene()
                        .getRoot()
                        .lookupAll(".note-close")
                        .forEach(button -> found.add((Button) button));
                return found;
            });
            assertThat(buttons)
                    .extracting(Button::getAccessibleText)
                    .containsExactly("Dismiss the note: one", "Dismiss the note: two");
            Fx.run(() -> {
                buttons.get(0).requestFocus();
                window.model().notes().add("three");
            });
            assertThat(Fx.call(() -> buttons.get(0).isFocused()))
                    .as("a note that comes takes nothing")
                    .isTrue();
            Fx.run(() -> buttons.get(0).fireEvent(new ActionEvent()));
            window.await(
                    "another note has it",
                    () -> window.stage().getScene().getFocusOwner() instanceof Button button
                            && button.getAccessibleText().equals("Dismiss the note: three"));
            window.press(KeyCode.ESCAPE);
            window.press(KeyCode.ESCAPE);
            window.await("the tasks have it", () -> window.list(Status.OPEN).isFocused());
        }
    }
}
