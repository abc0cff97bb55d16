package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A record as it is merged: what each of its fields is, since when, and what was added to it since (protocol section 5.4). Not to be modified.
 *
 * <p>Each field is a register of which the higher stamp counts, and what is not named is one more, so that a state is an element of a product of
 * total orders, and merging is its supremum: commutative, associative and idempotent.
 */
public final class FieldState {
    private static final int SUM_BYTES = 9;

    private final ObjectNode data;
    private final FieldStamps stamps;
    private final Map<String, Counter> counters;
    private final Map<String, ElementSet> sets;

    FieldState(ObjectNode data, FieldStamps stamps, Map<String, Counter> counters, Map<String, ElementSet> sets) {
        this.data = data;
        this.stamps = stamps;
        this.counters = counters;
        this.sets = sets;
    }

    /**
     * Reads a record.
     *
     * @param record UTF-8 JSON, checked before
     * @param latest its {@code _hlc}
     * @param scopeField the field that names its scope; empty if it has none
     * @return its state
     */
    public static FieldState read(byte[] record, Hlc latest, String scopeField) {
        ObjectNode data = Json.readObject(record);
        data.remove(Hlc.FIELD);
        JsonNode stamps = data.remove(Bookkeeping.STAMPS);
        JsonNode counters = data.remove(Bookkeeping.COUNTERS);
        JsonNode sets = data.remove(Bookkeeping.SETS);
        Set<String> present = new LinkedHashSet<>();
        data.propertyNames().stream()
                .filter(field -> FieldStamps.isMerged(field, scopeField))
                .forEach(present::add);
        FieldStamps all = FieldStamps.of(latest, present, stamps);
        Map<String, Counter> added = new TreeMap<>();
        Map<String, ElementSet> changed = new TreeMap<>();
        if (counters != null) {
            counters.properties().forEach(each -> {
                Counter counter = Counter.read(each.getValue());
                if (counter != null && counter.of().equals(all.named().get(each.getKey()))) {
                    added.put(each.getKey(), counter);
                }
            });
        }
        if (sets != null) {
            sets.properties().forEach(each -> {
                ElementSet set = ElementSet.read(each.getValue());
                boolean counts = set != null && set.of().equals(all.named().get(each.getKey()));
                if (counts && !added.containsKey(each.getKey())) {
                    changed.put(each.getKey(), set);
                }
            });
        }
        return new FieldState(data, all, added, changed);
    }

    /** {@return when its fields were written} */
    public FieldStamps stamps() {
        return stamps;
    }

    /** {@return whether a field has something beside its value and its stamp} */
    public boolean hasChanges() {
        return !counters.isEmpty() || !sets.isEmpty();
    }

    /**
     * Whether anything of a write is left.
     *
     * @param stamp its stamp
     * @return whether a field, an element or a sum is of it, or may be
     */
    public boolean has(Hlc stamp) {
        return stamps.has(stamp)
                || counters.values().stream().anyMatch(each -> each.add().containsKey(stamp.nodeId()))
                || sets.values().stream()
                        .anyMatch(each -> each.items().values().stream()
                                .anyMatch(item -> item.stamp().equals(stamp)));
    }

    // ---- merging ----

    /**
     * Merges two states of one record.
     *
     * @param other the other one
     * @return one of the two, if it has all that the other has, or else what has all of both
     */
    public FieldState merge(FieldState other) {
        FieldState newer = stamps.latest().compareTo(other.stamps.latest()) >= 0 ? this : other;
        FieldState older = newer == this ? other : this;
        boolean tie = stamps.latest().equals(other.stamps.latest());
        Merging merging = new Merging(newer, older);
        Set<String> fields = new LinkedHashSet<>();
        newer.data.propertyNames().forEach(fields::add);
        older.data.propertyNames().forEach(fields::add);
        fields.addAll(newer.stamps.named().keySet());
        fields.addAll(older.stamps.named().keySet());
        for (String field : fields) {
            boolean merged = newer.stamps.named().containsKey(field)
                    || older.stamps.named().containsKey(field);
            if (merged) {
                merging.field(field);
            } else { // What is the protocol's goes with the record's own stamp.
                merging.protocolField(field, tie);
            }
        }
        FieldState both = merging.result();
        boolean isThis = both.hasSameContent(this);
        boolean isOther = both.hasSameContent(other);
        if (isThis && isOther) {
            return stamps.isMerged() && !other.stamps.isMerged() ? other : this;
        }
        return isThis ? this : isOther ? other : both;
    }

