package io.stitch.fuzz;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A message as the inputs have it, which people can read and write: the first line is its topic, each further line a user property with a
 * colon, or one word; an empty line ends them, and what follows is the payload.
 *
 * @param topic the first line
 * @param lines the lines after it
 * @param payload what follows the empty line; nothing where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record Letter(String topic, List<String> lines, byte[] payload) {
    /**
     * Reads one.
     *
     * @param input the input
     * @return the message: any input is one
     */
    public static Letter of(byte[] input) {
        List<String> lines = new ArrayList<>();
        int from = 0;
        while (from < input.length) {
            int end = from;
            while (end < input.length && input[end] != '\n') {
                end++;
            }
            String line = new String(input, from, end - from, StandardCharsets.UTF_8);
            from = Math.min(end + 1, input.length);
            if (line.isEmpty()) {
                break;
            }
            lines.add(line);
        }
        return new Letter(
                lines.isEmpty() ? "" : lines.get(0),
                lines.isEmpty() ? List.of() : lines.subList(1, lines.size()),
                Arrays.copyOfRange(input, from, input.length));
    }

    /** {@return whether a line is that word} */
    public boolean says(String word) {
        return lines.contains(word);
    }

    /** {@return what follows the first line that begins so, or {@code null}} */
    public @Nullable String value(String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse(null);
    }
}
