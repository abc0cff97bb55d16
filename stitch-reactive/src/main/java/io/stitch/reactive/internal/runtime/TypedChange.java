package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.wire.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Carries what changed in a Java object over to its record, which may have fields, at any depth, that the Java type does not know.
 * Pure.
 *
 * <p>Three trees go side by side: the record as it is held, the same as the Java type writes it, and the changed object as the
 * type writes it. What the last two agree on was not changed and stays as it is held, to the digit.
 */
final class TypedChange {
    /** Above it, only elements at their old places are recognised: looking for each among all would take too long. */
    private static final int MAX_SEARCHED = 1_000;

    private TypedChange() {}

    /** The fields to merge into the record. */
    static ObjectNode patch(ObjectNode held, ObjectNode before, ObjectNode after) {
        ObjectNode patch = Json.object();
        carry(held, before, after, patch);
        before.properties().forEach(field -> {
            if (!field.getValue().isNull() && !after.has(field.getKey())) {
                patch.putNull(field.getKey());
            }
        });
        return patch;
    }

    /** Sets in an object the fields that are not what they were before. */
    private static void carry(ObjectNode held, ObjectNode before, ObjectNode after, ObjectNode into) {
        after.properties().forEach(field -> {
            JsonNode was = before.path(field.getKey());
            if (!isSame(was, field.getValue())) {
                into.set(field.getKey(), carried(held.path(field.getKey()), was, field.getValue()));
            }
        });
    }

    private static JsonNode carried(JsonNode held, JsonNode before, JsonNode after) {
        if (held instanceof ObjectNode heldFields
                && before instanceof ObjectNode knownFields
                && after instanceof ObjectNode newFields) {
            return merged(heldFields, knownFields, newFields);
        }
        if (held instanceof ArrayNode heldList
                && before instanceof ArrayNode knownList
                && after instanceof ArrayNode newList
                && isAligned(heldList, knownList)) {
            return merged(heldList, knownList, newList);
        }
        return after;
    }

    private static ObjectNode merged(ObjectNode held, ObjectNode before, ObjectNode after) {
        ObjectNode result = held.deepCopy();
        carry(held, before, after, result);
        before.properties().forEach(field -> {
            if (!after.has(field.getKey())) {
                result.remove(field.getKey());
            }
        });
        return result;
    }

    private static ArrayNode merged(ArrayNode held, ArrayNode before, ArrayNode after) {
        int[] origins = origins(before, after);
        ArrayNode result = after.arrayNode();
        for (int i = 0; i < origins.length; i++) {
            int origin = origins[i];
            JsonNode element = after.get(i);
            if (origin < 0) {
                result.add(element);
            } else if (before.get(origin).equals(element)) {
                result.add(held.get(origin));
            } else {
                result.add(carried(held.get(origin), before.get(origin), element));
            }
        }
        return result;
    }

    /** For each element of the new list, which of the old ones it was, or -1. */
    private static int[] origins(ArrayNode before, ArrayNode after) {
        int[] origins = new int[after.size()];
        Arrays.fill(origins, -1);
        boolean[] taken = new boolean[before.size()];
        for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
            if (before.get(i).equals(after.get(i))) {
                origins[i] = i;
                taken[i] = true;
            }
        }
        find(before, after, origins, taken, element -> element);
        find(before, after, origins, taken, element -> element.path("id"));
        if (before.size() == after.size()) {
            for (int i = 0; i < origins.length; i++) {
                if (origins[i] < 0 && !taken[i] && !haveOtherIds(before.get(i), after.get(i))) {
                    origins[i] = i;
                }
            }
        }
        return origins;
    }

    /** Finds what has moved by something that tells elements apart. */
    private static void find(
            ArrayNode before, ArrayNode after, int[] origins, boolean[] taken, Function<JsonNode, JsonNode> mark) {
        Map<JsonNode, Deque<Integer>> places = new HashMap<>();
        for (int j = 0; j < taken.length; j++) {
            if (!taken[j]) {
                places.computeIfAbsent(mark.apply(before.get(j)), same -> new ArrayDeque<>())
                        .add(j);
            }
        }
        for (int i = 0; i < origins.length; i++) {
            JsonNode wanted = mark.apply(after.get(i));
            Deque<Integer> found = origins[i] < 0 && !wanted.isMissingNode() ? places.get(wanted) : null;
            if (found != null && !found.isEmpty()) {
                origins[i] = found.remove();
                taken[origins[i]] = true;
            }
        }
    }

    private static boolean haveOtherIds(JsonNode one, JsonNode other) {
        return !one.path("id").equals(other.path("id"));
    }

    /** Whether the type wrote a list's elements in the order in which it read them, which a set does not. */
    private static boolean isAligned(ArrayNode held, ArrayNode before) {
        if (held.size() != before.size()) {
            return false;
        }
        List<Integer> unlike = new ArrayList<>();
        for (int i = 0; i < held.size(); i++) {
            if (!isSeenAs(held.get(i), before.get(i))) {
                unlike.add(i);
            }
        }
        if (unlike.isEmpty() || held.size() > MAX_SEARCHED) {
            return unlike.isEmpty();
        }
        // An element that looks different may be one that the type changes when it reads it. If another one looks like
        // it, it moved.
        return unlike.stream()
                .map(before::get)
                .noneMatch(element -> held.values().stream().anyMatch(each -> isSeenAs(each, element)));
    }

    /** Whether what is held looks like this through a type that may know fewer fields. */
    private static boolean isSeenAs(JsonNode held, JsonNode known) {
        if (known instanceof ObjectNode fields) {
            return held.isObject()
                    && fields.properties().stream()
                            .allMatch(field -> isSeenAs(held.path(field.getKey()), field.getValue()));
        }
        if (known instanceof ArrayNode list) {
            return held.isArray()
                    && held.size() == list.size()
                    && IntStream.range(0, list.size()).allMatch(i -> isSeenAs(held.get(i), list.get(i)));
        }
        return isSame(held, known);
    }

    private static boolean isSame(JsonNode one, JsonNode other) {
        return Merge.sameValue(one, other);
    }
}
