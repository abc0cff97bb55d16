package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts two states of a record together, field by field: of each the one with the higher stamp, and of two with one stamp their supremum, which
 * is the same whichever comes first (protocol section 5.4).
 */
final class FieldMerging {
    private final FieldState newer;
    private final FieldState older;
    private final Hlc rest;
    private final ObjectNode data = Json.object();
    private final Map<String, Hlc> named = new TreeMap<>();
    private final Set<String> present = new LinkedHashSet<>();
    private final Map<String, Counter> counters = new TreeMap<>();
    private final Map<String, ElementSet> sets = new TreeMap<>();

    private FieldMerging(FieldState newer, FieldState older) {
        this.newer = newer;
        this.older = older;
        Hlc one = newer.stamps().rest();
        this.rest = one.isAfter(older.stamps().rest()) ? one : older.stamps().rest();
    }

    /** What has all of both. */
    static FieldState merged(FieldState one, FieldState other) {
        int order = one.stamps().latest().compareTo(other.stamps().latest());
        FieldState newer = order >= 0 ? one : other;
        FieldState older = order >= 0 ? other : one;
        FieldMerging merging = new FieldMerging(newer, older);
        Set<String> fields = new LinkedHashSet<>();
        newer.data().propertyNames().forEach(fields::add);
        older.data().propertyNames().forEach(fields::add);
        fields.addAll(newer.stamps().named().keySet());
        fields.addAll(older.stamps().named().keySet());
        for (String field : fields) {
            boolean merged = newer.stamps().named().containsKey(field)
                    || older.stamps().named().containsKey(field);
            if (merged) {
                merging.field(field);
            } else { // What is the protocol's goes with the record's own stamp.
                merging.protocolField(field, order == 0);
            }
        }
        return merging.result();
    }

    private void protocolField(String field, boolean tie) {
        JsonNode value = newer.data().get(field);
        JsonNode other = tie ? older.data().get(field) : null;
        JsonNode higher = higher(value, other);
        if (higher != null) {
            data.set(field, higher);
        } else if (value == null && FieldStamps.isFixed(field)) {
            data.set(field, older.data().get(field));
        }
    }

    private void field(String field) {
        int order = newer.stamps().of(field).compareTo(older.stamps().of(field));
        if (order != 0) {
            take(field, order > 0 ? newer : older);
        } else if (newer.counters().containsKey(field) || older.counters().containsKey(field)) {
            count(field);
        } else if (newer.sets().containsKey(field) || older.sets().containsKey(field)) {
            collect(field);
        } else {
            take(field, isAsHigh(newer.data().get(field), older.data().get(field)) ? newer : older);
        }
    }

    private void take(String field, FieldState from) {
        JsonNode value = from.data().get(field);
        put(field, from.stamps().of(field), value);
        Counter counter = from.counters().get(field);
        ElementSet set = from.sets().get(field);
        if (counter != null) {
            counters.put(field, counter);
        }
        if (set != null) {
            sets.put(field, set);
        }
    }

    private void put(String field, Hlc stamp, @Nullable JsonNode value) {
        if (value != null) {
            data.set(field, value);
            named.put(field, stamp);
            present.add(field);
        } else if (!stamp.equals(rest)) {
            named.put(field, stamp);
        }
    }

    private void count(String field) {
        Hlc stamp = newer.stamps().of(field);
        Counter one = newer.counters().getOrDefault(field, Counter.none(stamp));
        Counter other = older.counters().getOrDefault(field, Counter.none(stamp));
        Counter both = one.merge(other);
        BigDecimal base = Counter.valueOf(newer.data().get(field))
                .subtract(one.sum())
                .max(Counter.valueOf(older.data().get(field)).subtract(other.sum()));
        counters.put(field, both);
        put(
                field,
                stamp,
                asHeld(
                        base.add(both.sum()),
                        newer.data().get(field),
                        older.data().get(field)));
    }

    /** One number may be written in several ways; what is the same stays as it is. */
    private static JsonNode asHeld(BigDecimal sum, @Nullable JsonNode one, @Nullable JsonNode other) {
        if (one != null && Counter.isNumber(one) && one.decimalValue().compareTo(sum) == 0) {
            return one;
        }
        return other != null && Counter.isNumber(other) && other.decimalValue().compareTo(sum) == 0
                ? other
                : FieldChange.number(sum);
    }

    private void collect(String field) {
        Hlc stamp = newer.stamps().of(field);
        ElementSet both = newer.sets()
                .getOrDefault(field, ElementSet.none(stamp))
                .merge(older.sets().getOrDefault(field, ElementSet.none(stamp)));
        JsonNode base = higher(
                both.base(ElementSet.listOf(newer.data().get(field))),
                both.base(ElementSet.listOf(older.data().get(field))));
        sets.put(field, both);
        put(field, stamp, both.over(ElementSet.listOf(base)));
    }

    private FieldState result() {
        return new FieldState(
                data, FieldStamps.of(newer.stamps().latest(), rest, true, named, present), counters, sets);
    }

    /** Of two values the one whose canonical JSON sorts higher; none is lower than any. */
    private static @Nullable JsonNode higher(@Nullable JsonNode one, @Nullable JsonNode other) {
        return isAsHigh(one, other) ? one : other;
    }

    private static boolean isAsHigh(@Nullable JsonNode one, @Nullable JsonNode other) {
        if (one == null || other == null) {
            return other == null;
        }
        return one.equals(other) || PeerPayloads.canonical(one).compareTo(PeerPayloads.canonical(other)) >= 0;
    }
}
