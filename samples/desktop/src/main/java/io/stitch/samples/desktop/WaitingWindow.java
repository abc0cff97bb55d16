package io.stitch.samples.desktop;

import javafx.beans.binding.Bindings;
import javafx.collections.ListChangeListener;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.stage.Stage;
import javafx.stage.Window;

/** What waits to be sent, in a window of its own beside the board's: each write with the reason, to be taken back or tried again. */
final class WaitingWindow {
    private static final double WIDTH = 560;
    private static final double HEIGHT = 380;

    private final WaitingWrites writes;
    private final SideWindow window;
    private final VBox list = new VBox();

    WaitingWindow(Window board, WaitingWrites writes) {
        this.writes = writes;
        list.getStyleClass().add("waiting");
        ScrollPane scroll = new ScrollPane(list);
        scroll.setFitToWidth(true);
        scroll.setFocusTraversable(false);
        VBox page = new VBox(scroll, nothing(), more());
        VBox.setVgrow(scroll, Priority.ALWAYS);
        Scene scene = new Scene(page, WIDTH, HEIGHT);
        writes.shown().addListener((ListChangeListener<WaitingWrites.Entry>) change -> show());
        window = new SideWindow(board, "What waits to be sent", scene, Keys.WAITING);
        show();
    }

    private Label nothing() {
        Label nothing = new Label("Nothing waits: everything is sent.");
        nothing.getStyleClass().add("waiting-none");
        nothing.visibleProperty().bind(Bindings.isEmpty(writes.shown()));
        nothing.managedProperty().bind(nothing.visibleProperty());
        return nothing;
    }

    private Label more() {
        Label more = new Label();
        more.getStyleClass().add("waiting-none");
        more.textProperty().bind(writes.unshown().asString("and %d more"));
        more.visibleProperty().bind(writes.unshown().greaterThan(0));
        more.managedProperty().bind(more.visibleProperty());
        return more;
    }

    private void show() {
        if (KeptViews.show(list, writes.shown(), this::view)) {
            list.getChildren().stream()
                    .findFirst()
                    .map(view -> view.lookup(".button"))
                    .ifPresent(Node::requestFocus);
        }
    }

    private HBox view(WaitingWrites.Entry entry) {
        Label why = new Label(entry.why());
        why.getStyleClass().add("waiting-why");
        why.setWrapText(true);
        VBox text = new VBox(NotesView.sentence(entry.what()), why);
        HBox.setHgrow(text, Priority.ALWAYS);
        HBox view = new HBox(text);
        view.getStyleClass().add("waiting-write");
        if (entry.failed()) {
            view.getChildren().add(button("Try now", entry, () -> writes.retry(entry)));
        }
        if (entry.droppable()) {
            view.getChildren().add(button("Take back", entry, () -> writes.drop(entry)));
        }
        return view;
    }

    private static Button button(String text, WaitingWrites.Entry entry, Runnable action) {
        Button button = new Button(text);
        button.setMinWidth(Button.USE_PREF_SIZE);
        button.setAccessibleText(text + ": " + entry.what());
        button.setOnAction(event -> action.run());
        return button;
    }

    Stage stage() {
        return window.stage();
    }

    void open() {
        window.show();
    }
}
