package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.scene.control.ListView;

/**
 * One selected element across some list views, known by its key. List views select by position; this keeps the selection with the
 * element while lists change around it, goes along when it moves to another view, and when it is gone selects what is then at its
 * place. To be used on the JavaFX thread only.
 *
 * @param <T> an element
 */
final class Selection<T> {
    private static final int NOT_THERE_YET = -1;
    private static final int ROWS_ABOVE = 2;

    private final Function<? super T, String> key;
    private final List<ListView<T>> views;
    private final ReadOnlyObjectWrapper<@Nullable T> selected = new ReadOnlyObjectWrapper<>();
    private @Nullable Place<T> wanted;
    private boolean changing;

    /** Where the selected element was last. */
    private record Place<T>(String key, ListView<T> view, int index) {}

    Selection(Function<? super T, String> key, List<ListView<T>> views) {
        this.key = key;
        this.views = List.copyOf(views);
        for (ListView<T> view : this.views) {
            view.getSelectionModel().selectedItemProperty().addListener((property, before, now) -> {
                if (!changing) {
                    keep(() -> selectedByUser(view, now));
                }
            });
        }
    }

    /** {@return the selected element, as it is now} */
    ReadOnlyObjectProperty<@Nullable T> selected() {
        return selected.getReadOnlyProperty();
    }

    private void selectedByUser(ListView<T> view, @Nullable T element) {
        if (element != null) {
            wanted = new Place<>(
                    key.apply(element), view, view.getSelectionModel().getSelectedIndex());
        } else if (wanted != null && wanted.view() == view) {
            wanted = null;
        }
    }

    /** Selects an element now or, if it is not there yet, when a change brings it. */
    void select(String wantedKey) {
        keep(() -> wanted = new Place<>(wantedKey, views.get(0), NOT_THERE_YET));
    }

    /** Makes a change of the views' lists, and selects afterwards what was selected before. */
    void keep(Runnable change) {
        boolean focused = wanted != null && wanted.view().isFocused();
        changing = true;
        try {
            change.run();
            boolean awaited = wanted != null && wanted.index() == NOT_THERE_YET;
            wanted = wanted == null ? null : found(wanted);
            if (awaited && wanted != null && wanted.index() != NOT_THERE_YET) {
                scrollTo(wanted); // What comes because of its user must not come out of sight.
            }
            show(wanted == null || wanted.index() == NOT_THERE_YET ? null : wanted, focused);
        } finally {
            changing = false;
        }
    }

    private @Nullable Place<T> found(Place<T> sought) {
        for (ListView<T> view : views) {
            int index = indexOf(view, sought.key());
            if (index >= 0) {
                return new Place<>(sought.key(), view, index);
            }
        }
        int neighbour = Math.min(sought.index(), sought.view().getItems().size() - 1);
        if (neighbour >= 0) {
            T element = sought.view().getItems().get(neighbour);
            return new Place<>(key.apply(element), sought.view(), neighbour);
        }
        return sought.index() == NOT_THERE_YET ? sought : null;
    }

    private void show(@Nullable Place<T> place, boolean focused) {
        for (ListView<T> view : views) {
            if (place == null || view != place.view()) {
                view.getSelectionModel().clearSelection();
            } else {
                if (view.getSelectionModel().getSelectedIndex() != place.index()) {
                    view.getSelectionModel().clearAndSelect(place.index());
                }
                if (view.getFocusModel().getFocusedIndex() != place.index()) {
                    view.getFocusModel()
                            .focus(place.index()); // What a screen reader says, and where the next key begins.
                }
            }
        }
        if (place != null && focused && !place.view().isFocused()) {
            place.view().requestFocus();
            scrollTo(place);
        }
        selected.set(place == null ? null : place.view().getItems().get(place.index()));
    }

    private static void scrollTo(Place<?> place) {
        place.view().scrollTo(Math.max(0, place.index() - ROWS_ABOVE));
    }

    private int indexOf(ListView<T> view, String sought) {
        List<T> items = view.getItems();
        for (int i = 0; i < items.size(); i++) {
            if (key.apply(items.get(i)).equals(sought)) {
                return i;
            }
        }
        return -1;
    }
}
