package io.stitch.reactive.internal.digest;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The fingerprints of a set of records, by the digits of their keys (protocol section 4.9; the idea is Merkle's, 1987). A change costs the
 * hash of one key; the fingerprints of its path are computed when somebody asks.
 *
 * <p>Not thread-safe.
 */
public final class DigestTree {
    private static final int FINGERPRINT_BYTES = 16;
    private static final int NONE = -1;

    private final Function<StoredRecord, String> version;
    private final MessageDigest sha = sha256();
    private Node root = new Leaf();

    /** A part of the tree. A branch has more than 16 items, and there is none below 16 digits; a leaf has the others. */
    abstract static class Node {
        int n;

        @Nullable
        String fp;
    }

    static final class Branch extends Node {
        final @Nullable Node[] children = new Node[DigestNode.CHILDREN];
    }

    /**
     * Makes an empty tree.
     *
     * @param version the version of a record, as the protocol writes it
     */
    public DigestTree(Function<StoredRecord, String> version) {
        this.version = version;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }

    /**
     * Takes a record, in place of one with its key.
     *
     * @param record the record
     */
    public void put(StoredRecord record) {
        root = put(root, 0, key(record.key()), record);
    }

    /**
     * Lets go of a record, if it is there.
     *
     * @param key the record
     */
    public void remove(RecordKey key) {
        root = remove(root, 0, key(key));
    }

    /** Lets go of all records. */
    public void clear() {
        root = new Leaf();
    }

    /**
     * {@return how many records there are}
     */
    public int size() {
        return root.n;
    }

    /**
     * What there is below a prefix.
     *
     * @param prefix hexadecimal digits, 16 at most
     * @return its number and fingerprint
     */
    public DigestNode node(String prefix) {
        Node node = find(prefix);
        return node == null ? DigestNode.EMPTY : new DigestNode(node.n, fingerprint(node));
    }

    /** {@return what holds the items below a prefix and no others, or {@code null} if there are none} */
    @Nullable
    Node find(String prefix) {
        Node node = root;
        for (int depth = 0; depth < prefix.length(); depth++) {
            if (node instanceof Leaf leaf) {
                return leaf.part(prefix);
            }
            Node child = ((Branch) node).children[Leaf.digit(prefix.charAt(depth))];
            if (child == null) {
                return null;
            }
            node = child;
        }
        return node;
    }

    /**
     * What there is below each prefix that is one digit longer.
     *
     * @param prefix hexadecimal digits, 15 at most
     * @return sixteen nodes, in order
     */
    public List<DigestNode> children(String prefix) {
        List<DigestNode> children = new ArrayList<>(DigestNode.CHILDREN);
        for (int digit = 0; digit < DigestNode.CHILDREN; digit++) {
            children.add(node(DigestNode.child(prefix, digit)));
        }
        return children;
    }

    /**
     * Where two sides differ.
     *
     * @param branches prefixes below which both hold so much that the next question is where
     * @param parts prefixes below which one side holds so little that it is told
     */
    public record Difference(List<String> branches, List<String> parts) {}

    /** Finds out without asking where below a prefix two sides differ. */
    public interface Search {
        /**
         * Looks for it.
         *
         * @param prefix the prefix
         * @param theirs what the other side has below it, which is not what is in the tree
         * @return a longer prefix below which all of the difference is, and few items; or {@code null} if that was not found
         */
        @Nullable
        String narrower(String prefix, DigestNode theirs);
    }

    /**
     * Finds the next prefixes below which somebody else holds something else (protocol section 4.9, step 3).
     *
     * @param theirs what the other side has below each digit that comes behind some prefixes
     * @return those where that differs, in the order of the prefixes
     */
    public Difference difference(Map<String, List<DigestNode>> theirs) {
        return difference(theirs, (prefix, their) -> null);
    }

    /**
     * Finds the next prefixes below which somebody else holds something else.
     *
     * @param theirs what the other side has below each digit that comes behind some prefixes
     * @param search finds, for some of them, where exactly that is
     * @return those where that differs, in the order of the prefixes
     */
    public Difference difference(Map<String, List<DigestNode>> theirs, Search search) {
        List<String> branches = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        theirs.forEach((prefix, children) -> {
            for (int digit = 0; digit < children.size(); digit++) {
                String child = DigestNode.child(prefix, digit);
                DigestNode their = children.get(digit);
                DigestNode our = node(child);
                if (our.equals(their)) {
                    continue;
                }
                String narrower = search.narrower(child, their);
                if (narrower != null) {
                    parts.add(narrower);
                } else {
                    (isBranch(our, child) && isBranch(their, child) ? branches : parts).add(child);
                }
            }
        });
        return new Difference(branches, parts);
    }

    private static boolean isBranch(DigestNode node, String prefix) {
        return node.n() > DigestNode.MAX_ITEMS && prefix.length() < DigestNode.MAX_DIGITS;
    }

    /**
     * The records below a prefix.
     *
     * @param prefix hexadecimal digits, 16 at most
     * @return a copy
     */
    public List<StoredRecord> below(String prefix) {
        Node node = find(prefix);
        if (node == null) {
            return List.of();
        }
        List<StoredRecord> records = new ArrayList<>(node.n);
        collect(node, records);
        return records;
    }

    private static void collect(Node node, List<StoredRecord> into) {
        if (node instanceof Leaf leaf) {
            into.addAll(List.of(leaf.records));
            return;
        }
        for (Node child : ((Branch) node).children) {
            if (child != null) {
                collect(child, into);
            }
        }
    }

    private byte[] key(RecordKey key) {
        sha.update(key.entity().getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
        return sha.digest(key.id().getBytes(StandardCharsets.UTF_8));
    }

    private static Node put(Node node, int depth, byte[] key, StoredRecord record) {
        node.fp = null;
        if (node instanceof Branch branch) {
            int digit = Leaf.digit(key, 0, depth);
            Node child = branch.children[digit];
            int before = child == null ? 0 : child.n;
            Node changed = put(child == null ? new Leaf() : child, depth + 1, key, record);
            branch.children[digit] = changed;
            branch.n += changed.n - before;
            return branch;
        }
        Leaf leaf = (Leaf) node;
        leaf.put(key, record);
        return leaf.n > DigestNode.MAX_ITEMS && depth < DigestNode.MAX_DIGITS ? split(leaf, depth) : leaf;
    }

    private static Branch split(Leaf leaf, int depth) {
        Branch branch = new Branch();
        branch.n = leaf.n;
        int from = 0;
        while (from < leaf.n) {
            int digit = leaf.digit(from, depth);
            int to = from;
            while (to < leaf.n && leaf.digit(to, depth) == digit) {
                to++;
            }
            Leaf part = leaf.part(from, to);
            boolean splits = part.n > DigestNode.MAX_ITEMS && depth + 1 < DigestNode.MAX_DIGITS;
            branch.children[digit] = splits ? split(part, depth + 1) : part;
            from = to;
        }
        return branch;
    }

    private static Node remove(Node node, int depth, byte[] key) {
        if (node instanceof Branch branch) {
            int digit = Leaf.digit(key, 0, depth);
            Node child = branch.children[digit];
            if (child == null) {
                return branch;
            }
            int before = child.n;
            Node changed = remove(child, depth + 1, key);
            if (changed.n == before) {
                return branch;
            }
            branch.fp = null;
            branch.children[digit] = changed.n == 0 ? null : changed;
            branch.n += changed.n - before;
            return branch.n > DigestNode.MAX_ITEMS ? branch : joined(branch);
        }
        Leaf leaf = (Leaf) node;
        leaf.remove(key);
        return leaf;
    }

    private static Leaf joined(Branch branch) {
        Leaf joined = new Leaf();
        for (Node child : branch.children) {
            if (child instanceof Leaf leaf) { // None of so few has children of its own.
                joined.append(leaf);
            }
        }
        return joined;
    }

    private String fingerprint(Node node) {
        String known = node.fp;
        if (known != null) {
            return known;
        }
        String fresh = node.n == 0
                ? ""
                : node instanceof Leaf leaf ? ofLines(leaf, NONE, "") : ofChildren((Branch) node, NONE, "");
        node.fp = fresh;
        return fresh;
    }

    /** The fingerprint of a leaf, as it would be if one of its items were at another version. */
    String ofLines(Leaf leaf, int changed, String changedVersion) {
        StringBuilder text = new StringBuilder(leaf.n * (Leaf.KEY_DIGITS + 12));
        for (int item = 0; item < leaf.n; item++) {
            text.append(leaf.key(item))
                    .append(' ')
                    .append(item == changed ? changedVersion : version.apply(leaf.records[item]))
                    .append('\n');
        }
        return fingerprint(text);
    }

    /** The fingerprint of a branch, as it would be if one of its children had another one. */
    String ofChildren(Branch branch, int changed, String changedFingerprint) {
        StringBuilder text = new StringBuilder(DigestNode.CHILDREN * 24);
        for (int digit = 0; digit < DigestNode.CHILDREN; digit++) {
            Node child = branch.children[digit];
            text.append(child == null ? "" : digit == changed ? changedFingerprint : fingerprint(child))
                    .append('\n');
        }
        return fingerprint(text);
    }

    private String fingerprint(StringBuilder text) {
        byte[] whole = sha.digest(text.toString().getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(whole, FINGERPRINT_BYTES));
    }
}