    private boolean hasSameContent(FieldState other) {
        return stamps.latest().equals(other.stamps.latest())
                && stamps.rest().equals(other.stamps.rest())
                && stamps.named().equals(other.stamps.named())
                && counters.keySet().equals(other.counters.keySet())
                && counters.entrySet().stream()
                        .allMatch(each -> each.getValue().isSame(other.counters.get(each.getKey())))
                && sets.equals(other.sets)
                && data.equals(other.data);
    }

    /** Puts two states together, field by field. */
    private static final class Merging {
        private final FieldState newer;
        private final FieldState older;
        private final Hlc rest;
        private final ObjectNode data = Json.object();
        private final Map<String, Hlc> named = new TreeMap<>();
        private final Set<String> present = new LinkedHashSet<>();
        private final Map<String, Counter> counters = new TreeMap<>();
        private final Map<String, ElementSet> sets = new TreeMap<>();

        Merging(FieldState newer, FieldState older) {
            this.newer = newer;
            this.older = older;
            Hlc one = newer.stamps.rest();
            this.rest = one.isAfter(older.stamps.rest()) ? one : older.stamps.rest();
        }

        void protocolField(String field, boolean tie) {
            JsonNode value = newer.data.get(field);
            JsonNode other = tie ? older.data.get(field) : null;
            JsonNode higher = higher(value, other);
            if (higher != null) {
                data.set(field, higher);
            } else if (value == null && FieldStamps.isFixed(field)) {
                data.set(field, older.data.get(field));
            }
        }

        void field(String field) {
            int order = newer.stamps.of(field).compareTo(older.stamps.of(field));
            if (order != 0) {
                take(field, order > 0 ? newer : older);
            } else if (newer.counters.containsKey(field) || older.counters.containsKey(field)) {
                count(field);
            } else if (newer.sets.containsKey(field) || older.sets.containsKey(field)) {
                collect(field);
            } else {
                take(field, isAsHigh(newer.data.get(field), older.data.get(field)) ? newer : older);
            }
        }

        private void take(String field, FieldState from) {
            JsonNode value = from.data.get(field);
            put(field, from.stamps.of(field), value);
            Counter counter = from.counters.get(field);
            ElementSet set = from.sets.get(field);
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
            Hlc stamp = newer.stamps.of(field);
            Counter one = newer.counters.getOrDefault(field, Counter.none(stamp));
            Counter other = older.counters.getOrDefault(field, Counter.none(stamp));
            Counter both = one.merge(other);
            BigDecimal base = numberOf(newer.data.get(field))
                    .subtract(one.sum())
                    .max(numberOf(older.data.get(field)).subtract(other.sum()));
            counters.put(field, both);
            put(field, stamp, asHeld(base.add(both.sum()), newer.data.get(field), older.data.get(field)));
        }

        /** One number may be written in several ways; what is the same stays as it is. */
        private static JsonNode asHeld(BigDecimal sum, @Nullable JsonNode one, @Nullable JsonNode other) {
            if (one != null && Counter.isNumber(one) && one.decimalValue().compareTo(sum) == 0) {
                return one;
            }
            return other != null
                            && Counter.isNumber(other)
                            && other.decimalValue().compareTo(sum) == 0
                    ? other
                    : FieldChange.number(sum);
        }

        private void collect(String field) {
            Hlc stamp = newer.stamps.of(field);
            ElementSet both = newer.sets
                    .getOrDefault(field, ElementSet.none(stamp))
                    .merge(older.sets.getOrDefault(field, ElementSet.none(stamp)));
            JsonNode base = higher(both.base(listOf(newer.data.get(field))), both.base(listOf(older.data.get(field))));
            sets.put(field, both);
            put(field, stamp, both.over(listOf(base)));
        }

        FieldState result() {
            return new FieldState(
                    data, FieldStamps.of(newer.stamps.latest(), rest, true, named, present), counters, sets);
        }
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

    private static BigDecimal numberOf(@Nullable JsonNode value) {
        return value != null && Counter.isResult(value) ? value.decimalValue() : BigDecimal.ZERO;
    }

    private static ArrayNode listOf(@Nullable JsonNode value) {
        return value instanceof ArrayNode list ? list : Json.mapper().createArrayNode();
    }

    // ---- writing ----

    /**
     * The record after a write.
     *
     * @param stamp its stamp, which is higher
     * @param fields the fields that it sets; null clears one
     * @param changes what it adds to the values of fields
     * @return the state after it
     */
    public FieldState written(Hlc stamp, ObjectNode fields, Map<String, FieldChange> changes) {
        ObjectNode after = data.deepCopy();
        List<String> set = new ArrayList<>();
        List<String> cleared = new ArrayList<>();
        Map<String, Counter> added = new TreeMap<>(counters);
        Map<String, ElementSet> changed = new TreeMap<>(sets);
        fields.properties().forEach(each -> {
            boolean clears = each.getValue().isNull();
            boolean plain = stamps.named().containsKey(each.getKey())
                    || !data.has(each.getKey()); // Else it is one that has no stamp of its own.
            if (clears) {
                after.remove(each.getKey());
            } else {
                after.set(each.getKey(), each.getValue().deepCopy());
            }
            if (plain) {
                (clears ? cleared : set).add(each.getKey());
            }
            added.remove(each.getKey());
            changed.remove(each.getKey());
        });
        Changing changing = new Changing(stamp, after, stamps.written(stamp, set, cleared), added, changed);
        changes.forEach(changing::change);
        return new FieldState(after, changing.all, added, changed);
    }

