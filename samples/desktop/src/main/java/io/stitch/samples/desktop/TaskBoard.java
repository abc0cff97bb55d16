package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.Board.Task;
import io.stitch.samples.desktop.BoardModel.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import javafx.scene.control.Button;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.ListView;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;

/**
 * The open board: its three columns, and above them one line to write in. A title is edited there and not in its cell, which may move or
 * go at any moment because of somebody else's edit.
 */
final class TaskBoard extends VBox {
    private static final List<Status> ORDER = List.of(Status.values());

    /** As on the board in the browser. */
    private static final int LONGEST_TITLE = 500;

    private final BoardModel model;
    private final TextField entry = new TextField();
    private final TextField filter = new TextField();
    private final Button save = new Button("Add");
    private final List<TaskColumn> columns;
    private final Selection<Row> selection;
    private @Nullable Task edited;

    TaskBoard(BoardModel model) {
        this.model = model;
        this.columns = ORDER.stream()
                .map(status -> new TaskColumn(status, model.tasks()))
                .toList();
        this.selection =
                new Selection<>(Row::id, columns.stream().map(TaskColumn::list).toList());
        model.tasks().around(selection::keep);

        entry.setId("entry");
        filter.setId("filter");
        filter.setPromptText("Filter (Ctrl+F)");
        filter.setAccessibleText("Show only tasks with this text");
        HBox.setHgrow(entry, Priority.ALWAYS);
        HBox line = new HBox(entry, save, filter);
        line.getStyleClass().add("line");
        HBox row = new HBox();
        row.getStyleClass().add("columns");
        row.getChildren().addAll(columns);
        setVgrow(row, Priority.ALWAYS);
        getStyleClass().add("board");
        getChildren().addAll(line, row);
        edit(null);

        entry.setOnAction(event -> save());
        save.setOnAction(event -> save());
        onEscape(entry, () -> {
            edit(null);
            focusTasks();
        });
        onEscape(filter, () -> {
            filter.clear();
            focusTasks();
        });
        filter.setOnAction(event -> focusTasks());
        filter.textProperty().addListener((property, before, now) -> applyFilter(now));
        columns.forEach(this::listen);
    }

    Selection<Row> selection() {
        return selection;
    }

    ListView<Row> list(Status status) {
        return columns.get(ORDER.indexOf(status)).list();
    }

    void focusEntry() {
        edit(null);
        entry.requestFocus();
    }

    void focusFilter() {
        filter.requestFocus();
    }

    /** Gives the focus to the selected task or, if there is none, to the first. */
    void focusTasks() {
        Row selected = selection.selected().get();
        TaskColumn column = selected == null
                ? columns.stream()
                        .filter(each -> !each.list().getItems().isEmpty())
                        .findFirst()
                        .orElse(columns.get(0))
                : columns.get(ORDER.indexOf(selected.task().status()));
        if (selected == null) {
            column.list().getSelectionModel().selectFirst();
        }
        column.list().requestFocus();
    }

    private static void onEscape(TextField field, Runnable action) {
        field.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE) {
                action.run();
                event.consume();
            }
        });
    }

    private void applyFilter(String text) {
        String sought = text.strip().toLowerCase(Locale.ROOT);
        selection.keep(() -> columns.forEach(column -> column.filter(row -> matches(row.task(), sought))));
    }

    private static boolean matches(Task task, String sought) {
        return task.title().toLowerCase(Locale.ROOT).contains(sought)
                || (task.assignee() != null
                        && task.assignee().toLowerCase(Locale.ROOT).contains(sought));
    }

    // ---- writing ----

    /** Has the line above the columns write a task's title or, with none, a new task. */
    private void edit(@Nullable Task task) {
        edited = task;
        entry.setText(task == null ? "" : task.title());
        entry.setPromptText("New task … (Ctrl+N)");
        entry.setAccessibleText(task == null ? "Title of a new task" : "Title of the task " + task.title());
        save.setText(task == null ? "Add" : "Save");
        if (task != null) {
            entry.requestFocus();
            entry.selectAll();
        }
    }

    private void save() {
        String title = entry.getText().strip();
        if (title.isEmpty() || !model.takes(title, LONGEST_TITLE)) {
            return;
        }
        Task task = edited;
        edit(null);
        if (task == null) {
            selection.select(model.addTask(title));
        } else {
            model.rename(task, title);
            focusTasks();
        }
    }

    private void onSelected(Consumer<Task> action) {
        Row selected = selection.selected().get();
        if (selected != null) {
            action.accept(selected.task());
        }
    }

    private void move(int columnsOn) {
        onSelected(task -> {
            int to = ORDER.indexOf(task.status()) + columnsOn;
            if (to >= 0 && to < columns.size()) {
                model.move(task, columns.get(to).status());
            }
        });
    }

    // ---- keys and mouse ----

    private void listen(TaskColumn column) {
        ListView<Row> list = column.list();
        list.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (pressed(column, event)) {
                event.consume();
            }
        });
        list.setOnMouseClicked(event -> {
            if (event.getButton() == MouseButton.PRIMARY && event.getClickCount() == 2) {
                onSelected(this::edit);
            }
        });
        list.setContextMenu(new ContextMenu(
                item("Edit the title", () -> onSelected(this::edit)),
                item("Assign to me, or to nobody", () -> onSelected(model::assign)),
                item("Move left", () -> move(-1)),
                item("Move right", () -> move(1)),
                item("Delete", () -> onSelected(model::delete))));
    }

    private static MenuItem item(String text, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setOnAction(event -> action.run());
        return item;
    }

    private boolean pressed(TaskColumn column, KeyEvent event) {
        if (event.isShortcutDown() || event.isAltDown()) {
            return false;
        }
        switch (event.getCode()) {
            case ENTER, F2 -> onSelected(this::edit);
            case DELETE, BACK_SPACE -> onSelected(model::delete);
            case A -> onSelected(model::assign);
            case LEFT -> goOrMove(column, -1, event.isShiftDown());
            case RIGHT -> goOrMove(column, 1, event.isShiftDown());
            default -> {
                return false;
            }
        }
        return true;
    }

    private void goOrMove(TaskColumn from, int columnsOn, boolean move) {
        if (move) {
            move(columnsOn);
            return;
        }
        int to = ORDER.indexOf(from.status()) + columnsOn;
        while (to >= 0
                && to < columns.size()
                && columns.get(to).list().getItems().isEmpty()) {
            to += columnsOn;
        }
        if (to >= 0 && to < columns.size()) {
            ListView<Row> list = columns.get(to).list();
            int index = Math.min(
                    Math.max(from.list().getSelectionModel().getSelectedIndex(), 0),
                    list.getItems().size() - 1);
            list.requestFocus();
            list.getSelectionModel().clearAndSelect(index);
            list.scrollTo(index);
        }
    }
}
