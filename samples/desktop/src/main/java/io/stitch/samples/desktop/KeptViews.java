package io.stitch.samples.desktop;

import java.util.List;
import java.util.function.Function;
import javafx.scene.Node;
import javafx.scene.layout.Pane;

/** Shows values one by one, and leaves the views of those that stay alone: one of them may have the focus. */
final class KeptViews {
    private KeptViews() {}

    /**
     * Shows other values.
     *
     * @param place where
     * @param values the values, no two equal
     * @param view makes the view of a value
     * @param <T> a value
     * @return whether the focus was in a view that went
     */
    static <T> boolean show(Pane place, List<T> values, Function<? super T, ? extends Node> view) {
        List<Node> before = List.copyOf(place.getChildren());
        boolean focused = before.stream().anyMatch(Focus::isIn);
        List<Node> now = values.stream().map(value -> kept(before, value, view)).toList();
        place.getChildren().setAll(now);
        return focused && now.stream().noneMatch(Focus::isIn);
    }

    private static <T> Node kept(List<Node> views, T value, Function<? super T, ? extends Node> view) {
        for (Node each : views) {
            if (value.equals(each.getUserData())) {
                return each;
            }
        }
        Node made = view.apply(value);
        made.setUserData(value);
        return made;
    }
}
