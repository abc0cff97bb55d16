package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * When each field of a record was written (protocol section 5.4): that of the fields it has and of those that were cleared, and of all others, which
 * it has not, one stamp that they share. Immutable.
 *
 * <p>Without that last one merging would not be associative. A write that sets a field for the first time must win over one that knows nothing
 * of that field, and lose to a create that came later, whose record has no such field; so a state says since when it knows of all the fields that it
 * does not name. It is the stamp of the last write of the record as a whole.
 *
 * <p><b>What is folded, and what it may cost.</b> A field has one stamp here, so {@code _stamps} is never larger than the record's own fields and those
 * that were cleared; equal stamps share an entry. On a write ({@link #folded}), all stamps that are older than the retention of tombstones become the
 * highest of them, and cleared fields beyond {@value #MOST_CLEARED}, the oldest first, join those that are not named. Either only raises stamps,
 * so it is a step upwards in the order that merging is the supremum of: states that differ only in that become one like any others, whoever folds and
 * when, and no field's value changes by it. What it can cost: a write that comes only now, though its stamp is lower than what was raised, loses
 * where it would have won. For the first that is a write that was under way for longer than tombstones are kept, which may be undone by a delete that
 * nobody remembers, too; for the second it is a field that was set for the first time, elsewhere, before one of the oldest cleared ones was cleared.
 */
public final class FieldStamps {
    /** How many cleared fields a write leaves named. */
    public static final int MOST_CLEARED = 256;

    static final String OF = "of";
    static final String REST = "rest";
    static final String MERGED = "merged";
    static final String FIELDS = "fields";

    private final Hlc latest;
    private final Hlc rest;
    private final boolean merged;
    private final Map<String, Hlc> named;
    private final Set<String> present;

    private FieldStamps(Hlc latest, Hlc rest, boolean merged, Map<String, Hlc> named, Set<String> present) {
        this.latest = latest;
        this.rest = rest;
        this.merged = merged;
        this.named = named;
        this.present = present;
    }

    /** Whether the stamp of a field is kept by itself. What is the protocol's, and what a record cannot change, is not. */
    static boolean isMerged(String field, String scopeField) {
        return !field.equals("id") && !field.equals(scopeField) && !field.startsWith("_");
    }

    /** Whether it is a part of what a record is. */
    static boolean isFixed(String field) {
        return !field.startsWith("_");
    }

    /**
     * Reads the stamps of a record without the values of its fields.
     *
     * @param record UTF-8 JSON, checked before
     * @param latest its {@code _hlc}
     * @param scopeField the field that names its scope; empty if it has none
     * @return the stamps
     */
    public static FieldStamps read(byte[] record, Hlc latest, String scopeField) {
        Set<String> present = new LinkedHashSet<>();
        JsonNode stamps = null;
        try (JsonParser parser = Json.rereading(record)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    parser.nextToken();
                    if (name.equals(Bookkeeping.STAMPS)) {
                        stamps = parser.readValueAsTree();
                    } else if (isMerged(name, scopeField)) {
                        present.add(name);
                    }
                    parser.skipChildren();
                }
            }
        }
        return of(latest, present, stamps);
    }

    /**
     * The stamps of a record of which the parts are known. What breaks a rule of {@link BookkeepingRules} counts as absent.
     *
     * @param latest its {@code _hlc}
     * @param present the fields that it has
     * @param stamps its {@code _stamps}, or {@code null}
     * @return the stamps
     */
    static FieldStamps of(Hlc latest, Set<String> present, @Nullable JsonNode stamps) {
        Map<String, Hlc> named = new TreeMap<>();
        if (stamps == null || !latest.text().equals(stamps.path(OF).asString(""))) {
            present.forEach(field -> named.put(field, latest));
            return new FieldStamps(latest, latest, false, named, present);
        }
        Hlc rest = atMost(latest, stamps.path(REST));
        for (Map.Entry<String, JsonNode> entry : stamps.path(FIELDS).properties()) {
            Hlc stamp = Hlc.parse(entry.getKey());
            if (stamp != null && !stamp.isAfter(latest)) {
                for (JsonNode name : entry.getValue()) {
                    named.merge(name.asString(""), stamp, (one, other) -> one.isAfter(other) ? one : other);
                }
            }
        }
        // Who does not know of a rest, lists what is older than that, and what was cleared before it, too.
        present.forEach(field -> named.putIfAbsent(field, latest));
        named.entrySet()
                .removeIf(each ->
                        !present.contains(each.getKey()) && each.getValue().equals(rest));
        return new FieldStamps(latest, rest, stamps.path(MERGED).asBoolean(false), named, present);
    }

    private static Hlc atMost(Hlc latest, JsonNode text) {
        Hlc stamp = text.isString() ? Hlc.parse(text.stringValue()) : null;
        return stamp == null || stamp.isAfter(latest) ? latest : stamp;
    }

    /** The stamps of a state that was put together. What is cleared since all that is not named is not named. */
    static FieldStamps of(Hlc latest, Hlc rest, boolean merged, Map<String, Hlc> named, Set<String> present) {
        return new FieldStamps(latest, rest, merged, named, present);
    }

    /** {@return the record's own stamp} */
    public Hlc latest() {
        return latest;
    }

    /** {@return the stamp of what is neither there nor named} */
    Hlc rest() {
        return rest;
    }

    /** {@return whether this is what a merge made, and nobody has written so} */
    public boolean isMerged() {
        return merged;
    }

    Map<String, Hlc> named() {
        return named;
    }

    Set<String> present() {
        return present;
    }

    Hlc of(String field) {
        return named.getOrDefault(field, rest);
    }

    /** {@return whether a write is seen in any field, or in all that are not there} */
    public boolean has(Hlc stamp) {
        return rest.equals(stamp) || named.containsValue(stamp);
    }

    /**
     * A write of some fields.
     *
     * @param stamp its stamp, which is higher
     * @param set the fields that have a value now
     * @param cleared the fields that have none any more
     * @return the stamps after it
     */
    public FieldStamps written(Hlc stamp, Collection<String> set, Collection<String> cleared) {
        Map<String, Hlc> after = new TreeMap<>(named);
        Set<String> there = new LinkedHashSet<>(present);
        set.forEach(field -> after.put(field, stamp));
        cleared.forEach(field -> after.put(field, stamp));
        there.addAll(set);
        cleared.forEach(there::remove);
        return new FieldStamps(stamp, rest, false, after, there);
    }

    /** A field has a value now that is one with what it had before: added to, and not written. */
    FieldStamps changed(String field) {
        Map<String, Hlc> after = new TreeMap<>(named);
        Set<String> there = new LinkedHashSet<>(present);
        after.put(field, of(field));
        there.add(field);
        return new FieldStamps(latest, rest, merged, after, there);
    }

    /**
     * A write that changes some stamps, and no value.
     *
     * @param stamp its stamp
     * @param which the stamps that it takes the place of
     * @return the stamps after it
     */
    public FieldStamps stampedAgain(Hlc stamp, Predicate<Hlc> which) {
        Map<String, Hlc> after = new TreeMap<>();
        named.forEach((field, before) -> after.put(field, which.test(before) ? stamp : before));
        return new FieldStamps(stamp, which.test(rest) ? stamp : rest, false, after, present);
    }

    /**
     * Makes fewer stamps of these, as the class comment says.
     *
     * @param horizon stamps of before this time, in milliseconds since 1970, become one
     * @param kept the fields whose stamps must stay, because something refers to them
     * @return stamps that are at least as high
     */
    public FieldStamps folded(long horizon, Set<String> kept) {
        Hlc newest = null;
        for (Map.Entry<String, Hlc> each : named.entrySet()) {
            Hlc stamp = each.getValue();
            if (stamp.ts() < horizon && !kept.contains(each.getKey()) && stamp.isAfter(newest)) {
                newest = stamp;
            }
        }
        Map<String, Hlc> after = new TreeMap<>(named);
        Hlc raised = newest;
        if (raised != null) {
            after.replaceAll((field, stamp) -> stamp.ts() < horizon && !kept.contains(field) ? raised : stamp);
        }
        List<Hlc> cleared = after.entrySet().stream()
                .filter(each -> !present.contains(each.getKey()))
                .map(Map.Entry::getValue)
                .sorted(Comparator.reverseOrder())
                .toList();
        boolean tooMany = cleared.size() > MOST_CLEARED;
        if (!tooMany && raised == null) {
            return this;
        }
        Hlc lowest = tooMany ? lowest(cleared.get(MOST_CLEARED), kept) : rest;
        Hlc floor = lowest.isAfter(rest) ? lowest : rest;
        if (floor.isAfter(rest)) { // What is there stays above what others do not name for the same reason.
            after.replaceAll((field, stamp) -> stamp.isAfter(floor) || kept.contains(field) ? stamp : floor);
        }
        after.entrySet()
                .removeIf(each -> !present.contains(each.getKey())
                        && (tooMany
                                ? !each.getValue().isAfter(floor)
                                : each.getValue().equals(floor)));
        return new FieldStamps(latest, floor, merged, after, present);
    }

    /** What is there was not written before what is not, so that this cannot be raised above what must stay. */
    private Hlc lowest(Hlc floor, Set<String> kept) {
        Hlc lowest = floor;
        for (String field : kept) {
            lowest = lowest.isAfter(of(field)) ? of(field) : lowest;
        }
        return lowest;
    }

    /**
     * {@return this as {@code _stamps} carries it; {@code null} if the record has one stamp}
     */
    public @Nullable ObjectNode toJson() {
        Map<Hlc, Set<String>> byStamp = new TreeMap<>();
        named.forEach((field, stamp) -> {
            boolean unlisted = stamp.equals(present.contains(field) ? latest : rest);
            if (!unlisted) {
                byStamp.computeIfAbsent(stamp, none -> new LinkedHashSet<>()).add(field);
            }
        });
        if (byStamp.isEmpty() && !merged && rest.equals(latest)) {
            return null;
        }
        ObjectNode json = Json.object().put(OF, latest.text());
        if (!rest.equals(latest)) {
            json.put(REST, rest.text());
        }
        if (merged) {
            json.put(MERGED, true);
        }
        ObjectNode fields = json.putObject(FIELDS);
        byStamp.forEach((stamp, names) -> {
            ArrayNode list = fields.putArray(stamp.text());
            names.forEach(list::add);
        });
        return json;
    }
}
