package io.stitch.reactive.spring;

import org.jspecify.annotations.Nullable;

import java.util.Collection;

/** Makes what others wrote fit to be shown: brokers and servers write into errors, and where those are shown nobody expects it. */
final class Texts {
    static final int LONGEST = 300;

    private Texts() {}

    /**
     * Bounds a text and takes out what steers a terminal or turns the direction of what follows.
     *
     * @param text the text
     * @param secrets what must not be shown
     * @param instead what is shown in place of a text that has one of them
     * @return one line of at most {@value #LONGEST} characters
     */
    static String shown(@Nullable String text, Collection<String> secrets, String instead) {
        if (text == null) {
            return instead;
        }
        // As a whole: a gap would show where in the text it was, and how long the rest is.
        if (secrets.stream().anyMatch(text::contains)) {
            return instead;
        }
        StringBuilder shown = new StringBuilder(Math.min(text.length(), LONGEST));
        text.codePoints().forEach(letter -> {
            if (shown.length() <= LONGEST) {
                shown.appendCodePoint(isPlain(letter) ? letter : ' ');
            }
        });
        String line = shown.toString().strip();
        return line.length() < LONGEST ? line : cut(line);
    }

    private static String cut(String line) {
        int end = LONGEST - 1;
        return line.substring(0, Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end) + '…';
    }

    private static boolean isPlain(int letter) {
        return switch (Character.getType(letter)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
