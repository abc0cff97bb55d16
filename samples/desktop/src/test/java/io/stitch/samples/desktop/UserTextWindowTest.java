package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.stream.Collectors;
import javafx.geometry.Orientation;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ListView;
import javafx.scene.control.ScrollBar;
import javafx.scene.text.Text;
import javafx.scene.text.TextFlow;

import static org.assertj.core.api.Assertions.assertThat;

/** The window with what somebody may have written to break it. */
class UserTextWindowTest extends OnABoard {
    private static final String OVERRIDE = "\u202E";

    private static String drawnIn(TextFlow flow) {
        return flow.getChildren().stream().map(text -> ((Text) text).getText()).collect(Collectors.joining());
    }

    @Test
    void aTitleDoesNotTurnTheNoteAboutIt() {
        try (TestWindow window = board.open()) {
            board.server().failRequests(1, 403, "no");
            Fx.run(() -> window.model().addTask("weld" + OVERRIDE + "tfel\nand more"));
            window.await("the note is there", () -> !window.notes().isEmpty());
            assertThat(window.notes())
                    .containsExactly(
                            "“\u2068weldtfel and more\u2069” was not saved. It is not yours to change. Ask whoever owns the board.");

            TextFlow flow = Fx.call(() -> (TextFlow) window.stage().getScene().lookup(".note-text"));
            assertThat(Fx.call(() -> drawnIn(flow)))
                    .as("what is drawn")
                    .isEqualTo(window.notes().get(0));
            List<Double> isolates = Fx.call(() -> flow.getChildren().stream()
                    .map(Text.class::cast)
                    .filter(text -> text.getText().matches("[\u2068\u2069]"))
                    .map(text -> text.getLayoutBounds().getWidth())
                    .toList());
            assertThat(isolates).hasSize(2).allMatch(width -> width < 1);
        }
    }

    @Test
    void aRowIsAsHighAsAnyOtherWhateverItsTitleIs() {
        board.put("t1", "weld", Status.OPEN);
        board.put("t2", "a\nb\u0000c\r\n\u2028d" + OVERRIDE + "e", Status.OPEN);
        board.put("t3", "x".repeat(20_000), Status.OPEN);
        try (TestWindow window = board.open()) {
            window.await("all have cells", () -> window.cellsIn(Status.OPEN).size() == 3);
            List<TaskCell> cells = Fx.call(() -> window.cellsIn(Status.OPEN));
            assertThat(Fx.call(() ->
                            cells.stream().map(TaskCell::getHeight).distinct().toList()))
                    .hasSize(1);
            assertThat(Fx.call(() -> cells.stream()
                            .map(cell -> ((Label) cell.lookup(".task-title")).getText())
                            .toList()))
                    .containsExactly("weld", "a b c de", "x".repeat(500) + "…");
            assertThat(Fx.call(() -> sidewaysBars(window.list(Status.OPEN)))).isEmpty();
        }
    }

    @Test
    void aLongNameOfABoardStaysInItsPlace() {
        board.server().put("project", "{\"id\":\"p1\",\"name\":\"%s\"}".formatted("Refit ".repeat(2_000)));
        try (TestWindow window = TestWindow.open(board.user("Ada"), Mode.SERVER)) {
            window.await("the board is open", () -> window.text("board-name").startsWith("Refit Refit"));
            window.await("it is listed", () -> !window.model().boards().isEmpty());
            assertThat(Fx.call(() -> sidewaysBars((ListView<?>) window.node("boards"))))
                    .isEmpty();
            Node offline = Fx.call(() -> window.node("mode-peers"));
            assertThat(Fx.call(() ->
                            offline.localToScene(offline.getLayoutBounds()).getMaxX()))
                    .isLessThanOrEqualTo(Fx.call(() -> window.stage().getScene().getWidth()));
            assertThat(Fx.call(() -> window.stage().getTitle()))
                    .hasSizeLessThan(600)
                    .endsWith("…\u2069 – \u2068Ada\u2069");
        }
    }

    /** The bars that say that something is wider than its list. */
    private static List<ScrollBar> sidewaysBars(ListView<?> list) {
        return list.lookupAll(".scroll-bar").stream()
                .map(ScrollBar.class::cast)
                .filter(bar -> bar.getOrientation() == Orientation.HORIZONTAL && bar.isVisible())
                .toList();
    }
}
