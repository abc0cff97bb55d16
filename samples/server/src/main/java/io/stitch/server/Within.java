package io.stitch.server;

import tools.jackson.databind.JsonNode;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** Which part of a scope is compared: what the prefixes hold. */
record Within(Set<String> prefixes) {
    static final Within ALL = new Within(Set.of(""));
    private static final int MAX_PREFIXES = 256;
    private static final Pattern PREFIX = Pattern.compile("[0-9a-f]{0," + Digest.MAX_DIGITS + "}");

    /**
     * Reads prefixes.
     *
     * @param what their name in the hello
     * @param json the prefixes
     * @param mostDigits how long each may be
     * @throws Refusal with 400 if it is not an array of prefixes, or if they are too many
     */
    static Within read(String what, JsonNode json, int mostDigits) {
        if (!json.isArray() || json.isEmpty() || json.size() > MAX_PREFIXES) {
            throw new Refusal(400, "invalid hello: " + what + " must be an array of 1 to 256 prefixes");
        }
        Set<String> prefixes = new LinkedHashSet<>();
        for (JsonNode prefix : json) {
            String text = prefix.asString("");
            if (!prefix.isString()
                    || text.length() > mostDigits
                    || !PREFIX.matcher(text).matches()) {
                throw new Refusal(
                        400,
                        "invalid hello: " + what + " must be prefixes of 0 to " + mostDigits
                                + " lower-case hex digits");
            }
            prefixes.add(text);
        }
        return new Within(prefixes);
    }

    boolean isAll() {
        return prefixes.contains("");
    }

    boolean holds(Key key) {
        if (isAll()) {
            return true;
        }
        String hash = Digest.hash(key);
        return prefixes.stream().anyMatch(hash::startsWith);
    }
}
