package io.stitch.samples.desktop;

import javafx.collections.ListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.scene.text.Text;
import javafx.scene.text.TextFlow;

/** The notes, in a corner above the board. */
final class NotesView extends VBox {
    private static final double WIDTH = 420;

    private final Notes notes;
    private final Runnable focusElsewhere;

    /**
     * Shows notes.
     *
     * @param notes the notes
     * @param focusElsewhere takes the focus when the note that has it is dismissed and none is left
     */
    NotesView(Notes notes, Runnable focusElsewhere) {
        this.notes = notes;
        this.focusElsewhere = focusElsewhere;
        getStyleClass().add("notes");
        setAlignment(Pos.BOTTOM_RIGHT);
        setPickOnBounds(false); // The board below is clicked through the gaps.
        notes.shown().addListener((ListChangeListener<String>) change -> show());
    }

    private void show() {
        if (KeptViews.show(this, notes.shown(), this::view)) {
            if (getChildren().isEmpty()) {
                focusElsewhere.run();
            } else {
                getChildren()
                        .get(getChildren().size() - 1)
                        .lookup(".note-close")
                        .requestFocus();
            }
        }
    }

    private HBox view(String note) {
        TextFlow text = sentence(note);
        HBox.setHgrow(text, Priority.ALWAYS);
        Button close = new Button("✕");
        close.getStyleClass().add("note-close");
        close.setAccessibleText("Dismiss the note: " + note);
        close.setMinWidth(USE_PREF_SIZE);
        close.setOnAction(event -> notes.dismiss(note));
        HBox view = new HBox(text, close);
        view.getStyleClass().add("note");
        view.setMaxWidth(WIDTH);
        view.setMinHeight(USE_PREF_SIZE);
        return view;
    }

    /** The characters that isolate what users wrote do their work without being seen: fonts without them would draw boxes. */
    static TextFlow sentence(String note) {
        TextFlow flow = new TextFlow();
        flow.getStyleClass().add("note-text");
        int from = 0;
        for (int i = 0; i < note.length(); i++) {
            if (note.charAt(i) == Words.ISOLATE || note.charAt(i) == Words.END_OF_ISOLATE) {
                flow.getChildren().add(new Text(note.substring(from, i)));
                Text unseen = new Text(note.substring(i, i + 1));
                unseen.getStyleClass().add("unseen");
                flow.getChildren().add(unseen);
                from = i + 1;
            }
        }
        flow.getChildren().add(new Text(note.substring(from)));
        return flow;
    }
}
