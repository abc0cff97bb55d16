package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** The mark of a task that is not settled comes and goes with the write, whatever becomes of it. */
class PendingMarksWindowTest extends OnABoard {
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
}
