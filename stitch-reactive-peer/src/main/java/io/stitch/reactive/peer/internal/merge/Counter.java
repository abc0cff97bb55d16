package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was added to a number since it was last written as a whole: a PN-counter (M. Shapiro, N. Preguiça, C. Baquero and M. Zawirski, "A
 * comprehensive study of Convergent and Commutative Replicated Data Types", INRIA RR-7506, 2011, specification 7). Each node has two sums that only
 * grow, so that of two states the larger of each is the newer. Immutable.
 *
 * @param of the stamp of the plain value that it is added to
 * @param add what each node added and took away
 */
record Counter(Hlc of, Map<String, Sums> add) {
    /** How many nodes may have added something. */
    static final int MOST_NODES = 1_000;

    /**
     * The sums of one node.
     *
     * @param plus what it added, 0 or more
     * @param minus what it took away, 0 or more
     */
    record Sums(BigDecimal plus, BigDecimal minus) {
        static final Sums NONE = new Sums(BigDecimal.ZERO, BigDecimal.ZERO);

        Sums plus(BigDecimal n) {
            return n.signum() < 0 ? new Sums(plus, minus.subtract(n)) : new Sums(plus.add(n), minus);
        }

        Sums max(Sums other) {
            return new Sums(plus.max(other.plus), minus.max(other.minus));
        }

        boolean isSame(@Nullable Sums other) {
            return other != null && plus.compareTo(other.plus) == 0 && minus.compareTo(other.minus) == 0;
        }
    }

    static Counter none(Hlc of) {
        return new Counter(of, Map.of());
    }

    Counter plus(String node, BigDecimal n) {
        Map<String, Sums> after = new TreeMap<>(add);
        after.put(node, add.getOrDefault(node, Sums.NONE).plus(n));
        return new Counter(of, after);
    }

    /** The same without what a node has added between two earlier states. */
    Counter without(String node, @Nullable Counter later, @Nullable Counter before) {
        Sums now = add.get(node);
        if (now == null || later == null || !later.of.equals(of)) {
            return this;
        }
        Sums last = later.add.getOrDefault(node, Sums.NONE);
        Sums first = before == null || !before.of.equals(of) ? Sums.NONE : before.add.getOrDefault(node, Sums.NONE);
        Sums left = new Sums(
                now.plus.subtract(last.plus).add(first.plus),
                now.minus.subtract(last.minus).add(first.minus));
        Map<String, Sums> after = new TreeMap<>(add);
        if (left.plus.signum() <= 0 && left.minus.signum() <= 0) {
            after.remove(node);
        } else {
            after.put(node, left);
        }
        return new Counter(of, after);
    }

    /** Together with another one of the same plain value. */
    Counter merge(Counter other) {
        Map<String, Sums> after = new TreeMap<>(add);
        other.add.forEach((node, sums) -> after.merge(node, sums, Sums::max));
        return new Counter(of, after);
    }

    BigDecimal sum() {
        BigDecimal sum = BigDecimal.ZERO;
        for (Sums each : add.values()) {
            sum = sum.add(each.plus).subtract(each.minus);
        }
        return sum;
    }

    boolean isSame(@Nullable Counter other) {
        return other != null
                && of.equals(other.of)
                && add.keySet().equals(other.add.keySet())
                && add.entrySet().stream().allMatch(each -> each.getValue().isSame(other.add.get(each.getKey())));
    }

    ObjectNode toJson() {
        ObjectNode json = Json.object().put("of", of.text());
        ObjectNode nodes = json.putObject("add");
        add.forEach((node, sums) ->
                nodes.putArray(node).add(FieldChange.number(sums.plus)).add(FieldChange.number(sums.minus)));
        return json;
    }

    /** Reads what was checked by {@link BookkeepingRules}; what breaks a rule is left out. */
    static @Nullable Counter read(JsonNode json) {
        Hlc of = Hlc.parse(json.path("of").asString(""));
        if (of == null) {
            return null;
        }
        Map<String, Sums> add = new TreeMap<>();
        json.path("add").properties().forEach(node -> {
            JsonNode sums = node.getValue();
            if (isSum(sums.path(0)) && isSum(sums.path(1))) {
                add.put(
                        node.getKey(),
                        new Sums(sums.path(0).decimalValue(), sums.path(1).decimalValue()));
            }
        });
        return new Counter(of, add);
    }

    /** Whether others take what a node added, as {@link BookkeepingRules} has it. */
    boolean isTakenOf(String node) {
        Sums sums = add.getOrDefault(node, Sums.NONE);
        return isSum(FieldChange.number(sums.plus)) && isSum(FieldChange.number(sums.minus));
    }

    /** What a field counts as where it is added to. */
    static BigDecimal valueOf(@Nullable JsonNode value) {
        return value != null && isResult(value) ? value.decimalValue() : BigDecimal.ZERO;
    }

    static boolean isSum(JsonNode number) {
        return isNumber(number) && number.decimalValue().signum() >= 0;
    }

    /** Whether it can be added to. */
    static boolean isNumber(JsonNode value) {
        return FieldChange.isNumber(value, FieldChange.MOST_DIGITS);
    }

    /** Whether it may be the sum of such numbers, of which each has others of its digits. */
    static boolean isResult(JsonNode value) {
        return FieldChange.isNumber(value, MOST_DIGITS_OF_RESULTS);
    }

    /** 400 before the point and 200 after it, and what very many of them add to that; less than JSON is read with. */
    private static final int MOST_DIGITS_OF_RESULTS = 700;
}
