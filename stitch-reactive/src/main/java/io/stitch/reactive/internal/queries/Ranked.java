package io.stitch.reactive.internal.queries;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/**
 * An ordered set whose elements are found by their place, too. Immutable: a changed set shares all but one path with the one before, so
 * that a set can be kept beside its successors, and what differs between two of them is found without looking at what they share.
 *
 * <p>A weight-balanced tree (Adams, "Implementing sets efficiently in a functional language", 1992) with the parameters that Hirai and
 * Yamamoto proved ("Balancing weight-balanced trees", 2011). Not one balanced by chance or by hashes: ids are chosen by others.
 *
 * @param <E> the type of an element
 */
final class Ranked<E> {
    private static final int DELTA = 3;
    private static final int RATIO = 2;

    private final Comparator<? super E> order;
    private final @Nullable Node<E> root;

    private record Node<E>(
            @Nullable Node<E> left, E element, @Nullable Node<E> right, int size) {}

    private record Parts<E>(
            @Nullable Node<E> before,
            @Nullable E found,
            @Nullable Node<E> behind) {}

    /** Told of what differs between two sets, in their order. */
    interface Differences<E> {
        /** Only the older one has it. */
        void gone(E element);

        /** Only the newer one has it. */
        void come(E element);

        /** Both have one at this place of the order, but not the same object. */
        void replaced(E before, E now);
    }

    private Ranked(Comparator<? super E> order, @Nullable Node<E> root) {
        this.order = order;
        this.root = root;
    }

    static <E> Ranked<E> empty(Comparator<? super E> order) {
        return new Ranked<>(order, null);
    }

    /** Makes one of elements that are in order already, no two of them equal. */
    static <E> Ranked<E> ofSorted(Comparator<? super E> order, List<E> elements) {
        return new Ranked<>(order, built(elements, 0, elements.size()));
    }

    private static <E> @Nullable Node<E> built(List<E> elements, int from, int to) {
        if (from == to) {
            return null;
        }
        int middle = (from + to) >>> 1;
        return node(built(elements, from, middle), elements.get(middle), built(elements, middle + 1, to));
    }

    int size() {
        return size(root);
    }

    /** {@return the element at a place, from 0 on} */
    E get(int index) {
        Node<E> node = root;
        int left = index;
        while (node != null) {
            int before = size(node.left);
            if (left == before) {
                return node.element;
            }
            if (left < before) {
                node = node.left;
            } else {
                left -= before + 1;
                node = node.right;
            }
        }
        throw new IndexOutOfBoundsException("There is no element %d among %d.".formatted(index, size()));
    }

    /** {@return how many elements come before one, which may be in the set or not} */
    int rank(E element) {
        int rank = 0;
        Node<E> node = root;
        while (node != null) {
            int compared = order.compare(element, node.element);
            if (compared == 0) {
                return rank + size(node.left);
            }
            if (compared < 0) {
                node = node.left;
            } else {
                rank += size(node.left) + 1;
                node = node.right;
            }
        }
        return rank;
    }

    /** {@return the element that is equal to one, or {@code null}} */
    @Nullable
    E find(E element) {
        Node<E> node = root;
        while (node != null) {
            int compared = order.compare(element, node.element);
            if (compared == 0) {
                return node.element;
            }
            node = compared < 0 ? node.left : node.right;
        }
        return null;
    }

    /** {@return the set with an element, in place of one that is equal to it} */
    Ranked<E> with(E element) {
        return new Ranked<>(order, inserted(root, element));
    }

    /** {@return the set without the element that is equal to one} */
    Ranked<E> without(E element) {
        return new Ranked<>(order, removed(root, element));
    }

    /** {@return the elements from a place on, in order} */
    Iterator<E> from(int index) {
        Deque<Node<E>> path = new ArrayDeque<>();
        Node<E> node = root;
        int left = index;
        while (node != null) {
            int before = size(node.left);
            if (left <= before) {
                path.push(node);
                node = left == before ? null : node.left;
            } else {
                left -= before + 1;
                node = node.right;
            }
        }
        return new InOrder<>(path);
    }

    private static final class InOrder<E> implements Iterator<E> {
        private final Deque<Node<E>> path;

        InOrder(Deque<Node<E>> path) {
            this.path = path;
        }

        @Override
        public boolean hasNext() {
            return !path.isEmpty();
        }

        @Override
        public E next() {
            Node<E> node = path.poll();
            if (node == null) {
                throw new NoSuchElementException("There is no further element.");
            }
            for (Node<E> next = node.right; next != null; next = next.left) {
                path.push(next);
            }
            return node.element;
        }
    }

    /** Tells what differs in a newer set, in steps for each difference and the logarithm of the size. */
    void differences(Ranked<E> newer, Differences<E> to) {
        differences(root, newer.root, to);
    }

