package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.server.SampleBoard;
import org.junit.jupiter.api.Test;

import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;

import static org.assertj.core.api.Assertions.assertThat;

/** Nothing is there, or nothing has come yet: a window tells the two apart. */
class NotYetWindowTest extends OnABoard {
    private static String emptyColumn(TestWindow window) {
        return ((Label) window.list(Status.DOING).getPlaceholder()).getText();
    }

    @Test
    void anEmptyBoardIsEmptyOnlyWhenTheServerHasSaidSo() {
        board.close();
        // One that does not say when it is done, so that there is time to look: it is taken to be when it was quiet.
        board = TestBoard.start(folder, SampleBoard.rules().plain().build());
        try (TestWindow window = TestWindow.open(board.user("Ada"), Mode.SERVER)) {
            window.await("it is open", () -> window.text("board-name").equals("Refit"));
            window.await("it waits", () -> emptyColumn(window).equals("Waiting …"));
            assertThat(Fx.call(() -> window.text("board-notice")))
                    .isEqualTo("Waiting for the server to send this board …");
            window.await("it is empty", () -> emptyColumn(window).equals("Nothing here"));
            assertThat(Fx.call(() -> window.node("board-notice").isVisible())).isFalse();
        }
    }

    @Test
    void aBoardThatNeverCameIsNotEmptyWhileThereIsNoConnection() {
        board.server().seed("project", List.of(SampleBoard.project("p2", "Zenith")));
        board.server().seed("task", SampleBoard.tasks("p2", 3));
        try (TestWindow window = board.open()) {
            window.await("both are listed", () -> window.model().boards().size() == 2);
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);
            window.await("offline", () -> window.model().light().get() == Light.OFF);
            Fx.run(() -> window.model().openBoard("p2"));

            window.await("it is not here", () -> emptyColumn(window).equals("Not here yet"));
            assertThat(Fx.call(() -> window.text("board-notice")))
                    .isEqualTo(
                            "This board is not here yet, and there is no connection. It comes as soon as there is one.");
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.O);

            window.await(
                    "it is here",
                    () -> window.model().board().tasks().size() == 3
                            && !window.node("board-notice").isVisible());
        }
    }

    @Test
    void aBoardThatWasEmptyAtTheLastConnectionIsSoAsFarAsIsKnown() {
        try (TestWindow window = board.open()) {
            window.await("it is empty", () -> emptyColumn(window).equals("Nothing here"));
        }
        board.server().stopBroker();
        try (TestWindow window = TestWindow.open(board.user("Ada"), Mode.SERVER)) {
            window.await("it is open", () -> window.text("board-name").equals("Refit"));
            window.await("it was empty", () -> emptyColumn(window).equals("Nothing here so far"));
        }
    }

    @Test
    void aBoardThatIsMadeOfflineIsEmpty() {
        board.server().stopBroker();
        try (TestWindow window = TestWindow.open(board.user("Ada"), Mode.SERVER)) {
            window.await("it can be used", () -> window.model().ready().get());
            Fx.run(() -> window.model().createBoard("Moon"));
            window.await("it is empty", () -> emptyColumn(window).equals("Nothing here"));
            Fx.run(() -> window.model().addTask("land"));
            window.await("it is used", () -> window.shows(Status.OPEN, "land"));
        }
    }

    @Test
    void aBoardWhoseLastTaskIsDeletedIsEmptyAtOnce() {
        board.put("t1", "weld", Status.DOING);
        try (TestWindow window = board.open()) {
            window.select(Status.DOING, "weld");
            window.press(KeyCode.DELETE);
            window.await("it is gone", () -> window.model().board().tasks().isEmpty());
            assertThat(Fx.call(() -> emptyColumn(window))).isEqualTo("Nothing here");
        }
    }

    @Test
    void aColumnThatTheFilterEmptiesSaysThatItIsTheFilter() {
        board.put("t1", "weld", Status.DOING);
        try (TestWindow window = board.open()) {
            window.await("the task is there", () -> window.shows(Status.DOING, "weld"));
            window.press(KeyCode.CONTROL, KeyCode.F);
            window.type("paint");
            window.await("it is filtered", () -> emptyColumn(window).equals("No task with this text"));
        }
    }

    @Test
    void thereIsNoBoardOnlyWhenTheServerHasSaidSo() {
        board.server().delete("project", "p1");
        try (TestWindow window = TestWindow.open(board.user("Ada"), Mode.SERVER)) {
            window.awaitConnected();
            window.await("there is none", () -> window.text("no-boards").startsWith("No board yet. "));
            board.server().stopBroker();
        }
        try (TestWindow window = TestWindow.open(board.user("Ben"), Mode.SERVER)) {
            window.await(
                    "nobody knows",
                    () -> window.text("no-boards").startsWith("No board is here yet, and there is no connection. "));
        }
    }

    @Test
    void aBoardOfPeersIsWaitedForUntilSomebodyWhoHasItIsThere() {
        try (TestWindow ada = TestWindow.open(board.user("Ada"), Mode.PEERS)) {
            ada.awaitConnected();
            Fx.run(() -> ada.model().openBoard("moon"));
            ada.await("it waits", () -> ada.text("board-notice").equals("Waiting for a peer who has this board …"));
            assertThat(Fx.call(() -> ada.text("board-name")))
                    .as("an id is no name")
                    .isEmpty();
            assertThat(Fx.call(() -> emptyColumn(ada))).isEqualTo("Waiting …");
        }
    }
}
