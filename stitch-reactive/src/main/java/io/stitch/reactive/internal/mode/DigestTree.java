package io.stitch.reactive.internal.mode;

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
import java.util.HexFormat;
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
    private static final int KEY_BYTES = 32;
    private static final int FINGERPRINT_BYTES = 16;
    private static final int DIGIT_BITS = 4;
    private static final int LOW_DIGIT = 0xf;

    private final Function<StoredRecord, String> version;
    private final MessageDigest sha = sha256();
    private Node root = new Leaf();

    /** A part of the tree. A branch has more than 16 items, and there is none below 16 digits; a leaf has the others. */
    private abstract static class Node {
        int n;

        @Nullable
        String fp;
    }

    private static final class Branch extends Node {
        final @Nullable Node[] children = new Node[DigestNode.CHILDREN];
    }

    /** Some items in the order of their keys, which lie one behind the other: an object for each would double what it takes. */
    private static final class Leaf extends Node {
        byte[] keys = {};
        StoredRecord[] records = {};
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
        Node node = root;
        for (int depth = 0; depth < prefix.length(); depth++) {
            if (node instanceof Leaf leaf) {
                Leaf part = part(leaf, prefix);
                return new DigestNode(part.n, fingerprint(part));
            }
            Node child = ((Branch) node).children[digit(prefix.charAt(depth))];
            if (child == null) {
                return DigestNode.EMPTY;
            }
            node = child;
        }
        return new DigestNode(node.n, fingerprint(node));
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

    /**
     * Finds the next prefixes below which somebody else holds something else (protocol section 4.9, step 3).
     *
     * @param theirs what the other side has below each digit that comes behind some prefixes
     * @return those where that differs, in the order of the prefixes
     */
    public Difference difference(Map<String, List<DigestNode>> theirs) {
        List<String> branches = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        theirs.forEach((prefix, children) -> {
            for (int digit = 0; digit < children.size(); digit++) {
                String child = DigestNode.child(prefix, digit);
                DigestNode their = children.get(digit);
                DigestNode our = node(child);
                if (!our.equals(their)) {
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
        Node node = root;
        for (int depth = 0; depth < prefix.length() && node instanceof Branch branch; depth++) {
            Node child = branch.children[digit(prefix.charAt(depth))];
            if (child == null) {
                return List.of();
            }
            node = child;
        }
        if (node instanceof Leaf leaf) {
            return List.of(part(leaf, prefix).records);
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

    /** Those of a leaf's items whose keys begin with a prefix, all of its keys having the digits of its own place. */
    private static Leaf part(Leaf leaf, String prefix) {
        int from = 0;
        while (from < leaf.n && !startsWith(leaf, from, prefix)) {
            from++;
        }
        int to = from;
        while (to < leaf.n && startsWith(leaf, to, prefix)) {
            to++;
        }
        return part(leaf, from, to);
    }

    private static Leaf part(Leaf leaf, int from, int to) {
        Leaf part = new Leaf();
        part.n = to - from;
        part.keys = Arrays.copyOfRange(leaf.keys, from * KEY_BYTES, to * KEY_BYTES);
        part.records = Arrays.copyOfRange(leaf.records, from, to);
        return part;
    }

    private static boolean startsWith(Leaf leaf, int item, String prefix) {
        for (int depth = 0; depth < prefix.length(); depth++) {
            if (digit(leaf.keys, item * KEY_BYTES, depth) != digit(prefix.charAt(depth))) {
                return false;
            }
        }
        return true;
    }

    private static int digit(char letter) {
        return Character.digit(letter, DigestNode.CHILDREN);
    }

    private static int digit(byte[] keys, int offset, int depth) {
        int pair = keys[offset + depth / 2];
        return (depth % 2 == 0 ? pair >> DIGIT_BITS : pair) & LOW_DIGIT;
    }

    private byte[] key(RecordKey key) {
        sha.update(key.entity().getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
        return sha.digest(key.id().getBytes(StandardCharsets.UTF_8));
    }

    private static Node put(Node node, int depth, byte[] key, StoredRecord record) {
        node.fp = null;
        if (node instanceof Branch branch) {
            int digit = digit(key, 0, depth);
            Node child = branch.children[digit];
            int before = child == null ? 0 : child.n;
            Node changed = put(child == null ? new Leaf() : child, depth + 1, key, record);
            branch.children[digit] = changed;
            branch.n += changed.n - before;
            return branch;
        }
        Leaf leaf = (Leaf) node;
        int place = find(leaf, key);
        if (place >= 0) {
            leaf.records[place] = record;
            return leaf;
        }
        insert(leaf, -place - 1, key, record);
        return leaf.n > DigestNode.MAX_ITEMS && depth < DigestNode.MAX_DIGITS ? split(leaf, depth) : leaf;
    }

    private static Branch split(Leaf leaf, int depth) {
        Branch branch = new Branch();
        branch.n = leaf.n;
        int from = 0;
        while (from < leaf.n) {
            int digit = digit(leaf.keys, from * KEY_BYTES, depth);
            int to = from;
            while (to < leaf.n && digit(leaf.keys, to * KEY_BYTES, depth) == digit) {
                to++;
            }
            Leaf part = part(leaf, from, to);
            boolean splits = part.n > DigestNode.MAX_ITEMS && depth + 1 < DigestNode.MAX_DIGITS;
            branch.children[digit] = splits ? split(part, depth + 1) : part;
            from = to;
        }
        return branch;
    }

    private static Node remove(Node node, int depth, byte[] key) {
        if (node instanceof Branch branch) {
            int digit = digit(key, 0, depth);
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
        int place = find(leaf, key);
        if (place >= 0) {
            leaf.fp = null;
            delete(leaf, place);
        }
        return leaf;
    }

    private static Leaf joined(Branch branch) {
        Leaf joined = new Leaf();
        joined.keys = new byte[branch.n * KEY_BYTES];
        joined.records = new StoredRecord[branch.n];
        for (Node child : branch.children) {
            if (child instanceof Leaf leaf) { // None of so few has children of its own.
                System.arraycopy(leaf.keys, 0, joined.keys, joined.n * KEY_BYTES, leaf.keys.length);
                System.arraycopy(leaf.records, 0, joined.records, joined.n, leaf.n);
                joined.n += leaf.n;
            }
        }
        return joined;
    }

    /** {@return where a key is, or {@code -1 - where} it belongs} */
    private static int find(Leaf leaf, byte[] key) {
        int low = 0;
        int high = leaf.n;
        while (low < high) {
            int middle = (low + high) / 2;
            int from = middle * KEY_BYTES;
            int order = Arrays.compareUnsigned(leaf.keys, from, from + KEY_BYTES, key, 0, KEY_BYTES);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return -1 - low;
    }

    private static void insert(Leaf leaf, int place, byte[] key, StoredRecord record) {
        byte[] keys = new byte[leaf.keys.length + KEY_BYTES];
        System.arraycopy(leaf.keys, 0, keys, 0, place * KEY_BYTES);
        System.arraycopy(key, 0, keys, place * KEY_BYTES, KEY_BYTES);
        int behind = leaf.keys.length - place * KEY_BYTES;
        System.arraycopy(leaf.keys, place * KEY_BYTES, keys, (place + 1) * KEY_BYTES, behind);
        StoredRecord[] records = new StoredRecord[leaf.n + 1];
        System.arraycopy(leaf.records, 0, records, 0, place);
        records[place] = record;
        System.arraycopy(leaf.records, place, records, place + 1, leaf.n - place);
        leaf.keys = keys;
        leaf.records = records;
        leaf.n++;
    }

    private static void delete(Leaf leaf, int place) {
        byte[] keys = new byte[leaf.keys.length - KEY_BYTES];
        System.arraycopy(leaf.keys, 0, keys, 0, place * KEY_BYTES);
        System.arraycopy(leaf.keys, (place + 1) * KEY_BYTES, keys, place * KEY_BYTES, keys.length - place * KEY_BYTES);
        StoredRecord[] records = new StoredRecord[leaf.n - 1];
        System.arraycopy(leaf.records, 0, records, 0, place);
        System.arraycopy(leaf.records, place + 1, records, place, records.length - place);
        leaf.keys = keys;
        leaf.records = records;
        leaf.n--;
    }

    private String fingerprint(Node node) {
        String known = node.fp;
        if (known != null) {
            return known;
        }
        String fresh = node.n == 0 ? "" : node instanceof Leaf leaf ? ofLines(leaf) : ofChildren((Branch) node);
        node.fp = fresh;
        return fresh;
    }

    private String ofLines(Leaf leaf) {
        StringBuilder text = new StringBuilder(leaf.n * (2 * KEY_BYTES + 12));
        for (int item = 0; item < leaf.n; item++) {
            int from = item * KEY_BYTES;
            text.append(HexFormat.of().formatHex(leaf.keys, from, from + KEY_BYTES))
                    .append(' ')
                    .append(version.apply(leaf.records[item]))
                    .append('\n');
        }
        return fingerprint(text);
    }

    private String ofChildren(Branch branch) {
        StringBuilder text = new StringBuilder(DigestNode.CHILDREN * 24);
        for (Node child : branch.children) {
            text.append(child == null ? "" : fingerprint(child)).append('\n');
        }
        return fingerprint(text);
    }

    private String fingerprint(StringBuilder text) {
        byte[] whole = sha.digest(text.toString().getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(whole, FINGERPRINT_BYTES));
    }
}
