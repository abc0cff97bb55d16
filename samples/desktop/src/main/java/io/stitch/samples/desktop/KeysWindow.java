package io.stitch.samples.desktop;

import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.layout.GridPane;
import javafx.stage.Stage;
import javafx.stage.Window;

/** The list of all keys, in a window of its own beside the board's. */
final class KeysWindow {
    private final SideWindow window;

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
        window = new SideWindow(board, "Keys", scene, Keys.HELP);
        window.stage().setResizable(false);
    }

    Stage stage() {
        return window.stage();
    }

    void show() {
        window.show();
    }
}
