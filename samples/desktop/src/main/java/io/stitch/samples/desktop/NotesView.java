package io.stitch.samples.desktop;

import javafx.collections.ListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;

/** The notes, in a corner above the board. */
final class NotesView extends VBox {
    private static final double WIDTH = 420;

    private final Notes notes;

    NotesView(Notes notes) {
        this.notes = notes;
        getStyleClass().add("notes");
        setAlignment(Pos.BOTTOM_RIGHT);
        setPickOnBounds(false); // The board below is clicked through the gaps.
        notes.shown().addListener((ListChangeListener<String>) change -> show());
    }

    private void show() {
        getChildren().setAll(notes.shown().stream().map(this::view).toList());
    }

    private HBox view(String note) {
        Label text = new Label(note);
        text.setWrapText(true);
        text.getStyleClass().add("note-text");
        HBox.setHgrow(text, Priority.ALWAYS);
        Button close = new Button("✕");
        close.getStyleClass().add("note-close");
        close.setAccessibleText("Dismiss this note");
        close.setMinWidth(USE_PREF_SIZE);
        close.setOnAction(event -> notes.dismiss(note));
        HBox view = new HBox(text, close);
        view.getStyleClass().add("note");
        view.setMaxWidth(WIDTH);
        view.setMinHeight(USE_PREF_SIZE);
        return view;
    }
}
