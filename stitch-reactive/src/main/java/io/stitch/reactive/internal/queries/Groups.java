package io.stitch.reactive.internal.queries;

import io.stitch.reactive.QueryGroup;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.RecordKey;
import tools.jackson.databind.JsonNode;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How many entries have each value. Immutable, as the index is.
 *
 * @param counts a group for each value, in the order of values
 */
record Groups(Ranked<QueryGroup> counts) {
    static final Groups NONE = new Groups(Ranked.empty((one, other) -> compare(one.value(), other.value())));

    /** Tells apart what {@link FieldOrder} does not: nothing, null, and what is an object or an array. */
    private static int compare(JsonNode one, JsonNode other) {
        int compared = FieldOrder.compare(one, other);
        if (compared != 0 || FieldOrder.kind(one) != FieldOrder.OTHER) {
            return compared;
        }
        int states = Integer.compare(state(one), state(other));
        return states != 0 || !one.isContainer() ? states : RecordKey.compareTexts(one.toString(), other.toString());
    }

    private static int state(JsonNode value) {
        return value.isMissingNode() ? 0 : value.isNull() ? 1 : 2;
    }

    static boolean isSame(JsonNode one, JsonNode other) {
        return compare(one, other) == 0;
    }

    /** {@return whether others have other values or counts} */
    boolean differFrom(Groups others) {
        AtomicBoolean differ = new AtomicBoolean();
        counts.differences(others.counts, new Ranked.Differences<>() {
            @Override
            public void gone(QueryGroup group) {
                differ.set(true);
            }

            @Override
            public void come(QueryGroup group) {
                differ.set(true);
            }

            @Override
            public void replaced(QueryGroup one, QueryGroup other) {
                if (one.count() != other.count()) {
                    differ.set(true);
                }
            }
        });
        return differ.get();
    }

    Groups with(JsonNode value) {
        QueryGroup one = new QueryGroup(value, 1);
        QueryGroup before = counts.find(one);
        return new Groups(counts.with(before == null ? one : new QueryGroup(before.value(), before.count() + 1)));
    }

    Groups without(JsonNode value) {
        QueryGroup one = new QueryGroup(value, 1);
        QueryGroup before = counts.find(one);
        if (before == null || before.count() == 1) {
            return new Groups(counts.without(one));
        }
        return new Groups(counts.with(new QueryGroup(before.value(), before.count() - 1)));
    }

    List<QueryGroup> list() {
        // Whoever gets an object or an array could change it.
        return new PartList<>(
                Part.of(counts, 0, Integer.MAX_VALUE),
                group -> group.value().isContainer()
                        ? new QueryGroup(group.value().deepCopy(), group.count())
                        : group);
    }
}
