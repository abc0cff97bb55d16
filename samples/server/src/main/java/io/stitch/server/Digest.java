package io.stitch.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The digest of a set of items: a tree of fingerprints that follows from the set alone. A change costs one path of it. Not
 * thread-safe.
 */
final class Digest {
    /** From this many digits on, a node has no children. */
    static final int MAX_DIGITS = 16;

    private static final int CHILDREN = 16;
    private static final char AFTER_THE_DIGITS = 'g';
    private static final int MOST_LINES = 16;
    private static final int FINGERPRINT_BYTES = 16;
    private static final Node EMPTY = new Node(0, "");
    private final NavigableMap<String, Item> items = new TreeMap<>();
    /** What was computed, until an item below it changes. */
    private final Map<String, Node> nodes = new HashMap<>();

    private record Item(Key key, String version) {}

    /** How many items a prefix holds, and their fingerprint. */
    record Node(int n, String fp) {}

    /** What an item is sorted and found by. */
    static String hash(Key key) {
        MessageDigest sha = sha256();
        sha.update(key.entity().getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
        return HexFormat.of().formatHex(sha.digest(key.id().getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void put(Key key, String version) {
        String hash = hash(key);
        Item item = new Item(key, version);
        if (!item.equals(items.put(hash, item))) {
            forget(hash);
        }
    }

    void remove(Key key) {
        String hash = hash(key);
        if (items.remove(hash) != null) {
            forget(hash);
        }
    }

    private void forget(String hash) {
        for (int digits = 0; digits <= MAX_DIGITS; digits++) {
            nodes.remove(hash.substring(0, digits));
        }
    }

    int size() {
        return items.size();
    }

    /** What a prefix holds. */
    List<Key> below(String prefix) {
        return itemsBelow(prefix).values().stream().map(Item::key).toList();
    }

    private NavigableMap<String, Item> itemsBelow(String prefix) {
        return items.subMap(prefix, true, prefix + AFTER_THE_DIGITS, false);
    }

    /** The node of a prefix. */
    Node node(String prefix) {
        Node known = nodes.get(prefix);
        if (known != null) {
            return known;
        }
        NavigableMap<String, Item> below = itemsBelow(prefix);
        if (below.isEmpty()) {
            return EMPTY;
        }
        boolean leaf = prefix.length() == MAX_DIGITS || !hasMoreThan(MOST_LINES, below.values());
        Node fresh = leaf ? ofLines(below) : ofChildren(children(prefix));
        nodes.put(prefix, fresh);
        return fresh;
    }

    /** A part of a map counts what it holds each time that it is asked for its size. */
    private static boolean hasMoreThan(int most, Collection<Item> some) {
        return some.stream().limit(most + 1L).count() > most;
    }

    /** The sixteen nodes below that of a prefix, in order. */
    List<Node> children(String prefix) {
        List<Node> children = new ArrayList<>(CHILDREN);
        for (int digit = 0; digit < CHILDREN; digit++) {
            children.add(node(prefix + Integer.toHexString(digit)));
        }
        return children;
    }

    private static Node ofLines(NavigableMap<String, Item> below) {
        StringBuilder text = new StringBuilder();
        below.forEach((hash, item) ->
                text.append(hash).append(' ').append(item.version()).append('\n'));
        return new Node(below.size(), fingerprint(text));
    }

    private static Node ofChildren(List<Node> children) {
        StringBuilder text = new StringBuilder();
        int n = 0;
        for (Node child : children) {
            n += child.n();
            text.append(child.fp()).append('\n');
        }
        return new Node(n, fingerprint(text));
    }

    private static String fingerprint(CharSequence text) {
        byte[] whole = sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8));
        byte[] first = Arrays.copyOf(whole, FINGERPRINT_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(first);
    }
}