    /** Changes values by what is added to them. At the bound of what is remembered of that, the value is written as a whole, and begins anew. */
    private static final class Changing {
        private final Hlc stamp;
        private final ObjectNode data;
        private final Map<String, Counter> counters;
        private final Map<String, ElementSet> sets;
        private FieldStamps all;

        Changing(
                Hlc stamp,
                ObjectNode data,
                FieldStamps all,
                Map<String, Counter> counters,
                Map<String, ElementSet> sets) {
            this.stamp = stamp;
            this.data = data;
            this.all = all;
            this.counters = counters;
            this.sets = sets;
        }

        void change(String field, FieldChange change) {
            if (change instanceof FieldChange.Increment increment) {
                increment(field, increment.by());
            } else if (change instanceof FieldChange.Elements elements) {
                elements(field, elements);
            }
        }

        private void increment(String field, BigDecimal by) {
            Counter counter = counters.getOrDefault(field, Counter.none(all.of(field)));
            data.set(field, FieldChange.number(numberOf(data.get(field)).add(by)));
            sets.remove(field);
            boolean hasRoom =
                    counter.add().size() < Counter.MOST_NODES || counter.add().containsKey(stamp.nodeId());
            Counter more = counter.plus(stamp.nodeId(), by);
            if (hasRoom && more.isTakenOf(stamp.nodeId())) {
                counters.put(field, more);
                all = all.changed(field);
            } else {
                counters.remove(field);
                all = all.written(stamp, List.of(field), List.of());
            }
        }

        private void elements(String field, FieldChange.Elements elements) {
            ElementSet set = sets.getOrDefault(field, ElementSet.none(all.of(field)));
            for (Map.Entry<JsonNode, Boolean> each : elements.in().entrySet()) {
                set = set.with(PeerPayloads.canonical(each.getKey()), new ElementSet.Item(stamp, each.getValue()));
            }
            data.set(field, set.over(set.base(listOf(data.get(field)))));
            counters.remove(field);
            if (set.items().size() > ElementSet.MOST_ITEMS) {
                sets.remove(field);
                all = all.written(stamp, List.of(field), List.of());
            } else {
                sets.put(field, set);
                all = all.changed(field);
            }
        }
    }

    /**
     * The same with other stamps.
     *
     * @param other the stamps
     * @return a changed copy
     */
    public FieldState stamped(FieldStamps other) {
        return new FieldState(data, other, counters, sets);
    }

    /**
     * A write that changes some stamps, and no value.
     *
     * @param stamp its stamp
     * @param which the stamps that it takes the place of
     * @return the state after it
     */
    public FieldState stampedAgain(Hlc stamp, Predicate<Hlc> which) {
        Map<String, Counter> added = new TreeMap<>(counters);
        added.values().removeIf(counter -> which.test(counter.of())); // Its value is a plain one of now.
        Map<String, ElementSet> changed = new TreeMap<>(sets);
        changed.values().removeIf(set -> which.test(set.of()));
        changed.replaceAll((field, set) -> set.stampedAgain(stamp, which));
        FieldState again = new FieldState(data, stamps.stampedAgain(stamp, which), added, changed);
        Map<String, JsonNode> others = again.contradictions(); // Lists are in the order of these stamps.
        if (others.isEmpty()) {
            return again;
        }
        ObjectNode ordered = data.deepCopy();
        ordered.setAll(others);
        return new FieldState(ordered, again.stamps, added, changed);
    }

    /** {@return the fields whose stamps something refers to} */
    public Set<String> changedFields() {
        Set<String> fields = new HashSet<>(counters.keySet());
        fields.addAll(sets.keySet());
        return fields;
    }

