package io.stitch.reactive.spi;

import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.spi.ListRequest.Filter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Answers a list request by looking at each record: plain, so that others can be measured against it. */
final class ListEvaluation {
    private final ListRequest request;

    private record Row(StoredRecord record, ObjectNode data) {}

    ListEvaluation(ListRequest request) {
        this.request = request;
    }

    List<StoredRecord> of(Collection<StoredRecord> records) {
        return records.stream()
                .filter(record -> record.entity().equals(request.entity()))
                .map(record -> new Row(record, RecordJson.read(record.json())))
                .filter(row -> request.filters().stream().allMatch(filter -> matches(filter, row.data())))
                .sorted(order())
                .skip(request.offset())
                .limit(request.limit())
                .map(row -> request.projected(row.record(), row.data()))
                .toList();
    }

    private Comparator<Row> order() {
        Comparator<Row> order = Comparator.comparing(row -> row.record().key());
        for (int i = request.sorts().size() - 1; i >= 0; i--) {
            Sort sort = request.sorts().get(i);
            Comparator<Row> before = (one, other) ->
                    compareAny(one.data().path(sort.field()), other.data().path(sort.field()));
            order = (sort.ascending() ? before : before.reversed()).thenComparing(order);
        }
        return order;
    }

    private static boolean matches(Filter filter, ObjectNode data) {
        JsonNode held = data.path(filter.field());
        JsonNode value = filter.value();
        if (held.isMissingNode()) {
            return false;
        }
        return switch (filter.operator()) {
            case EQ -> isEqual(held, value);
            case NEQ -> !isEqual(held, value);
            case LT -> rank(held) == rank(value) && compareAny(held, value) < 0;
            case LTE -> rank(held) == rank(value) && compareAny(held, value) <= 0;
            case GT -> rank(held) == rank(value) && compareAny(held, value) > 0;
            case GTE -> rank(held) == rank(value) && compareAny(held, value) >= 0;
            case IN -> value.values().stream().anyMatch(each -> isEqual(held, each));
            case LIKE ->
                held.isString()
                        && pattern(value.stringValue())
                                .matcher(held.stringValue())
                                .matches();
            case IS_NULL -> held.isNull();
            case IS_NOT_NULL -> !held.isNull();
        };
    }

    private static Pattern pattern(String wildcards) {
        return Pattern.compile(
                List.of(wildcards.split("\\*", -1)).stream().map(Pattern::quote).collect(Collectors.joining(".*")),
                Pattern.DOTALL);
    }

    private static boolean isEqual(JsonNode one, JsonNode other) {
        return rank(one) == rank(other) && compareAny(one, other) == 0;
    }

    private static int rank(JsonNode value) {
        if (value.isBoolean()) {
            return 1;
        }
        if (value.isNumber()) {
            return 2;
        }
        return value.isString() ? 3 : 0;
    }

    private static int compareAny(JsonNode one, JsonNode other) {
        int ranks = Integer.compare(rank(one), rank(other));
        if (ranks != 0) {
            return ranks;
        }
        return switch (rank(one)) {
            case 1 -> Boolean.compare(one.booleanValue(), other.booleanValue());
            case 2 -> compareNumbers(RecordJson.toDouble(one), RecordJson.toDouble(other));
            case 3 -> RecordKey.compareTexts(one.stringValue(), other.stringValue());
            default -> 0;
        };
    }

    /** Without a difference between the two zeros. */
    private static int compareNumbers(double one, double other) {
        return Double.compare(one + 0.0, other + 0.0);
    }
}
