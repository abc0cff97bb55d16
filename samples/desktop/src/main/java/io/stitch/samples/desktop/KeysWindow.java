package io.stitch.samples.desktop;

import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.GridPane;
import javafx.stage.Stage;
import javafx.stage.Window;

/** The list of all keys, in a window of its own beside the board's. */
final class KeysWindow {
    private final Stage stage = new Stage();

    KeysWindow(Window board) {
        GridPane table = new GridPane();
        table.getStyleClass().add("all-keys");
        int row = 0;
        for (Keys key : Keys.values()) {
            Label keys = new Label(key.keys());
            keys.getStyleClass().add("all-keys-key");
            keys.setMinWidth(Label.USE_PREF_SIZE);
            table.addRow(row, keys, new Label(key.meaning()));
            row++;
        }
        Scene scene = new Scene(table);
        scene.getStylesheets().add(KeysWindow.class.getResource("board.css").toExternalForm());
        scene.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE
                    || Keys.CLOSE.combination().match(event)
                    || Keys.HELP.combination().match(event)) {
                stage.hide();
                event.consume();
            }
        });
        stage.initOwner(board); // It goes with the board.
        stage.setTitle("Keys");
        stage.setResizable(false);
        stage.setScene(scene);
    }

    Stage stage() {
        return stage;
    }

    void show() {
        stage.show();
        stage.requestFocus();
    }
}
