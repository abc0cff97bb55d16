package io.stitch.samples.desktop;

import javafx.scene.Scene;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.stage.Stage;
import javafx.stage.Window;

/** A window beside the board's, which is closed by Escape, by the key that closes windows, or by the one that opened it. */
final class SideWindow {
    private final Stage stage = new Stage();

    SideWindow(Window board, String title, Scene scene, Keys opener) {
        scene.getStylesheets().add(SideWindow.class.getResource("board.css").toExternalForm());
        scene.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE
                    || Keys.CLOSE.combination().match(event)
                    || opener.combination().match(event)) {
                stage.hide();
                event.consume();
            }
        });
        stage.initOwner(board); // It goes with the board.
        stage.setTitle(title);
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
