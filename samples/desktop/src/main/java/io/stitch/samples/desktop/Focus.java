package io.stitch.samples.desktop;

import javafx.scene.Node;
import javafx.scene.Scene;

/** Where the focus is. */
final class Focus {
    private Focus() {}

    /** {@return whether a part of a window has the focus} Its focusWithin says so of parts too that were disabled for a while. */
    static boolean isIn(Node part) {
        Scene scene = part.getScene();
        Node node = scene == null ? null : scene.getFocusOwner();
        while (node != null && !node.equals(part)) {
            node = node.getParent();
        }
        return node != null;
    }
}
