package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.Board.Task;
import io.stitch.samples.desktop.OpenBoard.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Consumer;
import javafx.beans.binding.Bindings;
import javafx.collections.ListChangeListener;
import javafx.scene.control.Button;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.ListView;
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

    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");

    private final BoardModel model;
    private final OpenBoard board;
    private final TextField entry = new TextField();
    private final Label entryLabel = new Label();
    private final TextField filter = new TextField();
    private final Button save = new Button();
    private final Label gone =
            new Label("Somebody deleted this task while you edited it. Your text makes a new one, and Esc drops it.");
    private final HBox line;
    private final HBox row = new HBox();
    private final List<TaskColumn> columns;
    private final Selection<Row> selection;
    private @Nullable Task edited;

    /**
     * Makes the board.
     *
     * @param model what it shows
     * @param focusElsewhere takes the focus when nothing here can have it any more
     */
    TaskBoard(BoardModel model, Runnable focusElsewhere) {
        this.model = model;
        this.board = model.board();
        this.columns =
                ORDER.stream().map(status -> new TaskColumn(status, board)).toList();
        this.selection =
                new Selection<>(Row::id, columns.stream().map(TaskColumn::list).toList());
        board.tasks().around(selection::keep);

        Label filterLabel = new Label("Filter");
        entry.setId("entry");
        entryLabel.setId("entry-label");
        entryLabel.setLabelFor(entry);
        entryLabel.setMinWidth(USE_PREF_SIZE);
        save.setId("save");
        save.setMinWidth(USE_PREF_SIZE);
        save.disableProperty().bind(entry.textProperty().map(String::isBlank));
        filter.setId("filter");
        filter.setPromptText(Keys.FILTER.keys());
        filterLabel.setLabelFor(filter);
        filterLabel.setMinWidth(USE_PREF_SIZE);
        HBox.setHgrow(entry, Priority.ALWAYS);
        line = new HBox(entryLabel, entry, save, filterLabel, filter);
        line.getStyleClass().add("line");
        row.getStyleClass().add("columns");
        row.getChildren().addAll(columns);
        setVgrow(row, Priority.ALWAYS);
        getStyleClass().add("board");
        gone.setId("gone");
        getChildren().addAll(line, notice(gone), boardNotice(), row);
        edit(null);

        entry.setOnAction(event -> save());
        save.setOnAction(event -> save());
        onEscape(entry, () -> {
            edit(null);
            focusTasks();
        });
        onEscape(filter, () -> {
            filter.clear();
            board.whenDrawn(this::focusTasks);
        });
        filter.setOnAction(event -> board.whenDrawn(this::focusTasks));
        filter.textProperty().addListener((property, before, now) -> board.filter(now.strip()));
        columns.forEach(this::listen);

        board.id().addListener((property, before, now) -> {
            if (edited != null) {
                edit(null);
            }
        });
        board.tasks().addListener((ListChangeListener<Row>) change -> lookForEdited());
        board.condition().addListener((property, before, now) -> {
            boolean focused = Focus.isIn(this);
            line.setDisable(!now.isUsable());
            row.setDisable(!now.isUsable());
            if (focused && !now.isUsable()) {
                focusElsewhere.run();
            }
        });
        line.setDisable(true);
        row.setDisable(true);
    }

    private Label boardNotice() {
        Label notice = new Label();
        notice.setId("board-notice");
        notice.textProperty()
                .bind(Bindings.when(model.ready()).then(board.notice()).otherwise(""));
        notice(notice);
        notice.visibleProperty().bind(notice.textProperty().isNotEmpty());
        return notice;
    }

    private static Label notice(Label label) {
        label.getStyleClass().add("notice");
        label.setWrapText(true);
        label.setMaxWidth(Double.MAX_VALUE);
        label.setMinHeight(USE_PREF_SIZE);
        label.managedProperty().bind(label.visibleProperty());
        return label;
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

    /** {@return its parts, in their order} Going to one changes nothing in it. */
    List<BoardWindow.Part> parts() {
        return List.of(new BoardWindow.Part(line, entry::requestFocus), new BoardWindow.Part(row, this::focusTasks));
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

    // ---- writing ----

    /** Has the line above the columns write a task's title or, with none, a new task. */
    private void edit(@Nullable Task task) {
        edited = task;
        board.watch(task == null ? null : task.id(), this::lookForEdited);
        entry.setText(task == null ? "" : task.title());
        entry.setPromptText(task == null ? Keys.NEW_TASK.keys() : "");
        lookForEdited();
        if (task != null) {
            entry.requestFocus();
            entry.selectAll();
        }
    }

    /** What was being edited may be gone: its text is worth keeping, and cannot be saved as that task's. */
    private void lookForEdited() {
        Task task = edited;
        boolean isGone = task != null && board.task(task.id()).isEmpty();
        gone.setVisible(isGone);
        entryLabel.setText(task == null || isGone ? "New task" : "Title");
        save.setText(task == null ? "Add" : isGone ? "Add as new" : "Save");
    }

    private void save() {
        String title = entry.getText().strip();
        if (title.isEmpty() || !model.takes(title, LONGEST_TITLE)) {
            return;
        }
        Task task = edited;
        boolean isNew = task == null || gone.isVisible();
        edit(null);
        if (task == null || isNew) {
            selection.select(model.addTask(title));
        } else {
            model.rename(task, title);
            focusTasks();
        }
    }

    private void onSelected(Consumer<Task> action) {
        Row selected = selection.selected().get();
        if (selected != null && board.condition().get().isUsable()) {
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
        TaskMenu menu = taskMenu();
        ContextMenu shown = new ContextMenu();
        shown.getItems().setAll(menu.items());
        shown.setOnShowing(event -> menu.opens(selection.selected().get()));
        list.setContextMenu(shown);
    }

    /** {@return what can be done with the selected task, for one more menu} */
    TaskMenu taskMenu() {
        return new TaskMenu(model, this::edit);
    }

    private boolean pressed(TaskColumn column, KeyEvent event) {
        if (event.isShortcutDown() || event.isAltDown()) {
            return false;
        }
        switch (event.getCode()) {
            case ENTER, F2 -> onSelected(this::edit);
            case DELETE -> onSelected(model::delete);
            case BACK_SPACE -> {
                if (!MAC) { // Whose keyboards have it in the place of Del; anywhere else it goes back.
                    return false;
                }
                onSelected(model::delete);
            }
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
