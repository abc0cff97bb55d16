package io.stitch.samples.desktop;

import javafx.collections.FXCollections;
import javafx.collections.ObservableList;

/** What went wrong, until the user has seen it: the last few notes. To be used on the JavaFX thread only. */
final class Notes {
    private static final int AT_MOST = 4;

    private final ObservableList<String> shown = FXCollections.observableArrayList();
    private final ObservableList<String> readOnly = FXCollections.unmodifiableObservableList(shown);
    private long added;

    /** {@return the notes, the newest last} */
    ObservableList<String> shown() {
        return readOnly;
    }

    /** Adds a note; with too many the oldest goes. One that is there already moves to the end. */
    void add(String note) {
        added++;
        shown.remove(note);
        shown.add(note);
        if (shown.size() > AT_MOST) {
            shown.remove(0);
        }
    }

    /** {@return how many were ever added} */
    long added() {
        return added;
    }

    void dismiss(String note) {
        shown.remove(note);
    }

    /** {@return whether there was one; the newest is dismissed} */
    boolean dismissNewest() {
        if (shown.isEmpty()) {
            return false;
        }
        shown.remove(shown.size() - 1);
        return true;
    }
}
