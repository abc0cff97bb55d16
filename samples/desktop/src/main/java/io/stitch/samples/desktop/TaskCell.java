package io.stitch.samples.desktop;

import io.stitch.samples.desktop.OpenBoard.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;
import javafx.css.PseudoClass;
import javafx.scene.AccessibleRole;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;

/** A task in a column: its title, who does it, and a mark while the write is not settled. */
final class TaskCell extends ListCell<Row> {
    private static final PseudoClass PENDING = PseudoClass.getPseudoClass("pending");

    private final Label title = new Label();
    private final Label assignee = new Label();
    private final Label mark = new Label("pending");
    private final HBox card;

    TaskCell() {
        getStyleClass().add("task-cell");
        title.getStyleClass().add("task-title");
        assignee.getStyleClass().add("task-assignee");
        mark.getStyleClass().add("task-mark");
        mark.managedProperty().bind(mark.visibleProperty());
        mark.setMinWidth(USE_PREF_SIZE);
        // The cell says it all in one sentence; a screen reader must not find the parts once more.
        List.of(title, assignee, mark).forEach(part -> part.setAccessibleRole(AccessibleRole.NODE));
        VBox text = new VBox(title, assignee);
        text.getStyleClass().add("task-text");
        text.setMinWidth(0);
        HBox.setHgrow(text, Priority.ALWAYS);
        card = new HBox(text, mark);
        card.getStyleClass().add("task-card");
        card.setMinWidth(0);
        card.setPrefWidth(1); // As wide as the column, however long the title is.
    }

    @Override
    protected void updateItem(@Nullable Row row, boolean empty) {
        super.updateItem(row, empty);
        boolean pending = row != null && row.pending();
        pseudoClassStateChanged(PENDING, pending);
        mark.setVisible(pending);
        if (row == null) {
            setGraphic(null);
            setAccessibleText(null);
            setAccessibleHelp(null);
            return;
        }
        String who = row.task().assignee() == null
                ? "Nobody yet"
                : Words.line(row.task().assignee());
        title.setText(titleOf(row));
        assignee.setText(who);
        setAccessibleText("%s, %s%s"
                .formatted(Words.isolated(titleOf(row)), row.task().status().text(), pending ? ", pending" : ""));
        setAccessibleHelp(who);
        setGraphic(card);
    }

    private static String titleOf(Row row) {
        String title = Words.line(row.task().title());
        return title.isEmpty() ? "Without a title" : title;
    }
}
