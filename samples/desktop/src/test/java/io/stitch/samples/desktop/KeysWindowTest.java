package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javafx.event.Event;
import javafx.scene.control.Labeled;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuBar;
import javafx.scene.control.MenuItem;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCombination;

import static org.assertj.core.api.Assertions.assertThat;

/** The keys that work in the whole window, and where they can be looked up. */
class KeysWindowTest extends OnABoard {
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    private TestWindow open(Mode mode) {
        TestWindow window = TestWindow.open(board.user("Ada"), mode, new BoardWindow.Application() {
            @Override
            public void anotherWindow() {
                asked.add("another window");
            }

            @Override
            public void quit() {
                asked.add("quit");
            }
        });
        window.awaitConnected();
        return window;
    }

    private static List<MenuItem> items(TestWindow window) {
        return ((MenuBar) window.node("menus"))
                .getMenus().stream().flatMap(menu -> menu.getItems().stream()).toList();
    }

    @Test
    void theMenusHaveEachKeyWithItsMeaning() {
        try (TestWindow window = open(Mode.SERVER)) {
            Map<KeyCombination, String> inMenus = Fx.call(() -> items(window).stream()
                    .filter(item -> item.getAccelerator() != null)
                    .collect(Collectors.toMap(MenuItem::getAccelerator, MenuItem::getText)));
            assertThat(inMenus)
                    .isEqualTo(Arrays.stream(Keys.values())
                            .filter(Keys::isEverywhere)
                            .collect(Collectors.toMap(Keys::combination, Keys::meaning)));
        }
    }

    @Test
    void ctrlWClosesTheWindow() {
        try (TestWindow window = open(Mode.SERVER)) {
            window.press(KeyCode.CONTROL, KeyCode.W);
            window.await("it is closed", () -> !window.stage().isShowing());
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void ctrlShiftNOpensAnotherWindowAndCtrlQQuits() {
        try (TestWindow window = open(Mode.SERVER)) {
            window.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.N);
            window.await("another window is asked for", () -> asked.equals(List.of("another window")));
            window.press(KeyCode.CONTROL, KeyCode.Q);
            window.await("the end is asked for", () -> asked.equals(List.of("another window", "quit")));
        }
    }

    @Test
    void f1ShowsAllKeysAndEscapeClosesTheList() {
        try (TestWindow window = open(Mode.SERVER)) {
            window.press(KeyCode.F1);
            window.await("the list is there", () -> window.keys().isFocused());
            List<String> listed = Fx.call(() -> window.keys().getScene().getRoot().lookupAll(".label").stream()
                    .map(label -> ((Labeled) label).getText())
                    .toList());
            for (Keys key : Keys.values()) {
                assertThat(listed).containsOnlyOnce(key.keys()).containsOnlyOnce(key.meaning());
            }
            window.press(KeyCode.ESCAPE);
            window.await("it is gone", () -> !window.keys().isShowing());
            assertThat(Fx.call(() -> window.stage().isShowing())).isTrue();
        }
    }

    @Test
    void f6GoesRoundThePartsOfTheWindow() {
        board.put("t1", "weld", Status.OPEN);
        try (TestWindow window = open(Mode.SERVER)) {
            window.await("the task is there", () -> window.shows(Status.OPEN, "weld"));
            window.press(KeyCode.CONTROL, KeyCode.O);
            window.await("at the boards", () -> window.node("boards").isFocused());
            window.press(KeyCode.F6);
            window.await("at the line", () -> window.entry().isFocused());
            window.press(KeyCode.F6);
            window.await("at the tasks", () -> window.list(Status.OPEN).isFocused());
            window.press(KeyCode.F6);
            window.await("at the boards again", () -> window.node("boards").isFocused());
            window.press(KeyCode.SHIFT, KeyCode.F6);
            window.await("and back", () -> window.list(Status.OPEN).isFocused());
        }
    }

    @Test
    void whatCannotWorkIsDisabledInTheMenus() {
        try (TestWindow window = open(Mode.PEERS)) {
            window.await(
                    "there is no board",
                    () -> window.model().board().condition().get() == Condition.NONE);
            List<String> disabled = Fx.call(() -> {
                ((MenuBar) window.node("menus"))
                        .getMenus()
                        .forEach(menu -> Event.fireEvent(menu, new Event(Menu.ON_SHOWING)));
                return items(window).stream()
                        .filter(MenuItem::isDisable)
                        .map(MenuItem::getText)
                        .filter(Objects::nonNull)
                        .toList();
            });
            assertThat(disabled)
                    .contains(
                            Keys.NEW_TASK.meaning(),
                            Keys.FILTER.meaning(),
                            "No task is selected",
                            "Delete the task (Del)");
            window.press(KeyCode.CONTROL, KeyCode.N);
            assertThat(Fx.call(() -> window.entry().isFocused())).isFalse();
        }
    }
}
