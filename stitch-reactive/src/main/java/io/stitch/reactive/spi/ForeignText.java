package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;

/**
 * Makes words that somebody else wrote fit to be read: the reason of a broker, the message of a server, the name of a user, in an exception, a
 * diagnostic, a status or a log. Whoever wrote them may have written a megabyte, a line that looks like another entry of the log, or signs that
 * turn around what stands behind them. Ordinary text comes back as it is.
 *
 * <p>Every exception and diagnostic of this library bounds its text by itself; who quotes others bounds the quotation as well, so that the rest
 * of the sentence is still there. For people only: never for what a program compares.
 */
public final class ForeignText {
    /** How many characters of a quotation are shown. */
    public static final int LONGEST_QUOTATION = 256;

    /** How many characters a message, with whatever it quotes, has at most: it may name a topic with ids of 512 bytes. */
    public static final int LONGEST_MESSAGE = 4_096;

    private static final int MOST_CAUSES = 20;
    private static final char REPLACEMENT = '\uFFFD';
    private static final char CUT = '…';
    private static final char ARABIC_LETTER_MARK = '\u061C';

    private ForeignText() {}

    /**
     * Quotes somebody.
     *
     * @param text what they wrote; {@code null} where they wrote nothing
     * @return at most {@link #LONGEST_QUOTATION} characters of it, and a mark where it was longer; white space that breaks lines as a space, any
     *     other character that cannot be seen or changes how others are shown as U+FFFD
     */
    public static String quoted(@Nullable String text) {
        return text == null ? "" : within(LONGEST_QUOTATION, text);
    }

    /**
     * Makes the message of an exception or a diagnostic, whatever it quotes, fit to be read.
     *
     * @param text the message
     * @return the same with at most {@link #LONGEST_MESSAGE} characters
     */
    public static String message(String text) {
        return within(LONGEST_MESSAGE, text);
    }

    /**
     * Makes the message of an exception fit to be read, if it has one.
     *
     * @param text the message
     * @return as {@link #message(String)}, or {@code null}
     */
    public static @Nullable String messageOrNull(@Nullable String text) {
        return text == null ? null : message(text);
    }

    /**
     * Makes the cause of an exception fit to be read: who logs the exception logs its causes too, and those are of network libraries that quote
     * whatever they were sent.
     *
     * @param cause the cause
     * @return the same, if its message and those of its own causes are; or else one with its text, cut and cleaned, and its stack trace
     */
    public static @Nullable Throwable causeOrNull(@Nullable Throwable cause) {
        return isFit(cause) ? cause : standIn(cause, MOST_CAUSES);
    }

    private static boolean isFit(@Nullable Throwable cause) {
        int left = MOST_CAUSES;
        for (Throwable each = cause; each != null; each = each.getCause()) {
            String text = each.getMessage();
            if (left-- == 0 || (text != null && !message(text).equals(text))) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Throwable standIn(@Nullable Throwable cause, int depth) {
        return cause == null || depth == 0 ? null : new StandIn(cause, depth);
    }

    private static String within(int most, String text) {
        boolean longer = text.length() > most;
        String kept = longer ? text.substring(0, end(most, text)) : text;
        if (kept.codePoints().noneMatch(ForeignText::isUnfit)) {
            return longer ? kept + CUT : kept;
        }
        StringBuilder shown = new StringBuilder(kept.length() + 1);
        kept.codePoints().forEach(letter -> shown.appendCodePoint(isUnfit(letter) ? replacement(letter) : letter));
        return longer ? shown.append(CUT).toString() : shown.toString();
    }

    /** A cut between two halves would make a character that nothing can write. */
    private static int end(int most, String text) {
        return Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    }

    private static int replacement(int letter) {
        return Character.isWhitespace(letter) ? ' ' : REPLACEMENT;
    }

    private static boolean isUnfit(int letter) {
        return switch (Character.getType(letter)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                true;
            case Character.FORMAT -> isDirection(letter) || isInvisible(letter);
            default -> isNoncharacter(letter);
        };
    }

    /** What sets the direction of the text behind it. */
    private static boolean isDirection(int letter) {
        return letter == ARABIC_LETTER_MARK
                || isBetween(0x200E, letter, 0x200F)
                || isBetween(0x202A, letter, 0x202E)
                || isBetween(0x2066, letter, 0x206F);
    }

    /** What joins letters and emoji, U+200C and U+200D, stays: words are written with it. */
    private static boolean isInvisible(int letter) {
        return letter == 0x200B || isBetween(0x2060, letter, 0x2064) || letter == 0xFEFF || letter >= 0xE0000;
    }

    private static boolean isNoncharacter(int letter) {
        return (letter & 0xFFFE) == 0xFFFE || isBetween(0xFDD0, letter, 0xFDEF);
    }

    private static boolean isBetween(int first, int letter, int last) {
        return first <= letter && letter <= last;
    }

    /** Stands where an exception was whose message is not fit to be read. */
    private static final class StandIn extends RuntimeException {
        private static final long serialVersionUID = 1;

        StandIn(Throwable original, int depth) {
            super(quoted(original.toString()), standIn(original.getCause(), depth - 1));
            setStackTrace(original.getStackTrace());
        }
    }
}
