package io.stitch.samples.desktop;

import io.stitch.samples.desktop.BoardModel.Row;
import org.jspecify.annotations.Nullable;

import javafx.css.PseudoClass;
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
            return;
        }
        String who = row.task().assignee() == null ? "Nobody yet" : row.task().assignee();
        title.setText(row.task().title());
        assignee.setText(who);
        setAccessibleText(
                row.task().title() + ", " + row.task().status().text() + ", " + who + (pending ? ", pending" : ""));
        setGraphic(card);
    }
}
