package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.OpenBoard.Row;

import java.util.Locale;
import javafx.beans.binding.Bindings;
import javafx.collections.transformation.FilteredList;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.ListView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;

/** The tasks of one status. The list view makes cells for what is on the screen only, however many there are. */
final class TaskColumn extends VBox {
    private final Status status;
    private final FilteredList<Row> rows;
    private final ListView<Row> list;

    TaskColumn(Status status, OpenBoard board) {
        this.status = status;
        this.rows = new FilteredList<>(board.tasks(), this::belongs);
        this.list = new ListView<>(rows);
        String name = status.name().toLowerCase(Locale.ROOT);
        list.setId("tasks-" + name);
        list.setCellFactory(view -> new TaskCell());
        list.setAccessibleText(status.text() + " tasks");
        Label empty = new Label();
        empty.setWrapText(true);
        empty.textProperty()
                .bind(Bindings.createStringBinding(
                        () -> board.filtered().get()
                                ? "No task with this text"
                                : board.condition().get().emptyColumn(),
                        board.condition(),
                        board.filtered()));
        list.setPlaceholder(empty);
        setVgrow(list, Priority.ALWAYS);

        Label title = new Label(status.text());
        title.getStyleClass().add("column-title");
        title.setLabelFor(list);
        Label count = new Label();
        count.getStyleClass().add("column-count");
        count.textProperty().bind(Bindings.size(rows).asString());
        Region space = new Region();
        HBox.setHgrow(space, Priority.ALWAYS);
        HBox header = new HBox(title, space, count);
        header.setAlignment(Pos.BASELINE_LEFT);
        header.getStyleClass().add("column-header");

        getStyleClass().addAll("column", name);
        getChildren().addAll(header, list);
        setMinWidth(0);
        setPrefWidth(1);
        list.setMinWidth(0);
        list.setPrefWidth(1);
        HBox.setHgrow(this, Priority.ALWAYS);
    }

    Status status() {
        return status;
    }

    ListView<Row> list() {
        return list;
    }

    private boolean belongs(Row row) {
        return row.task().status() == status;
    }
}
