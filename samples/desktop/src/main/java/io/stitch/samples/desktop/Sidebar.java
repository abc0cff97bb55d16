package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Project;
import org.jspecify.annotations.Nullable;

import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.TextField;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;

/** The boards to choose from, and a line for a new one. */
final class Sidebar extends VBox {
    private static final int LONGEST_NAME = 200;

    private final BoardModel model;
    private final ListView<Project> list;
    private final TextField newBoard = new TextField();
    private final Selection<Project> selection;

    Sidebar(BoardModel model) {
        this.model = model;
        this.list = new ListView<>(model.boards());
        this.selection = new Selection<>(Project::id, List.of(list));
        model.boards().around(selection::keep);

        Label title = new Label("Boards");
        title.getStyleClass().add("sidebar-title");
        title.setLabelFor(list);
        Label none = new Label();
        none.setId("no-boards");
        none.setWrapText(true);
        none.textProperty().bind(model.noBoards());
        list.setId("boards");
        list.setAccessibleText("Boards");
        list.setPlaceholder(none);
        list.setCellFactory(view -> new BoardCell());
        setVgrow(list, Priority.ALWAYS);
        newBoard.setId("new-board");
        newBoard.setPromptText("Its name");
        newBoard.disableProperty().bind(model.ready().not());
        Label newTitle = new Label("New board");
        newTitle.getStyleClass().add("sidebar-title");
        newTitle.setLabelFor(newBoard);
        getStyleClass().add("sidebar");
        getChildren().addAll(title, list, newTitle, newBoard);

        newBoard.setOnAction(event -> create());
        selection.selected().addListener((property, before, now) -> {
            if (now != null) {
                model.openBoard(now.id());
            }
        });
        model.board().id().addListener((property, before, now) -> {
            if (!now.isEmpty()) {
                selection.select(now);
            }
        });
    }

    void focusBoards() {
        list.requestFocus();
    }

    private void create() {
        String name = newBoard.getText().strip();
        if (!name.isEmpty() && model.ready().get() && model.takes(name, LONGEST_NAME)) {
            newBoard.clear();
            model.createBoard(name);
        }
    }

    private static final class BoardCell extends ListCell<Project> {
        BoardCell() {
            setMinWidth(0);
            setPrefWidth(1); // As wide as the list, however long the name is.
        }

        @Override
        protected void updateItem(@Nullable Project board, boolean empty) {
            super.updateItem(board, empty);
            setText(board == null ? null : nameOf(board));
        }

        private static String nameOf(Project board) {
            String name = Words.line(board.name());
            return name.isEmpty() ? "A board of others" : name;
        }
    }
}