    /**
     * The record without what one store has written last, which nobody was told.
     *
     * @param written the record as the last write that is taken back left it
     * @param before the record before the first one, or {@code null} if there was none
     * @return the state; {@code null} if nothing is left
     */
    public @Nullable FieldState without(FieldState written, @Nullable FieldState before) {
        Hlc last = written.stamps.latest();
        Hlc since = before == null ? null : before.stamps.latest();
        Predicate<Hlc> undone =
                stamp -> stamp.nodeId().equals(last.nodeId()) && !stamp.isAfter(last) && stamp.isAfter(since);
        Hlc start = before == null ? new Hlc(0, 0, "-") : before.stamps.rest();
        Map<String, Hlc> named = new TreeMap<>(stamps.named());
        named.values().removeIf(undone);
        Set<String> present = new LinkedHashSet<>(stamps.present());
        present.retainAll(named.keySet());
        Hlc rest = undone.test(stamps.rest()) ? start : stamps.rest();
        Hlc latest = undone.test(stamps.latest())
                ? named.values().stream().reduce(rest, (one, other) -> one.isAfter(other) ? one : other)
                : stamps.latest();
        ObjectNode left = data.deepCopy();
        stamps.present().stream().filter(field -> !present.contains(field)).forEach(left::remove);
        Map<String, Counter> added = new TreeMap<>(counters);
        added.keySet().retainAll(present);
        added.replaceAll((field, counter) -> {
            Counter without = counter.without(
                    last.nodeId(), written.counters.get(field), before == null ? null : before.counters.get(field));
            left.set(
                    field,
                    FieldChange.number(
                            numberOf(left.get(field)).subtract(counter.sum()).add(without.sum())));
            return without;
        });
        Map<String, ElementSet> changed = new TreeMap<>(sets);
        changed.keySet().retainAll(present);
        changed.replaceAll((field, set) -> {
            ElementSet without = set.without(undone, before == null ? null : before.sets.get(field));
            JsonNode list = before != null && before.stamps.of(field).equals(set.of())
                    ? before.data.get(field)
                    : left.get(field);
            left.set(field, without.over(without.base(listOf(list))));
            return without;
        });
        if (before == null) {
            return present.isEmpty()
                    ? null
                    : new FieldState(left, FieldStamps.of(latest, rest, true, named, present), added, changed);
        }
        return new FieldState(left, FieldStamps.of(latest, rest, true, named, present), added, changed).merge(before);
    }

    // ---- as it is kept and sent ----

    /**
     * The fields that show something else than what was put into them and taken out of them, or added to them: no store writes such a record, but
     * somebody may, and whoever merged it would show another one than who did not.
     *
     * @return what they must be
     */
    public Map<String, JsonNode> contradictions() {
        Map<String, JsonNode> others = new TreeMap<>();
        sets.forEach((field, set) -> {
            JsonNode must = set.over(set.base(listOf(data.get(field))));
            if (!must.equals(data.get(field))) {
                others.put(field, must);
            }
        });
        counters.forEach((field, counter) -> {
            JsonNode value = data.get(field);
            if (value == null || !Counter.isResult(value)) {
                others.put(field, FieldChange.number(counter.sum()));
            }
        });
        return others;
    }

    /**
     * {@return this as a record, UTF-8 JSON, with its stamp as its last field}
     */
    public byte[] toBytes() {
        ObjectNode record = data.deepCopy();
        ObjectNode older = stamps.toJson();
        if (older != null) {
            record.set(Bookkeeping.STAMPS, older);
        }
        if (!counters.isEmpty()) {
            record.set(Bookkeeping.COUNTERS, countersJson());
        }
        if (!sets.isEmpty()) {
            record.set(Bookkeeping.SETS, setsJson());
        }
        return PeerPayloads.stamped(Json.write(record), stamps.latest());
    }

    private ObjectNode countersJson() {
        ObjectNode json = Json.object();
        counters.forEach((field, counter) -> json.set(field, counter.toJson()));
        return json;
    }

    private ObjectNode results() {
        ObjectNode results = Json.object();
        changedFields().stream().sorted().forEach(field -> {
            JsonNode value = data.get(field);
            if (value != null) {
                results.set(field, value);
            }
        });
        return results;
    }

    private ObjectNode setsJson() {
        ObjectNode json = Json.object();
        sets.forEach((field, set) -> json.set(field, set.toJson()));
        return json;
    }

    /**
     * What tells two states with one {@code _hlc} apart (protocol section 5.4): of the canonical text of what they carry beside their fields, and of
     * the fields that hold results, which somebody may have written otherwise.
     *
     * @return twelve characters; {@code null} for a record whose fields all have its own stamp
     */
    public @Nullable String sum() {
        ObjectNode older = stamps.toJson();
        if (older == null && !hasChanges()) {
            return null;
        }
        String text = (older == null ? "" : PeerPayloads.canonical(older))
                + (counters.isEmpty() ? "" : PeerPayloads.canonical(countersJson()))
                + (sets.isEmpty() ? "" : PeerPayloads.canonical(setsJson()))
                + (hasChanges() ? PeerPayloads.canonical(results()) : "");
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, SUM_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }
}
