package io.stitch.server;

import java.util.Comparator;

/** Orders text as its bytes in UTF-8 are ordered, which is by code point. */
final class Utf8 {
    /** The order of ids and of every other text in a list. */
    static final Comparator<String> ORDER = Utf8::compare;

    private Utf8() {}

    private static int compare(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        for (int i = 0; i < shorter; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                return Integer.compare(rank(x), rank(y));
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** Half a surrogate pair stands for a code point above all that fit into one char. */
    private static int rank(char c) {
        return Character.isSurrogate(c) ? c + 0x1_0000 : c;
    }
}