    @SuppressWarnings("ReferenceEquality") // What is shared is the same, and only that is passed over.
    private void differences(@Nullable Node<E> older, @Nullable Node<E> newer, Differences<E> to) {
        if (older == newer) {
            return;
        }
        if (older == null || newer == null) {
            each(older, to::gone);
            each(newer, to::come);
            return;
        }
        Parts<E> parts = split(newer, older.element);
        differences(older.left, parts.before, to);
        E found = parts.found;
        if (found == null) {
            to.gone(older.element);
        } else if (found != older.element) {
            to.replaced(older.element, found);
        }
        differences(older.right, parts.behind, to);
    }

    private static <E> void each(@Nullable Node<E> node, Consumer<E> action) {
        if (node != null) {
            each(node.left, action);
            action.accept(node.element);
            each(node.right, action);
        }
    }

    private Parts<E> split(@Nullable Node<E> node, E at) {
        if (node == null) {
            return new Parts<>(null, null, null);
        }
        int compared = order.compare(at, node.element);
        if (compared == 0) {
            return new Parts<>(node.left, node.element, node.right);
        }
        if (compared < 0) {
            Parts<E> parts = split(node.left, at);
            return new Parts<>(parts.before, parts.found, linked(parts.behind, node.element, node.right));
        }
        Parts<E> parts = split(node.right, at);
        return new Parts<>(linked(node.left, node.element, parts.before), parts.found, parts.behind);
    }

    private Node<E> inserted(@Nullable Node<E> node, E element) {
        if (node == null) {
            return node(null, element, null);
        }
        int compared = order.compare(element, node.element);
        if (compared == 0) {
            return new Node<>(node.left, element, node.right, node.size);
        }
        return compared < 0
                ? balanced(inserted(node.left, element), node.element, node.right)
                : balanced(node.left, node.element, inserted(node.right, element));
    }

    private @Nullable Node<E> removed(@Nullable Node<E> node, E element) {
        if (node == null) {
            return null;
        }
        int compared = order.compare(element, node.element);
        if (compared == 0) {
            return joined(node.left, node.right);
        }
        return compared < 0
                ? balanced(removed(node.left, element), node.element, node.right)
                : balanced(node.left, node.element, removed(node.right, element));
    }

    /** Joins two trees of like size, the first before the second. */
    private static <E> @Nullable Node<E> joined(@Nullable Node<E> left, @Nullable Node<E> right) {
        if (left == null) {
            return right;
        }
        if (right == null) {
            return left;
        }
        return left.size > right.size
                ? balanced(withoutLast(left), last(left), right)
                : balanced(left, first(right), withoutFirst(right));
    }

    private static <E> E first(Node<E> node) {
        Node<E> at = node;
        while (at.left != null) {
            at = at.left;
        }
        return at.element;
    }

    private static <E> E last(Node<E> node) {
        Node<E> at = node;
        while (at.right != null) {
            at = at.right;
        }
        return at.element;
    }

    private static <E> @Nullable Node<E> withoutFirst(Node<E> node) {
        return node.left == null ? node.right : balanced(withoutFirst(node.left), node.element, node.right);
    }

    private static <E> @Nullable Node<E> withoutLast(Node<E> node) {
        return node.right == null ? node.left : balanced(node.left, node.element, withoutLast(node.right));
    }

    /** Joins two trees of any size with an element between them. */
    private static <E> Node<E> linked(@Nullable Node<E> left, E element, @Nullable Node<E> right) {
        if (left != null && DELTA * size(right) < left.size) {
            return balanced(left.left, left.element, linked(left.right, element, right));
        }
        if (right != null && DELTA * size(left) < right.size) {
            return balanced(linked(left, element, right.left), right.element, right.right);
        }
        return node(left, element, right);
    }

    private static <E> Node<E> balanced(@Nullable Node<E> left, E element, @Nullable Node<E> right) {
        int before = size(left);
        int behind = size(right);
        if (before + behind > 1) {
            if (right != null && behind > DELTA * before) {
                return leftRotated(left, element, right);
            }
            if (left != null && before > DELTA * behind) {
                return rightRotated(left, element, right);
            }
        }
        return node(left, element, right);
    }

    private static <E> Node<E> leftRotated(@Nullable Node<E> left, E element, Node<E> right) {
        Node<E> inner = right.left;
        if (inner == null || inner.size < RATIO * size(right.right)) {
            return node(node(left, element, inner), right.element, right.right);
        }
        return node(node(left, element, inner.left), inner.element, node(inner.right, right.element, right.right));
    }

    private static <E> Node<E> rightRotated(Node<E> left, E element, @Nullable Node<E> right) {
        Node<E> inner = left.right;
        if (inner == null || inner.size < RATIO * size(left.left)) {
            return node(left.left, left.element, node(inner, element, right));
        }
        return node(node(left.left, left.element, inner.left), inner.element, node(inner.right, element, right));
    }

    private static <E> Node<E> node(@Nullable Node<E> left, E element, @Nullable Node<E> right) {
        return new Node<>(left, element, right, size(left) + size(right) + 1);
    }

    private static int size(@Nullable Node<?> node) {
        return node == null ? 0 : node.size;
    }

    /** For tests: {@return how many elements the longest path has}. */
    int height() {
        return height(root);
    }

    private static int height(@Nullable Node<?> node) {
        return node == null ? 0 : 1 + Math.max(height(node.left), height(node.right));
    }
}
