package io.stitch.samples.desktop;

import java.util.List;
import java.util.stream.Stream;
import javafx.beans.binding.Bindings;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javafx.stage.Stage;

/** A user's window: puts the parts together, and knows when it may close. */
final class BoardWindow {
    private static final double WIDTH = 1120;
    private static final double HEIGHT = 740;
    private static final String SOME_KEYS =
            "%s go  ·  Enter edit  ·  Shift+← → move  ·  %s assign to me  ·  %s delete  ·  %s new task"
                            .formatted(Keys.GO.keys(), Keys.ASSIGN.keys(), Keys.DELETE.keys(), Keys.NEW_TASK.keys())
                    + "  ·  %s filter  ·  %s all keys".formatted(Keys.FILTER.keys(), Keys.HELP.keys());

    private final BoardModel model;
    private final Stage stage;
    private final TaskBoard board;
    private final Sidebar sidebar;
    private final KeysWindow keys;
    private final WaitingWindow waiting;
    private boolean closing;

    /** A part of the window that can be gone to. */
    record Part(Node node, Runnable focus) {}

    /** What the application does for a window. */
    interface Application {
        /** Opens a window of another user. */
        void anotherWindow();

        /** Closes every window. */
        void quit();
    }

    private BoardWindow(BoardModel model, Stage stage, Application application) {
        this.model = model;
        this.stage = stage;
        this.sidebar = new Sidebar(model);
        this.board = new TaskBoard(model, sidebar::focusBoards);
        this.keys = new KeysWindow(stage);
        this.waiting = new WaitingWindow(stage, model.waiting());
        BorderPane page = new BorderPane(board);
        page.setTop(new VBox(
                Menus.of(model, board, new WindowActions(application)), new TopBar(model, waiting::open), banner()));
        page.setLeft(sidebar);
        page.setBottom(someKeys());
        Scene scene = new Scene(new StackPane(page, new NotesView(model.notes(), board::focusTasks)), WIDTH, HEIGHT);
        scene.getStylesheets().add(BoardWindow.class.getResource("board.css").toExternalForm());
        // Before the lists, which take the key for themselves.
        scene.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE && model.notes().dismissNewest()) {
                event.consume();
            }
        });
        stage.setScene(scene);
        stage.setOnCloseRequest(event -> {
            event.consume();
            close();
        });
    }

    /**
     * Makes a window, which is to be shown then.
     *
     * @param model what it shows
     * @param stage where
     * @param application what it is a window of
     */
    static BoardWindow make(BoardModel model, Stage stage, Application application) {
        BoardWindow window = new BoardWindow(model, stage, application);
        stage.titleProperty()
                .bind(Bindings.createStringBinding(
                        () -> {
                            String name = model.board().name().get();
                            return (name.isBlank() ? "Boards" : Words.isolated(name)) + " – "
                                    + Words.isolated(model.user().name());
                        },
                        model.board().name()));
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

    KeysWindow keys() {
        return keys;
    }

    WaitingWindow waiting() {
        return waiting;
    }

    /**
     * Closes the window when what was written is sent, which is waited for a moment. If some of it is refused meanwhile the window stays,
     * so that its user sees that. Whoever closes it once more does not wait.
     */
    void close() {
        if (closing) {
            stage.hide();
            return;
        }
        closing = true;
        model.leave().subscribe(mayGo -> {
            closing = false;
            if (mayGo) {
                stage.hide();
            }
        });
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

    private static Label someKeys() {
        Label keys = new Label(SOME_KEYS);
        keys.getStyleClass().add("keys");
        keys.setMaxWidth(Double.MAX_VALUE);
        return keys;
    }

    /** What the menus have the window do. */
    private final class WindowActions implements Menus.Actions {
        private final Application application;

        WindowActions(Application application) {
            this.application = application;
        }

        @Override
        public void focusBoards() {
            sidebar.focusBoards();
        }

        @Override
        public void focusPart(int partsOn) {
            List<Part> parts = Stream.concat(Stream.of(new Part(sidebar, sidebar::focusBoards)), board.parts().stream())
                    .filter(part -> !part.node().isDisabled())
                    .toList();
            int focused = -1;
            for (int i = 0; i < parts.size(); i++) {
                focused = Focus.isIn(parts.get(i).node()) ? i : focused;
            }
            int next = focused < 0 ? 0 : Math.floorMod(focused + partsOn, parts.size());
            parts.get(next).focus().run();
        }

        @Override
        public void anotherWindow() {
            application.anotherWindow();
        }

        @Override
        public void close() {
            BoardWindow.this.close();
        }

        @Override
        public void quit() {
            application.quit();
        }

        @Override
        public void showKeys() {
            keys.show();
        }

        @Override
        public void showWaiting() {
            waiting.open();
        }
    }
}
