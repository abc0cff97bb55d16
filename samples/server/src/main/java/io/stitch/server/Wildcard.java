package io.stitch.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A pattern in which {@code *} stands for any text. Matching is linear, whoever wrote the text and the pattern. */
final class Wildcard {
    private final String first;
    private final String last;
    private final boolean isPlain;
    private final List<Part> between = new ArrayList<>();

    Wildcard(String pattern) {
        List<String> parts = Arrays.asList(pattern.split("\\*", -1));
        this.first = parts.get(0);
        this.last = parts.get(parts.size() - 1);
        this.isPlain = parts.size() == 1;
        if (!isPlain) {
            parts.subList(1, parts.size() - 1).forEach(each -> between.add(new Part(each)));
        }
    }

    /** Taking the first place for each part is enough: it leaves the most room for those behind it. */
    boolean matches(String text) {
        if (isPlain || !text.startsWith(first)) {
            return isPlain && text.equals(first);
        }
        int at = first.length();
        for (Part part : between) {
            int found = part.find(text, at);
            if (found < 0) {
                return false;
            }
            at = found + part.text.length();
        }
        return text.length() - last.length() >= at && text.endsWith(last);
    }

    /** A text to be looked for, as Knuth, Morris and Pratt do: {@link String#indexOf} takes the product of both lengths at worst. */
    private static final class Part {
        private final String text;
        /** Of each beginning, how long the longest other beginning is that it ends with. */
        private final int[] shorter;

        Part(String text) {
            this.text = text;
            this.shorter = new int[text.length()];
            int matched = 0;
            for (int i = 1; i < shorter.length; i++) {
                matched = next(matched, text.charAt(i));
                shorter[i] = matched;
            }
        }

        private int next(int before, char c) {
            int matched = before;
            while (matched > 0 && c != text.charAt(matched)) {
                matched = shorter[matched - 1];
            }
            return c == text.charAt(matched) ? matched + 1 : matched;
        }

        int find(String in, int from) {
            if (text.isEmpty()) {
                return from;
            }
            int matched = 0;
            for (int i = from; i < in.length(); i++) {
                matched = next(matched, in.charAt(i));
                if (matched == text.length()) {
                    return i + 1 - matched;
                }
            }
            return -1;
        }
    }
}
