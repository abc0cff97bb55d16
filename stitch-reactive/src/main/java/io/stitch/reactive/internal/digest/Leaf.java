package io.stitch.reactive.internal.digest;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.spi.StoredRecord;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Some items of a tree in the order of their keys, which lie one behind the other: an object for each would double what it takes. All of them
 * have the digits of the leaf's place.
 */
final class Leaf extends DigestTree.Node {
    /** How many digits a whole key has. */
    static final int KEY_DIGITS = 64;

    private static final int KEY_BYTES = 32;
    private static final int DIGIT_BITS = 4;
    private static final int LOW_DIGIT = 0xf;

    private byte[] keys = {};
    StoredRecord[] records = {};

    static int digit(char letter) {
        return Character.digit(letter, DigestNode.CHILDREN);
    }

    static int digit(byte[] keys, int offset, int depth) {
        int pair = keys[offset + depth / 2];
        return (depth % 2 == 0 ? pair >> DIGIT_BITS : pair) & LOW_DIGIT;
    }

    /** {@return a digit of the key of an item} */
    int digit(int item, int depth) {
        return digit(keys, item * KEY_BYTES, depth);
    }

    /** {@return the digits of the key of an item} */
    String key(int item) {
        return HexFormat.of().formatHex(keys, item * KEY_BYTES, (item + 1) * KEY_BYTES);
    }

    /**
     * {@return a prefix of the key of an item that none of the others have, unless they share all digits that a prefix may have}
     *
     * @param digits how many it has at least
     */
    String prefixOf(int item, int digits) {
        int length = digits;
        for (int other = Math.max(0, item - 1); other < Math.min(n, item + 2); other++) {
            if (other != item) { // They are in order, so none has more in common with it than those beside it.
                length = Math.max(length, sharedDigits(item, other) + 1);
            }
        }
        return key(item).substring(0, Math.min(length, DigestNode.MAX_DIGITS));
    }

    private int sharedDigits(int one, int other) {
        int shared = 0;
        while (shared < DigestNode.MAX_DIGITS && digit(one, shared) == digit(other, shared)) {
            shared++;
        }
        return shared;
    }

    /** {@return those whose keys begin with a prefix} A copy. */
    Leaf part(String prefix) {
        int from = 0;
        while (from < n && !startsWith(from, prefix)) {
            from++;
        }
        int to = from;
        while (to < n && startsWith(to, prefix)) {
            to++;
        }
        return part(from, to);
    }

    private boolean startsWith(int item, String prefix) {
        for (int depth = 0; depth < prefix.length(); depth++) {
            if (digit(item, depth) != digit(prefix.charAt(depth))) {
                return false;
            }
        }
        return true;
    }

    /** {@return those from one to before another} A copy. */
    Leaf part(int from, int to) {
        Leaf part = new Leaf();
        part.n = to - from;
        part.keys = Arrays.copyOfRange(keys, from * KEY_BYTES, to * KEY_BYTES);
        part.records = Arrays.copyOfRange(records, from, to);
        return part;
    }

    /** Takes a record, in place of one with its key. */
    void put(byte[] key, StoredRecord record) {
        int place = find(key);
        if (place >= 0) {
            records[place] = record;
        } else {
            insert(-place - 1, key, record);
        }
        fp = null;
    }

    /** Lets go of a record, if it is there. */
    void remove(byte[] key) {
        int place = find(key);
        if (place >= 0) {
            delete(place);
            fp = null;
        }
    }

    /** Takes those of another leaf, all of which come behind those of this one. */
    void append(Leaf behind) {
        int before = keys.length;
        keys = Arrays.copyOf(keys, before + behind.keys.length);
        System.arraycopy(behind.keys, 0, keys, before, behind.keys.length);
        records = Arrays.copyOf(records, n + behind.n);
        System.arraycopy(behind.records, 0, records, n, behind.n);
        n += behind.n;
        fp = null;
    }

    /** {@return where a key is, or {@code -1 - where} it belongs} */
    private int find(byte[] key) {
        int low = 0;
        int high = n;
        while (low < high) {
            int middle = (low + high) / 2;
            int from = middle * KEY_BYTES;
            int order = Arrays.compareUnsigned(keys, from, from + KEY_BYTES, key, 0, KEY_BYTES);
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

    private void insert(int place, byte[] key, StoredRecord record) {
        byte[] longer = new byte[keys.length + KEY_BYTES];
        System.arraycopy(keys, 0, longer, 0, place * KEY_BYTES);
        System.arraycopy(key, 0, longer, place * KEY_BYTES, KEY_BYTES);
        int behind = keys.length - place * KEY_BYTES;
        System.arraycopy(keys, place * KEY_BYTES, longer, (place + 1) * KEY_BYTES, behind);
        StoredRecord[] more = new StoredRecord[n + 1];
        System.arraycopy(records, 0, more, 0, place);
        more[place] = record;
        System.arraycopy(records, place, more, place + 1, n - place);
        keys = longer;
        records = more;
        n++;
    }

    private void delete(int place) {
        byte[] shorter = new byte[keys.length - KEY_BYTES];
        System.arraycopy(keys, 0, shorter, 0, place * KEY_BYTES);
        System.arraycopy(keys, (place + 1) * KEY_BYTES, shorter, place * KEY_BYTES, shorter.length - place * KEY_BYTES);
        StoredRecord[] fewer = new StoredRecord[n - 1];
        System.arraycopy(records, 0, fewer, 0, place);
        System.arraycopy(records, place + 1, fewer, place, fewer.length - place);
        keys = shorter;
        records = fewer;
        n--;
    }
}
