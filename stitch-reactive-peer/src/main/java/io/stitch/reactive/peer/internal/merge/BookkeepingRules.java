package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerDecoder;
import io.stitch.reactive.spi.JsonBounds;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What {@code _stamps}, {@code _counters} and {@code _sets} must be to be taken from others (protocol section 5.4). Everything in them is bounded, and no
 * stamp is later than the record's own, so that what holds for that one (it is not too far ahead of the clock) holds for all. Pure.
 */
public final class BookkeepingRules implements PeerDecoder.Mergeable {
    /** Names of fields that are listed. */
    static final int MOST_FIELDS = JsonBounds.MAX_RECORD_NAMES;
    /** Characters that these have together. */
    static final int MOST_CHARACTERS = JsonBounds.MAX_NAMES_BYTES / 2;
    /** Fields that are counters or sets. */
    static final int MOST_CHANGED = 1_000;
    /** Nodes and elements of one of them: several may have reached their own bound apart from each other. */
    static final int MOST_IN_ONE = 10 * Counter.MOST_NODES;

    /** Makes them. */
    public BookkeepingRules() {}

    /**
     * Looks for what breaks a rule.
     *
     * @param fields those of the three that a record has
     * @param latest the record's {@code _hlc}
     * @return what is wrong, or {@code null}
     */
    @Override
    public @Nullable String problem(ObjectNode fields, Hlc latest) {
        JsonNode stamps = fields.path(Bookkeeping.STAMPS);
        // What belongs to another state was left by a peer that does not know of it, and counts as absent.
        boolean counts = stamps.isObject()
                && latest.text().equals(stamps.path(FieldStamps.OF).asString(""));
        String problem = counts ? stampsProblem(stamps, latest) : null;
        return counts && problem == null ? changesProblem(fields, latest) : problem;
    }

    /**
     * Looks for fields that show something else than what is kept of them.
     *
     * @param record UTF-8 JSON, of which {@link #problem} has found nothing
     * @param latest its {@code _hlc}
     * @param scopeField the field that names its scope; empty if it has none
     * @return what they must be
     */
    @Override
    public Map<String, JsonNode> contradictions(byte[] record, Hlc latest, String scopeField) {
        return FieldState.read(record, latest, scopeField).contradictions();
    }

    private static @Nullable String stampsProblem(JsonNode stamps, Hlc latest) {
        JsonNode rest = stamps.path(FieldStamps.REST);
        if (!rest.isMissingNode() && !isUpTo(rest, latest)) {
            return "the rest in _stamps is no stamp up to the record's own";
        }
        JsonNode fields = stamps.path(FieldStamps.FIELDS);
        if (!fields.isObject()) {
            return "_stamps has no fields";
        }
        Set<String> names = new HashSet<>();
        int characters = 0;
        for (Map.Entry<String, JsonNode> entry : fields.properties()) {
            Hlc stamp = Hlc.parse(entry.getKey());
            if (stamp == null || stamp.isAfter(latest) || !entry.getValue().isArray()) {
                return "_stamps lists fields under what is no stamp up to the record's own";
            }
            for (JsonNode name : entry.getValue()) {
                String text = name.asString("");
                characters += text.length();
                if (!name.isString() || text.startsWith("_") || text.equals("id") || !names.add(text)) {
                    return "_stamps lists what is no field, or one twice";
                }
                if (names.size() > MOST_FIELDS
                        || characters > MOST_CHARACTERS
                        || text.length() > JsonBounds.MAX_NAME_LENGTH) {
                    return "_stamps lists too much: at most %d fields, whose names have %d characters together"
                            .formatted(MOST_FIELDS, MOST_CHARACTERS);
                }
            }
        }
        return null;
    }

    private static boolean isUpTo(JsonNode text, Hlc latest) {
        Hlc stamp = text.isString() ? Hlc.parse(text.stringValue()) : null;
        return stamp != null && !stamp.isAfter(latest);
    }

    private static @Nullable String changesProblem(ObjectNode fields, Hlc latest) {
        for (String name : new String[] {Bookkeeping.COUNTERS, Bookkeeping.SETS}) {
            JsonNode changed = fields.path(name);
            if (changed.isMissingNode()) {
                continue;
            }
            if (!changed.isObject() || changed.size() > MOST_CHANGED) {
                return "%s is no object of up to %d fields".formatted(name, MOST_CHANGED);
            }
            for (Map.Entry<String, JsonNode> each : changed.properties()) {
                boolean isCounter = name.equals(Bookkeeping.COUNTERS);
                JsonNode parts = each.getValue().path(isCounter ? "add" : "items");
                if (!isUpTo(each.getValue().path("of"), latest) || !parts.isObject() || parts.size() > MOST_IN_ONE) {
                    return "%s has an entry without a stamp up to the record's own, or with more than %d parts"
                            .formatted(name, MOST_IN_ONE);
                }
                for (Map.Entry<String, JsonNode> part : parts.properties()) {
                    JsonNode value = part.getValue();
                    if (!value.isArray()
                            || value.size() != 2
                            || (isCounter ? !isSums(part.getKey(), value) : !isItem(part.getKey(), value, latest))) {
                        return isCounter
                                ? "_counters has an entry that is not two sums of 0 or more under a node"
                                : "_sets has an entry that is not a stamp and a boolean under the canonical JSON of an element";
                    }
                }
            }
        }
        return null;
    }

    private static boolean isSums(String node, JsonNode sums) {
        boolean isNode = Hlc.parse("0.0." + node) != null;
        return isNode && Counter.isSum(sums.path(0)) && Counter.isSum(sums.path(1));
    }

    private static boolean isItem(String element, JsonNode item, Hlc latest) {
        return isUpTo(item.path(0), latest) && item.path(1).isBoolean() && ElementSet.isElement(element);
    }
}
