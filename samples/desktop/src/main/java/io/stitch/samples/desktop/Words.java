package io.stitch.samples.desktop;

/**
 * What people wrote, made fit to be shown beside other text: in one line, not endless, and unable to turn round what is around it. Who
 * wrote it may be anybody, so it may be anything.
 */
final class Words {
    /** Begins text whose direction is its own: what comes after it is read as if the text were not there. */
    static final char ISOLATE = '\u2068';

    /** Ends what {@link #ISOLATE} began. */
    static final char END_OF_ISOLATE = '\u2069';

    private static final int LONGEST_LINE = 500;
    private static final int LONGEST_QUOTE = 60;

    private Words() {}

    /** {@return a text for a place of its own, such as a cell} */
    static String line(String text) {
        return shortened(text, LONGEST_LINE);
    }

    /** {@return a text for the inside of other text, which stays as it is whatever the text is} */
    static String isolated(String text) {
        return ISOLATE + line(text) + END_OF_ISOLATE;
    }

    /** {@return a text for the inside of a sentence, in quotation marks and not long} */
    static String quoted(String text) {
        return "“" + isolated(shortened(text, LONGEST_QUOTE)) + "”";
    }

    /** Of a text that is endless only the beginning is looked at. */
    private static String shortened(String text, int longest) {
        StringBuilder line = new StringBuilder();
        int shown = 0;
        int at = 0;
        while (at < text.length() && shown < longest) {
            int character = text.codePointAt(at);
            at += Character.charCount(character);
            if (breaksLines(character)) {
                if (!line.isEmpty() && line.charAt(line.length() - 1) != ' ') {
                    line.append(' ');
                }
                shown++;
            } else if (!turnsText(character)) {
                line.appendCodePoint(character);
                shown++;
            }
        }
        return line.toString().strip() + (at < text.length() ? "…" : "");
    }

    /** Half a pair of surrogates is no character either. */
    private static boolean breaksLines(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            default -> false;
        };
    }

    /** An end without a beginning would end the isolate around the text. */
    private static boolean turnsText(int character) {
        return switch (Character.getDirectionality(character)) {
            case Character.DIRECTIONALITY_LEFT_TO_RIGHT_EMBEDDING,
                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_OVERRIDE,
                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_ISOLATE,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_EMBEDDING,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_OVERRIDE,
                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ISOLATE,
                    Character.DIRECTIONALITY_FIRST_STRONG_ISOLATE,
                    Character.DIRECTIONALITY_POP_DIRECTIONAL_FORMAT,
                    Character.DIRECTIONALITY_POP_DIRECTIONAL_ISOLATE -> true;
            default -> false;
        };
    }
}
