package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import javafx.scene.input.KeyCombination;

/**
 * What can be done by keys, in one place: the menus and the list of all keys are made of it. Each is what platforms use it for, or free
 * on all of them: Ctrl+M, for example, minimizes windows of a Mac, where Ctrl is ⌘.
 */
enum Keys {
    NEW_TASK("Shortcut+N", "New task"),
    BOARDS("Shortcut+O", "Go to the boards"),
    NEW_WINDOW("Shortcut+Shift+N", "New window, for another user"),
    CLOSE("Shortcut+W", "Close this window"),
    QUIT("Shortcut+Q", "Quit: close all windows"),
    FILTER("Shortcut+F", "Filter the tasks"),
    NEXT_PART("F6", "Go to the next part of the window"),
    PREVIOUS_PART("Shift+F6", "Go to the part before"),
    OFFLINE("Shortcut+Shift+O", "Go offline, or connect"),
    TRY_AGAIN("Shortcut+R", "Try again now"),
    WAITING("Shortcut+Shift+L", "Show what waits to be sent"),
    MODE("Shortcut+Shift+M", "Switch between server and peers"),
    HELP("F1", "Show all keys"),

    // In a list of tasks only: anywhere else they would be typed.
    GO(null, "↑ ↓ ← →", "Go from task to task"),
    EDIT(null, "Enter or F2", "Edit the title"),
    MOVE(null, "Shift+← or Shift+→", "Move the task to another column"),
    ASSIGN(null, "A", "Assign the task to me, or to nobody"),
    DELETE(null, "Del", "Delete the task"),
    TASK_MENU(null, "Shift+F10", "Show what can be done with the task"),

    DISMISS(null, "Esc", "Dismiss the newest note, or drop what is being edited");

    private final @Nullable String accelerator;
    private final String keys;
    private final String meaning;

    Keys(String accelerator, String meaning) {
        this(accelerator, KeyCombination.valueOf(accelerator).getDisplayText(), meaning);
    }

    Keys(@Nullable String accelerator, String keys, String meaning) {
        this.accelerator = accelerator;
        this.keys = keys;
        this.meaning = meaning;
    }

    /** {@return whether it works in the whole window} */
    boolean isEverywhere() {
        return accelerator != null;
    }

    /** {@return the keys, for one that {@linkplain #isEverywhere works in the whole window}} */
    KeyCombination combination() {
        return KeyCombination.valueOf(Objects.requireNonNull(accelerator));
    }

    /** {@return the keys as this platform writes them} */
    String keys() {
        return keys;
    }

    String meaning() {
        return meaning;
    }
}
