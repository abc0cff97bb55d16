package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one side of a comparison holds below a prefix (protocol section 4.9).
 *
 * @param n how many items, 0 or more
 * @param fp their fingerprint; empty if there are none
 */
public record DigestNode(int n, String fp) {
    /** How many children a node has: one for each hexadecimal digit. */
    public static final int CHILDREN = 16;
    /** From this many digits on, a node has no children. */
    public static final int MAX_DIGITS = 16;
    /** The most items that are fingerprinted, and said, one by one. */
    public static final int MAX_ITEMS = 16;
    /** The most prefixes of one message. */
    public static final int MAX_PREFIXES = 256;
    /** The largest message of a round, in bytes. */
    public static final int MAX_BYTES = 256 << 10;
    /** How many messages with one round count as one hello. */
    public static final int MAX_MESSAGES = 64;
    /** A node without items. */
    public static final DigestNode EMPTY = new DigestNode(0, "");

    private static final String DIGITS = "0123456789abcdef";
    private static final int MAX_FINGERPRINT = 64;

    /**
     * A prefix that is one digit longer.
     *
     * @param prefix the prefix
     * @param digit the digit, 0 to 15
     * @return the longer one
     */
    public static String child(String prefix, int digit) {
        return prefix + DIGITS.charAt(digit);
    }

    /**
     * Tells whether a text is a prefix.
     *
     * @param text the text
     * @param digits the most digits that it may have
     * @return whether it has as many hexadecimal digits in lower case, or fewer
     */
    public static boolean isPrefix(String text, int digits) {
        return text.length() <= digits && text.chars().allMatch(letter -> DIGITS.indexOf(letter) >= 0);
    }

    /**
     * Reads the children of some prefixes.
     *
     * @param json an object that has sixteen pairs of number and fingerprint for each prefix
     * @return the children by prefix
     * @throws RejectedMessage if it is none, or has too many
     */
    public static Map<String, List<DigestNode>> read(JsonNode json) {
        if (!json.isObject() || json.isEmpty() || json.size() > MAX_PREFIXES) {
            throw malformed("nodes is no object of 1 to " + MAX_PREFIXES + " prefixes");
        }
        Map<String, List<DigestNode>> nodes = new LinkedHashMap<>();
        json.properties().forEach(entry -> nodes.put(entry.getKey(), children(entry.getKey(), entry.getValue())));
        return nodes;
    }

    private static List<DigestNode> children(String prefix, JsonNode json) {
        if (!isPrefix(prefix, MAX_DIGITS - 1) || !json.isArray() || json.size() != CHILDREN) {
            throw malformed("a prefix has 0 to 15 digits, and 16 children");
        }
        List<DigestNode> children = new ArrayList<>(CHILDREN);
        json.forEach(child -> children.add(node(child.path(0), child.path(1))));
        return List.copyOf(children);
    }

    /**
     * Reads one node.
     *
     * @param n how many items
     * @param fp their fingerprint
     * @return the node
     * @throws RejectedMessage if it is none
     */
    public static DigestNode node(JsonNode n, JsonNode fp) {
        boolean counts = n.isIntegralNumber() && n.canConvertToInt() && n.intValue() >= 0;
        if (!counts || !fp.isString() || fp.stringValue().length() > MAX_FINGERPRINT) {
            throw malformed("a node has a number n, and a fingerprint fp");
        }
        return new DigestNode(n.intValue(), fp.stringValue());
    }

    private static RejectedMessage malformed(String why) {
        return new RejectedMessage(DiagnosticCode.MALFORMED_REPLY, why);
    }
}
