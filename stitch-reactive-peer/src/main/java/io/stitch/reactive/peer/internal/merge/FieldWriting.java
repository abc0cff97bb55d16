package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A write over a state of a record: sets fields, clears them, and changes values by what is added to them. At the bound of what is remembered of
 * that, a value is written as a whole, and begins anew.
 */
final class FieldWriting {
    private final Hlc stamp;
    private final ObjectNode data;
    private final Map<String, Counter> counters;
    private final Map<String, ElementSet> sets;
    private FieldStamps all;

    private FieldWriting(
            Hlc stamp, ObjectNode data, FieldStamps all, Map<String, Counter> counters, Map<String, ElementSet> sets) {
        this.stamp = stamp;
        this.data = data;
        this.all = all;
        this.counters = counters;
        this.sets = sets;
    }

    /** A record after a write, whose stamp is higher: with the fields that it sets, null clearing one, and with what it adds to others. */
    static FieldState written(FieldState before, Hlc stamp, ObjectNode fields, Map<String, FieldChange> changes) {
        ObjectNode after = before.data().deepCopy();
        List<String> set = new ArrayList<>();
        List<String> cleared = new ArrayList<>();
        Map<String, Counter> added = new TreeMap<>(before.counters());
        Map<String, ElementSet> changed = new TreeMap<>(before.sets());
        fields.properties().forEach(each -> {
            boolean clears = each.getValue().isNull();
            boolean plain = before.stamps().named().containsKey(each.getKey())
                    || !before.data().has(each.getKey()); // Else it is one that has no stamp of its own.
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
        FieldWriting changing =
                new FieldWriting(stamp, after, before.stamps().written(stamp, set, cleared), added, changed);
        changes.forEach(changing::change);
        return new FieldState(after, changing.all, added, changed);
    }

    private void change(String field, FieldChange change) {
        if (change instanceof FieldChange.Increment increment) {
            increment(field, increment.by());
        } else if (change instanceof FieldChange.Elements elements) {
            elements(field, elements);
        }
    }

    private void increment(String field, BigDecimal by) {
        Counter counter = counters.getOrDefault(field, Counter.none(all.of(field)));
        data.set(field, FieldChange.number(Counter.valueOf(data.get(field)).add(by)));
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
        data.set(field, set.over(set.base(ElementSet.listOf(data.get(field)))));
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
