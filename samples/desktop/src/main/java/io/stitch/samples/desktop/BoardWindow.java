package io.stitch.samples.desktop;

import java.util.Map;
import javafx.beans.binding.Bindings;
import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javafx.stage.Stage;

/** A user's window: puts the parts together, and has the keys that work everywhere in it. */
final class BoardWindow {
    private static final double WIDTH = 1120;
    private static final double HEIGHT = 720;
    private static final String KEYS =
            "↑ ↓ ← → go  ·  Enter edit  ·  Shift+← → move  ·  A assign to me  ·  Del delete  ·  Ctrl+N new  ·  Ctrl+F filter"
                    + "  ·  Ctrl+B boards  ·  Ctrl+O offline  ·  Ctrl+R retry  ·  Ctrl+M mode";

    private final BoardModel model;
    private final Stage stage;
    private final TaskBoard board;
    private final Sidebar sidebar;

    private BoardWindow(BoardModel model, Stage stage, Runnable anotherWindow) {
        this.model = model;
        this.stage = stage;
        this.board = new TaskBoard(model);
        this.sidebar = new Sidebar(model);
        BorderPane page = new BorderPane(board);
        page.setTop(new VBox(new TopBar(model), banner()));
        page.setLeft(sidebar);
        page.setBottom(keys());
        Scene scene = new Scene(new StackPane(page, new NotesView(model.notes())), WIDTH, HEIGHT);
        scene.getStylesheets().add(BoardWindow.class.getResource("board.css").toExternalForm());
        scene.getAccelerators()
                .putAll(Map.of(
                        shortcut(KeyCode.N), board::focusEntry,
                        shortcut(KeyCode.F), board::focusFilter,
                        shortcut(KeyCode.B), sidebar::focusBoards,
                        shortcut(KeyCode.T), board::focusTasks,
                        shortcut(KeyCode.O), model::toggleOffline,
                        shortcut(KeyCode.R), model::tryAgain,
                        shortcut(KeyCode.M),
                                () -> model.switchTo(model.mode().get().other()),
                        shortcut(KeyCode.W), anotherWindow));
        // Before the lists, which take the key for themselves.
        scene.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE && model.notes().dismissNewest()) {
                event.consume();
            }
        });
        stage.setScene(scene);
    }

    /**
     * Makes a window, which is to be shown then.
     *
     * @param model what it shows
     * @param stage where
     * @param anotherWindow opens a window of another user
     */
    static BoardWindow make(BoardModel model, Stage stage, Runnable anotherWindow) {
        BoardWindow window = new BoardWindow(model, stage, anotherWindow);
        stage.titleProperty()
                .bind(Bindings.concat(
                        Bindings.when(model.boardName().isEmpty())
                                .then("Boards")
                                .otherwise(model.boardName()),
                        " – " + model.user().name()));
        return window;
    }

    BoardModel model() {
        return model;
    }

    Stage stage() {
        return stage;
    }

    TaskBoard board() {
        return board;
    }

    private Label banner() {
        Label banner = new Label();
        banner.setId("banner");
        banner.getStyleClass().add("banner");
        banner.setWrapText(true);
        banner.setMaxWidth(Double.MAX_VALUE);
        banner.setMinHeight(Label.USE_PREF_SIZE);
        banner.textProperty().bind(model.trouble());
        banner.visibleProperty().bind(model.trouble().isNotEmpty());
        banner.managedProperty().bind(banner.visibleProperty());
        return banner;
    }

    private static Label keys() {
        Label keys = new Label(KEYS);
        keys.getStyleClass().add("keys");
        keys.setMaxWidth(Double.MAX_VALUE);
        return keys;
    }

    private static KeyCombination shortcut(KeyCode key) {
        return new KeyCodeCombination(key, KeyCombination.SHORTCUT_DOWN);
    }
}
