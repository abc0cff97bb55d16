package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;

import javafx.event.Event;
import javafx.scene.input.KeyCode;
import javafx.stage.WindowEvent;

import static org.assertj.core.api.Assertions.assertThat;

/** A window that is closed while something is on its way. */
class ClosingWindowTest extends OnABoard {
    /** As the button of its frame does. */
    private static void askToClose(TestWindow window) {
        Event.fireEvent(window.stage(), new WindowEvent(window.stage(), WindowEvent.WINDOW_CLOSE_REQUEST));
    }

    @Test
    void whatIsWrittenRightBeforeIsAtTheServerWhenItIsClosed() {
        try (TestWindow window = board.open()) {
            board.server().delayReplies(300);
            Fx.run(() -> {
                window.model().addTask("weld");
                window.model().addTask("paint");
                askToClose(window);
            });
            assertThat(Fx.call(() -> window.stage().isShowing())).as("it waits").isTrue();
            assertThat(Fx.call(() -> window.text("light"))).isEqualTo("Saving …");
            window.await("it is closed", () -> !window.stage().isShowing());
            assertThat(Fx.call(() -> window.model().pending().get()))
                    .as("pending")
                    .isZero();
            assertThat(board.server().records("task")).hasSize(2);
        }
    }

    @Test
    void offlineItClosesAtOnceAndWhatWasWrittenIsOnDisk() {
        try (TestWindow window = board.open()) {
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.model().light().get() == Light.OFF);
            Fx.run(() -> {
                window.model().addTask("weld");
                askToClose(window);
            });
            window.await("it is closed", () -> !window.stage().isShowing());
        }
        try (TestWindow window = board.open()) {
            window.await("it is there", () -> window.shows(Status.OPEN, "weld"));
        }
    }

    @Test
    void aServerThatDoesNotAnswerHoldsItForAMomentOnly() {
        try (TestWindow window = board.open()) {
            board.server().dropReplies(true);
            board.server().dropEvents(true);
            Fx.run(() -> {
                window.model().addTask("weld");
                askToClose(window);
            });
            window.await("it is closed", () -> !window.stage().isShowing());
            assertThat(Fx.call(() -> window.model().pending().get()))
                    .as("pending")
                    .isOne();
        }
    }

    @Test
    void whatIsRefusedMeanwhileIsSeenBeforeItCloses() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = board.open()) {
            Fx.run(() -> {
                window.model().addTask("weld");
                askToClose(window);
            });
            window.await("it is told", () -> !window.notes().isEmpty());
            window.await("it stays", () -> !window.model().leaving().get());
            assertThat(Fx.call(() -> window.stage().isShowing())).isTrue();

            Fx.run(() -> askToClose(window));
            window.await("it is closed", () -> !window.stage().isShowing());
        }
    }

    @Test
    void whoClosesItTwiceDoesNotWait() {
        try (TestWindow window = board.open()) {
            board.server().dropReplies(true);
            board.server().dropEvents(true);
            boolean open = Fx.call(() -> {
                window.model().addTask("weld");
                askToClose(window);
                askToClose(window);
                return window.stage().isShowing();
            });
            assertThat(open).isFalse();
        }
    }
}
