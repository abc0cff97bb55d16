package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A list request: filters, sort, limit, offset and projection. What is not understood is ignored. What would be compared with each record
 * has bounds, because everybody waits meanwhile: a request has room for millions of each.
 */
final class ListQuery {
    private static final int CUT = 10_000;
    private static final int MAX_FILTERS = 16;
    private static final int MAX_SORTS = 4;
    private static final int MAX_IN = 1_000_000;
    private static final int MAX_PATTERN = 4_096;
    private static final int MAX_PROJECTION = 1_000;
    private final ObjectNode request;

    ListQuery(ObjectNode request) {
        this.request = request;
    }

    ArrayNode run(Stream<ObjectNode> records) {
        ArrayNode result = Json.NODES.arrayNode();
        checkProjection(request.path("projection"));
        Stream<ObjectNode> matching = records.filter(filter());
        Comparator<ObjectNode> order = order();
        Stream<ObjectNode> cut = matching.limit(CUT);
        // The cut comes before the sort and before the offset: that is what real servers do.
        (order == null ? cut : cut.sorted(order))
                .skip(Math.max(0, request.path("offset").asLong(0)))
                .limit(Math.max(0, request.path("limit").asLong(CUT)))
                .forEach(each -> result.add(project(request.path("projection"), each)));
        return result;
    }

    /** Refuses a projection of more fields than anybody has. */
    static void checkProjection(JsonNode projection) {
        if (projection.size() > MAX_PROJECTION) {
            throw tooMany("a projection", MAX_PROJECTION, "fields");
        }
    }

    private static Refusal tooMany(String what, int most, String ofWhat) {
        return new Refusal(400, "invalid list: " + what + " has at most " + most + " " + ofWhat);
    }

    static ObjectNode project(JsonNode projection, ObjectNode data) {
        if (!projection.isArray() || projection.isEmpty()) {
            return data;
        }
        ObjectNode result = Json.object().set("id", data.path("id"));
        for (JsonNode field : projection) {
            JsonNode value = data.get(field.asString(""));
            if (value != null) {
                result.set(field.asString(""), value);
            }
        }
        return Json.sorted(result);
    }

    private Predicate<ObjectNode> filter() {
        JsonNode filters = request.path("filters");
        List<Predicate<ObjectNode>> parts = new ArrayList<>();
        if (!filters.isArray() || filters.size() > MAX_FILTERS) {
            return record -> true;
        }
        for (JsonNode filter : filters) {
            Predicate<JsonNode> test = test(filter.path("op").asString(""), filter.path("value"));
            String field = filter.path("field").asString("");
            if (test == null || field.isEmpty() || !filter.has("value")) {
                return record -> true;
            }
            parts.add(record -> {
                JsonNode value = record.get(field);
                return value != null && test.test(value);
            });
        }
        return record -> parts.stream().allMatch(part -> part.test(record));
    }

    private static @Nullable Predicate<JsonNode> test(String operator, JsonNode wanted) {
        return switch (operator) {
            case "eq" -> value -> equal(value, wanted);
            case "neq" -> value -> !equal(value, wanted);
            case "lt" -> value -> comparable(value, wanted) && compare(value, wanted) < 0;
            case "lte" -> value -> comparable(value, wanted) && compare(value, wanted) <= 0;
            case "gt" -> value -> comparable(value, wanted) && compare(value, wanted) > 0;
            case "gte" -> value -> comparable(value, wanted) && compare(value, wanted) >= 0;
            case "in" -> in(wanted);
            case "like" -> like(wanted);
            case "is_null" -> JsonNode::isNull;
            case "is_not_null" -> value -> !value.isNull();
            default -> null;
        };
    }

    private static @Nullable Predicate<JsonNode> like(JsonNode wanted) {
        if (!wanted.isString()) {
            return null;
        }
        if (wanted.asString().length() > MAX_PATTERN) {
            throw tooMany("the pattern of like", MAX_PATTERN, "characters");
        }
        Wildcard pattern = new Wildcard(wanted.asString());
        return value -> value.isString() && pattern.matches(value.asString());
    }

    private static @Nullable Predicate<JsonNode> in(JsonNode wanted) {
        if (!wanted.isArray()) {
            return null;
        }
        if (wanted.size() > MAX_IN) {
            throw tooMany("the list of in", MAX_IN, "values");
        }
        Set<Object> values = wanted.valueStream().map(ListQuery::identity).collect(Collectors.toSet());
        return value -> values.contains(identity(value));
    }

    /** What is the same of all values that are equal. */
    private static Object identity(JsonNode value) {
        return value.isNumber()
                ? value.decimalValue().stripTrailingZeros()
                : value.isString() ? value.asString() : value.isContainer() ? Container.of(value) : value;
    }

    /** A list or an object. That there is an order keeps a set fast whatever somebody chose for its hash. */
    private record Container(String text) implements Comparable<Container> {
        static Container of(JsonNode value) {
            return new Container(
                    value instanceof ObjectNode object ? Json.text(Json.sorted(object)) : Json.text(value));
        }

        @Override
        public int compareTo(Container other) {
            return text.compareTo(other.text);
        }
    }

    private static boolean equal(JsonNode a, JsonNode b) {
        return (a.isNumber() && b.isNumber()) ? compare(a, b) == 0 : a.equals(b);
    }

    private static boolean comparable(JsonNode a, JsonNode b) {
        return a.isNumber() ? b.isNumber() : a.isString() && b.isString();
    }

    private static int compare(JsonNode a, JsonNode b) {
        return a.isNumber()
                ? a.decimalValue().compareTo(b.decimalValue())
                : Utf8.ORDER.compare(a.asString(), b.asString());
    }

    private @Nullable Comparator<ObjectNode> order() {
        JsonNode sorts = request.path("sort");
        Comparator<ObjectNode> result = null;
        if (!sorts.isArray() || sorts.size() > MAX_SORTS) {
            return null;
        }
        for (JsonNode sort : sorts) {
            String field = sort.path("field").asString("");
            Comparator<ObjectNode> next = (a, b) -> order(a.path(field), b.path(field));
            next = switch (sort.path("direction").asString("asc")) {
                case "asc" -> next;
                case "desc" -> next.reversed();
                default -> null;
            };
            if (next == null) {
                return null;
            }
            result = result == null ? next : result.thenComparing(next);
        }
        return result;
    }

    /** As a client orders what it holds itself: what is no scalar, then false and true, then numbers, then texts. */
    private static int order(JsonNode a, JsonNode b) {
        int ranks = Integer.compare(rank(a), rank(b));
        if (ranks != 0) {
            return ranks;
        }
        return a.isBoolean()
                ? Boolean.compare(a.booleanValue(), b.booleanValue())
                : comparable(a, b) ? compare(a, b) : 0;
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
}
