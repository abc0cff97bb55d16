package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Counts what is in JSON in one pass over its bytes, before anything is made of it: a parser takes seconds for a message of a hundred thousand
 * names that no other message has. It looks at no more of the grammar than that takes; the parser that comes after it does.
 */
final class JsonCounts {
    /** Nobody who writes names knows it, so nobody can choose many that count as one. */
    private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;

    private static final boolean[] MARKS = new boolean[256];

    static {
        for (char mark : "\" eE,{[]}".toCharArray()) {
            MARKS[mark] = true;
        }
    }

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = ONES << 7;
    private static final long QUOTATION_MARKS = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    private final Limits limits;
    private final int[] elements = new int[JsonBounds.MAX_DEPTH + 1];
    private long objects;
    private int depth;
    private boolean nameIsNext;
    private int values = 1;
    private long[] names = new long[256];
    private int namesCount;
    private int namesBytes;

    /** How much there may be. */
    record Limits(int elements, int values, int names, int namesBytes) {
        /** With so few bytes no bound can be broken: a value takes two, and a field with a name that is new five. */
        boolean hold(int bytes) {
            return bytes < 2L * elements && bytes < 2L * values && bytes <= 5L * names && bytes <= namesBytes;
        }
    }

    private JsonCounts(Limits limits) {
        this.limits = limits;
    }

    /** {@return the first bound on numbers and counts that is broken, in words, or {@code null}} */
    static @Nullable String problem(byte[] json, Limits limits) {
        JsonCounts counts = new JsonCounts(limits);
        // All other encodings have a zero there, or begin with what says which they are.
        boolean utf8 = json.length < 2 || (json[0] > 0 && json[1] > 0) || hasUtf8Mark(json);
        return utf8 ? counts.scan(json, !limits.hold(json.length)) : counts.parse(json);
    }

    private @Nullable String scan(byte[] json, boolean counted) {
        for (int i = nextMark(json, 0); i < json.length; i = nextMark(json, i + 1)) {
            byte b = json[i];
            if (b == '"') {
                int end = endOfText(json, i + 1);
                if (end < 0) {
                    return JsonBounds.NO_UTF8;
                }
                if (counted && nameIsNext) {
                    nameIsNext = false;
                    String problem = name(hash(json, i + 1, end), end - i - 1);
                    if (problem != null) {
                        return problem;
                    }
                }
                i = end;
            } else if (b == ' ') {
                i = endOfSpaces(json, i + 1) - 1;
            } else if ((b | 0x20) == 'e') {
                if (i > 0 && isDigit(json[i - 1]) && hasLargeExponent(json, i)) {
                    return JsonBounds.LARGE_EXPONENT;
                }
            } else if (counted) {
                String problem = structure(b);
                if (problem != null) {
                    return problem;
                }
            }
        }
        return null;
    }

    /** {@return where the next byte is that means something here: most are of numbers, and of words} */
    private static int nextMark(byte[] json, int start) {
        int i = start;
        while (i < json.length && !MARKS[json[i] & 0xFF]) {
            i++;
        }
        return i;
    }

    private static boolean hasUtf8Mark(byte[] json) {
        return json.length > 2 && json[0] == (byte) 0xEF && json[1] == (byte) 0xBB && json[2] == (byte) 0xBF;
    }

    /** {@return where the quotation mark is that ends a text; less than 0 if something in it is no UTF-8} */
    private static int endOfText(byte[] json, int start) {
        int i = start;
        while (true) {
            i = endOfLetters(json, i);
            if (i >= json.length || json[i] == '"') {
                return Math.min(i, json.length);
            }
            if (json[i] < 0 && i + 1 < json.length && isNoCharacter(json[i] & 0xFF, json[i + 1] & 0xFF)) {
                return -1;
            }
            i += json[i] == '\\' ? 2 : 1;
        }
    }

    /** {@return where something is, at or after a place in a text, that is more than a letter of ASCII} Eight bytes at a time, for a message is mostly that. */
    private static int endOfLetters(byte[] json, int start) {
        int i = start;
        while (i + Long.BYTES <= json.length) {
            long eight = (long) LONGS.get(json, i);
            if (((eight | zeroes(eight ^ QUOTATION_MARKS) | zeroes(eight ^ BACKSLASHES)) & HIGH_BITS) != 0) {
                break;
            }
            i += Long.BYTES;
        }
        while (i < json.length && json[i] >= 0 && json[i] != '"' && json[i] != '\\') {
            i++;
        }
        return i;
    }

    private static int endOfSpaces(byte[] json, int start) {
        int i = start;
        while (i + Long.BYTES <= json.length && (long) LONGS.get(json, i) == SPACES) {
            i += Long.BYTES;
        }
        while (i < json.length && json[i] == ' ') {
            i++;
        }
        return i;
    }

    /**
     * Sets the high bit of a byte that is zero, and of none if there is no such byte (<a href="https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord">
     * Determine if a word has a zero byte</a>).
     */
    private static long zeroes(long eight) {
        return (eight - ONES) & ~eight;
    }

    /**
     * Whether two bytes begin what looks like a character and is none: one in more bytes than it takes, half a surrogate pair, or one beyond the
     * last. A parser takes the first and the last for some character, each in its way, and refuses the second only when it reads the text, not
     * when it skips it. Whatever else is wrong it notices.
     */
    private static boolean isNoCharacter(int first, int second) {
        return switch (first) {
            case 0xC0, 0xC1, 0xF5, 0xF6, 0xF7 -> true;
            case 0xE0 -> second < 0xA0;
            case 0xED -> second >= 0xA0;
            case 0xF0 -> second < 0x90;
            case 0xF4 -> second >= 0x90;
            default -> false;
        };
    }

