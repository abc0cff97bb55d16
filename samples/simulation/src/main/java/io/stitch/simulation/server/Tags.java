package io.stitch.simulation.server;

import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** By what writes are known again in records, requests and rows: a field that only one has, or a value in a field of all. */
final class Tags {
    /** The fields in which writes meet. */
    static final String[] SHARED = {"text", "state"};

    /** The number that writes add to, and the list that they put their values into. */
    static final String NUMBER = "tally";

    static final String LIST = "names";

    private Tags() {}

    /** The writes that a record or a request shows, by their numbers. */
    static Set<Integer> in(JsonNode json) {
        Set<Integer> numbers = new TreeSet<>();
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            int mark = number('m', field.getKey());
            if (mark > 0) {
                numbers.add(mark);
            } else if (field.getValue().isString()) {
                int value = number('w', field.getValue().stringValue());
                if (value > 0) {
                    numbers.add(value);
                }
            }
        }
        return numbers;
    }

    /** Whether a row has been made of a write. */
    static boolean isIn(byte[] json, Write write) {
        String text = new String(json, StandardCharsets.UTF_8);
        return text.contains('"' + write.mark() + '"') || text.contains('"' + write.value() + '"');
    }

    private static int number(char first, String text) {
        if (text.length() < 2 || text.length() > 6 || text.charAt(0) != first) {
            return 0;
        }
        int number = 0;
        for (int i = 1; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
