package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashSet;
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

    ObjectNode data() {
        return data;
    }

    Map<String, Counter> counters() {
        return counters;
    }

    Map<String, ElementSet> sets() {
        return sets;
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
        FieldState both = FieldMerging.merged(this, other);
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
        return FieldWriting.written(this, stamp, fields, changes);
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
                    FieldChange.number(Counter.valueOf(left.get(field))
                            .subtract(counter.sum())
                            .add(without.sum())));
            return without;
        });
        Map<String, ElementSet> changed = new TreeMap<>(sets);
        changed.keySet().retainAll(present);
        changed.replaceAll((field, set) -> {
            ElementSet without = set.without(undone, before == null ? null : before.sets.get(field));
            JsonNode list = before != null && before.stamps.of(field).equals(set.of())
                    ? before.data.get(field)
                    : left.get(field);
            left.set(field, without.over(without.base(ElementSet.listOf(list))));
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
            JsonNode must = set.over(set.base(ElementSet.listOf(data.get(field))));
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