    private @Nullable String structure(byte b) {
        switch (b) {
            case ',' -> {
                nameIsNext = isInObject();
                return element();
            }
            case '{', '[' -> {
                begin(b == '{');
                return element();
            }
            case '}', ']' -> end();
            default -> {}
        }
        return null;
    }

    private boolean isInObject() {
        return depth > 0 && depth <= JsonBounds.MAX_DEPTH && (objects & (1L << (depth - 1))) != 0;
    }

    private void begin(boolean object) {
        depth++;
        nameIsNext = object;
        if (depth <= JsonBounds.MAX_DEPTH) { // What is deeper, the parser refuses.
            long bit = 1L << (depth - 1);
            objects = object ? objects | bit : objects & ~bit;
            elements[depth] = 0;
        }
    }

    private void end() {
        depth = Math.max(0, depth - 1);
        nameIsNext = false;
    }

    /** One more of an object or a list; the first one is counted when that begins. */
    private @Nullable String element() {
        values++;
        if (values > limits.values()) {
            return "it has more than %d values".formatted(limits.values());
        }
        if (depth <= JsonBounds.MAX_DEPTH) {
            elements[depth]++;
            if (elements[depth] > limits.elements()) {
                return "a list or an object in it has more than %d values".formatted(limits.elements());
            }
        }
        return null;
    }

    private @Nullable String name(long hash, int bytes) {
        int at = (int) hash & (names.length - 1);
        while (names[at] != 0) {
            if (names[at] == hash) {
                return null;
            }
            at = (at + 1) & (names.length - 1);
        }
        names[at] = hash;
        namesCount++;
        namesBytes += bytes;
        if (namesCount > limits.names()) {
            return "it has more than %d different names".formatted(limits.names());
        }
        if (namesBytes > limits.namesBytes()) {
            return "its different names have more than %d bytes".formatted(limits.namesBytes());
        }
        if (2 * namesCount > names.length) {
            grow();
        }
        return null;
    }

    private void grow() {
        long[] before = names;
        names = new long[4 * before.length];
        for (long hash : before) {
            int at = (int) hash & (names.length - 1);
            while (hash != 0 && names[at] != 0) {
                at = (at + 1) & (names.length - 1);
            }
            if (hash != 0) {
                names[at] = hash;
            }
        }
    }

    private static long hash(byte[] json, int start, int end) {
        long hash = SEED;
        for (int i = start; i < end; i++) {
            hash = (hash ^ json[i]) * SEED;
            hash ^= hash >>> 29;
        }
        return hash == 0 ? 1 : hash;
    }

    /**
     * {@return whether the exponent at an e is too large, as it stands there, or as it is when the number is written with one digit before its
     * point}
     */
    private static boolean hasLargeExponent(byte[] json, int e) {
        int digit = e + 1;
        boolean negative = false;
        if (digit < json.length && (json[digit] == '+' || json[digit] == '-')) {
            negative = json[digit] == '-';
            digit++;
        }
        while (digit < json.length && json[digit] == '0') {
            digit++;
        }
        int end = digit;
        int exponent = 0;
        while (end < json.length && end - digit <= JsonBounds.EXPONENT_DIGITS && isDigit(json[end])) {
            exponent = exponent * 10 + json[end] - '0';
            end++;
        }
        return end - digit > JsonBounds.EXPONENT_DIGITS
                || Math.abs((negative ? -exponent : exponent) + exponentOfMantissa(json, e)) > JsonBounds.MAX_EXPONENT;
    }

    /** {@return by how much the exponent at an e grows when the number before it is written with one digit before its point} */
    private static int exponentOfMantissa(byte[] json, int e) {
        int start = e;
        int point = -1;
        while (start > 0 && (isDigit(json[start - 1]) || json[start - 1] == '.')) {
            start--;
            point = json[start] == '.' ? start : point;
        }
        int first = start;
        while (first < e && (json[first] == '0' || json[first] == '.')) {
            first++;
        }
        int afterWhole = point < 0 ? e : point;
        if (first == e) { // Zero, in as many digits as there are.
            return point < 0 ? 0 : -(e - point - 1);
        }
        return first < afterWhole ? afterWhole - first - 1 : afterWhole - first;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** The same for what is in another encoding. */
    private @Nullable String parse(byte[] json) {
        values = 0;
        try (JsonParser parser = JsonBounds.MAPPER.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                String problem = problem(parser, token);
                if (problem != null) {
                    return problem;
                }
            }
        }
        return null;
    }

    private @Nullable String problem(JsonParser parser, JsonToken token) {
        switch (token) {
            case START_OBJECT, START_ARRAY -> {
                String problem = element();
                begin(token == JsonToken.START_OBJECT);
                return problem;
            }
            case END_OBJECT, END_ARRAY -> {
                end();
                return null;
            }
            case PROPERTY_NAME -> {
                byte[] name = parser.currentName().getBytes(StandardCharsets.UTF_8);
                return name(hash(name, 0, name.length), name.length);
            }
            case VALUE_NUMBER_FLOAT -> {
                byte[] number = parser.getString().getBytes(StandardCharsets.US_ASCII);
                int e = Math.max(indexOf(number, 'e'), indexOf(number, 'E'));
                return e >= 0 && hasLargeExponent(number, e) ? JsonBounds.LARGE_EXPONENT : element();
            }
            default -> {
                return element();
            }
        }
    }

    private static int indexOf(byte[] text, char wanted) {
        for (int i = 0; i < text.length; i++) {
            if (text[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
