package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;

import javafx.beans.value.ObservableValue;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuBar;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;

/** The menu bar: everything that a key does in the whole window, with its key, and disabled while it cannot work. */
final class Menus {
    private Menus() {}

    static MenuBar of(BoardModel model, TaskBoard board, Actions actions) {
        ObservableValue<Boolean> unusable = model.board().condition().map(condition -> !condition.isUsable());
        TaskMenu task = board.taskMenu();
        Menu tasks = menu("_Task");
        tasks.getItems().setAll(task.items());
        tasks.setOnShowing(event -> task.opens(board.selection().selected().get()));
        MenuBar bar = new MenuBar(
                menu(
                        "_Board",
                        item(Keys.NEW_TASK, unusable, board::focusEntry),
                        item(Keys.BOARDS, null, actions::focusBoards),
                        new SeparatorMenuItem(),
                        item(Keys.NEW_WINDOW, null, actions::anotherWindow),
                        item(Keys.CLOSE, null, actions::close),
                        item(Keys.QUIT, null, actions::quit)),
                tasks,
                menu(
                        "_View",
                        item(Keys.FILTER, unusable, board::focusFilter),
                        item(Keys.NEXT_PART, null, () -> actions.focusPart(1)),
                        item(Keys.PREVIOUS_PART, null, () -> actions.focusPart(-1))),
                menu(
                        "_Connection",
                        item(Keys.OFFLINE, model.switching(), model::toggleOffline),
                        item(Keys.TRY_AGAIN, model.switching(), model::tryAgain),
                        item(Keys.WAITING, null, actions::showWaiting),
                        item(
                                Keys.MODE,
                                model.switching(),
                                () -> model.switchTo(model.mode().get().other()))),
                menu("_Help", item(Keys.HELP, null, actions::showKeys)));
        bar.setId("menus");
        bar.setUseSystemMenuBar(true);
        return bar;
    }

    /** What only the window can do. */
    interface Actions {
        void focusBoards();

        /** Gives the focus to the part of the window that is so many after the one that has it. */
        void focusPart(int partsOn);

        void anotherWindow();

        void close();

        void quit();

        void showKeys();

        void showWaiting();
    }

    private static Menu menu(String text, MenuItem... items) {
        return new Menu(text, null, items);
    }

    private static MenuItem item(Keys key, @Nullable ObservableValue<Boolean> disabled, Runnable action) {
        MenuItem item = new MenuItem(key.meaning());
        item.setMnemonicParsing(false);
        item.setAccelerator(key.combination());
        item.setOnAction(event -> action.run());
        if (disabled != null) {
            item.disableProperty().bind(disabled);
        }
        return item;
    }
}
