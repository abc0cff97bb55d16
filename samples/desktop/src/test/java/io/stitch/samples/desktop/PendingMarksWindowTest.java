package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import javafx.scene.control.Button;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** The mark of a task that is not settled comes and goes with the write, whatever becomes of it. */
class PendingMarksWindowTest extends OnABoard {
    private static final String MOON = "Added “\u2068Moon\u2069”";
    private static final String WELD = "Added “\u2068weld\u2069”";
    private static final String PAINT = "Added “\u2068paint\u2069”";

    private static void toggleOffline(TestWindow window, Light then) {
        window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
        window.await(then.text(), () -> window.model().light().get() == then);
    }

    private static void awaitSettled(TestWindow window, Status status, String title) {
        window.await(
                "the mark of " + title + " is gone",
                () -> window.shows(status, title)
                        && !window.isMarkedPending(title)
                        && !window.node("pending").isVisible());
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aMarkGoesWhenTheWriteIsDoneInEachMode(Mode mode) {
        try (TestWindow window = TestWindow.open(board.user("Ada"), mode)) {
            window.awaitConnected();
            Fx.run(() -> window.model().createBoard("Moon"));
            window.await("the board is saved", () -> window.model().pending().get() == 0);
            toggleOffline(window, Light.OFF);
            window.addTask("weld");
            window.await("a new task is marked", () -> window.isMarkedPending("weld"));
            toggleOffline(window, Light.ON);
            awaitSettled(window, Status.OPEN, "weld");

            toggleOffline(window, Light.OFF);
            window.select(Status.OPEN, "weld");
            window.press(KeyCode.SHIFT, KeyCode.RIGHT);
            window.await(
                    "a task that was moved is marked",
                    () -> window.shows(Status.DOING, "weld") && window.isMarkedPending("weld"));
            toggleOffline(window, Light.ON);
            awaitSettled(window, Status.DOING, "weld");
        }
    }

    @Test
    void aMarkGoesWithWhatIsRefused() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "paint", Status.OPEN);
        try (TestWindow window = board.open()) {
            window.await("both are there", () -> window.shows(Status.OPEN, "weld"));
            toggleOffline(window, Light.OFF);
            window.select(Status.OPEN, "paint");
            window.press(KeyCode.ENTER);
            window.await("it is in the line", () -> window.entry().getText().equals("paint"));
            window.type("weld");
            window.press(KeyCode.ENTER);
            window.await("it is marked", () -> window.isMarkedPending("weld"));
            toggleOffline(window, Light.ON);

            awaitSettled(window, Status.OPEN, "paint");
            assertThat(Fx.call(() -> window.isMarkedPending("weld"))).isFalse();
        }
    }

    @Test
    void aWriteThatTheServerCannotTakeIsToldAndSentAgainByAKey() {
        try (TestWindow window = board.open()) {
            board.server().failCommits(true);
            window.addTask("weld");
            window.await(
                    "it is told",
                    () -> window.notes()
                            .equals(
                                    List.of(
                                            "“\u2068weld\u2069” is not saved yet: the server could not take it several times. Ctrl+R tries again.")));
            assertThat(Fx.call(() -> window.isMarkedPending("weld"))).isTrue();
            board.server().failCommits(false);

            window.press(KeyCode.CONTROL, KeyCode.R);

            awaitSettled(window, Status.OPEN, "weld");
        }
    }

    private static List<String> waiting(TestWindow window) {
        return window.model().waiting().shown().stream()
                .map(WaitingWrites.Entry::what)
                .toList();
    }

    private static Button button(TestWindow window, String accessibleText) {
        return window.waiting().getScene().getRoot().lookupAll(".button").stream()
                .map(Button.class::cast)
                .filter(button -> button.getAccessibleText().equals(accessibleText))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void whatWaitsIsListedAndCanBeTakenBack(Mode mode) {
        try (TestWindow window = TestWindow.open(board.user("Ada"), mode)) {
            window.awaitConnected();
            toggleOffline(window, Light.OFF);
            Fx.run(() -> window.model().createBoard("Moon"));
            window.addTask("weld");
            window.addTask("paint");
            window.await("all are listed", () -> waiting(window).equals(List.of(MOON, WELD, PAINT)));
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.L);
            window.await("the list is there", () -> window.waiting().isFocused());
            assertThat(Fx.call(() -> window.model().waiting().shown().get(0).why()))
                    .isEqualTo("There is no connection. It is sent when there is one.");

            Fx.run(() -> {
                Button paint = button(window, "Take back: " + PAINT);
                paint.requestFocus();
                paint.fire();
            });

            window.await("it is not listed any more", () -> waiting(window).equals(List.of(MOON, WELD)));
            window.await("it is off the board", () -> !window.shows(Status.OPEN, "paint"));
            assertThat(Fx.call(() -> button(window, "Take back: " + MOON).isFocused()))
                    .isTrue();
            window.press(KeyCode.ESCAPE);
            window.await("the list is gone", () -> !window.waiting().isShowing());
            toggleOffline(window, Light.ON);
            awaitSettled(window, Status.OPEN, "weld");
            window.await("nothing waits", () -> waiting(window).isEmpty());
        }
    }
}
