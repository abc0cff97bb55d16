package io.stitch.reactive;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Filters and orders mean the same wherever they are evaluated: in a plain model, in a live query, and on the reference server. (The persistences
 * are compared with one another in the H2 module.)
 */
class OneOrderTest {
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final StitchSchema SCHEMA = StitchSchema.root(EntityType.json("project"))
            .child(TASK, "projectId")
            .build();
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-0.0",
            "1",
            "1.0",
            "-2.5",
            "1e3",
            "9007199254740992",
            "9007199254740993",
            "0.125",
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "\"a*b\"",
            "\"Z\"",
            "\"z\uD83D\uDE80\"",
            "\"z\uFFEE\"",
            "[1]",
            "{\"x\":1}");
    private static final List<String> FIELDS = List.of("x", "y");

    private static final StitchServer SERVER = StitchServer.start(StitchServerOptions.defaults());
    private static final List<ObjectNode> RECORDS = new ArrayList<>();
    private static final Random RANDOM = new Random(4_711);

    @BeforeAll
    static void fill() {
        SERVER.put("project", "{\"id\":\"p1\"}");
        for (int i = 0; i < 80; i++) {
            StringBuilder json = new StringBuilder("{\"id\":\"t%02d\",\"projectId\":\"p1\"".formatted(i));
            for (String field : FIELDS) {
                if (RANDOM.nextInt(8) != 0) {
                    json.append(",\"").append(field).append("\":").append(one(VALUES));
                }
            }
            SERVER.put("task", json.append('}').toString());
            RECORDS.add(Json.readObject(json.toString().getBytes(StandardCharsets.UTF_8)));
        }
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private static <T> T one(List<T> of) {
        return of.get(RANDOM.nextInt(of.size()));
    }

    /** The reference server, like a real one, compares no booleans by order. */
    private static ListQuery query() {
        ListQuery query = ListQuery.all().where("projectId", Operator.EQ, "p1");
        if (RANDOM.nextInt(3) != 0) {
            for (ListQuery.Filter each : filters(1)) {
                query = query.where(each.field(), each.operator(), each.value());
            }
        }
        if (RANDOM.nextInt(3) == 0) {
            query = query.whereAny(filters(1 + RANDOM.nextInt(3)));
        }
        for (int i = RANDOM.nextInt(3); i > 0; i--) {
            query = query.sortBy(one(FIELDS), RANDOM.nextBoolean());
        }
        return RANDOM.nextBoolean() ? query : query.page(RANDOM.nextInt(20), 1 + RANDOM.nextInt(30));
    }

    private static List<ListQuery.Filter> filters(int most) {
        List<ListQuery.Filter> filters = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            Operator operator = one(List.of(Operator.values()));
            JsonNode value = Json.read(one(VALUES).getBytes(StandardCharsets.UTF_8));
            Object wanted = switch (operator) {
                case IS_NULL, IS_NOT_NULL -> null;
                case LIKE -> one(List.of("a*", "*b", "*", "a*b", "Z"));
                case CONTAINS -> one(List.of("", "A", "b", "*", "z", "\uFFEE"));
                case IN -> List.of(1, "a", true, new BigDecimal("-2.50"));
                default -> {
                    boolean ordered = operator != Operator.EQ && operator != Operator.NEQ;
                    yield value.isString() || value.isNumber() || (value.isBoolean() && !ordered) ? plain(value) : "a";
                }
            };
            filters.add(new ListQuery.Filter(one(FIELDS), operator, wanted));
        }
        return filters;
    }

    private static Object plain(JsonNode value) {
        return value.isString() ? value.stringValue() : value.isBoolean() ? value.booleanValue() : value.decimalValue();
    }

    @Test
    void aLiveQueryAndTheServersListAreWhatAPlainModelSays() {
        StitchStore store = Board.connect(StitchStore.builder().schema(SCHEMA).remote(RemoteOptions.to(SERVER.url())));
        Scope scope = store.openScope("p1");
        scope.records(TASK).filter(tasks -> tasks.size() == RECORDS.size()).blockFirst(LIMIT);
        for (int i = 0; i < 250; i++) {
            ListQuery query = query();
            String asked = query.filters() + " " + query.alternatives() + " " + query.sorts() + " " + query.offset()
                    + " " + query.limit();
            List<String> expected = model(query);

            assertThat(ids(Objects.requireNonNull(scope.query(TASK, query).blockFirst(LIMIT))
                            .records()))
                    .as("live: %s", asked)
                    .isEqualTo(expected);
            assertThat(ids(Objects.requireNonNull(store.list(TASK, query).block(LIMIT))))
                    .as("server: %s", asked)
                    .isEqualTo(expected);
        }
        Board.close(store);
    }

    private static List<String> ids(List<ObjectNode> records) {
        return records.stream().map(record -> record.path("id").asString()).collect(Collectors.toList());
    }

    // ---- the model: as the guide says it, and as plainly as can be ----

    private static List<String> model(ListQuery query) {
        Comparator<ObjectNode> order = (one, other) -> {
            for (Sort sort : query.sorts()) {
                int compared = compared(one.path(sort.field()), other.path(sort.field()));
                if (compared != 0) {
                    return sort.ascending() ? compared : -compared;
                }
            }
            return one.path("id").asString().compareTo(other.path("id").asString());
        };
        return RECORDS.stream()
                .filter(record -> query.filters().stream().allMatch(filter -> passes(filter, record)))
                .filter(record -> query.alternatives().stream()
                        .allMatch(choice -> choice.stream().anyMatch(filter -> passes(filter, record))))
                .sorted(order)
                .skip(query.offset())
                .limit(query.limit().orElse(Integer.MAX_VALUE))
                .map(record -> record.path("id").asString())
                .collect(Collectors.toList());
    }

    private static boolean passes(ListQuery.Filter filter, ObjectNode record) {
        JsonNode held = record.path(filter.field());
        if (held.isMissingNode()) {
            return false;
        }
        if (filter.operator() == Operator.IS_NULL || filter.operator() == Operator.IS_NOT_NULL) {
            return held.isNull() == (filter.operator() == Operator.IS_NULL);
        }
        JsonNode wanted = Json.mapper().valueToTree(filter.value());
        boolean alike = rank(held) == rank(wanted);
        return switch (filter.operator()) {
            case EQ -> alike && compared(held, wanted) == 0;
            case NEQ -> !alike || compared(held, wanted) != 0;
            case LT -> alike && compared(held, wanted) < 0;
            case LTE -> alike && compared(held, wanted) <= 0;
            case GT -> alike && compared(held, wanted) > 0;
            case GTE -> alike && compared(held, wanted) >= 0;
            case IN -> wanted.valueStream().anyMatch(each -> rank(held) == rank(each) && compared(held, each) == 0);
            case LIKE ->
                held.isString()
                        && held.stringValue()
                                .matches(wanted.stringValue()
                                        .chars()
                                        .mapToObj(c -> c == '*' ? "(?s:.*)" : "\\Q" + (char) c + "\\E")
                                        .collect(Collectors.joining()));
            case CONTAINS -> held.isString() && isFound(held.stringValue(), wanted.stringValue());
            default -> throw new IllegalStateException("no such operator: " + filter.operator());
        };
    }

    private static boolean isFound(String text, String part) {
        return IntStream.rangeClosed(0, text.length() - part.length())
                .anyMatch(at -> text.regionMatches(true, at, part, 0, part.length()));
    }

    private static int rank(JsonNode value) {
        return value.isBoolean() ? 1 : value.isNumber() ? 2 : value.isString() ? 3 : 0;
    }

    private static int compared(JsonNode one, JsonNode other) {
        if (rank(one) != rank(other)) {
            return rank(one) - rank(other);
        }
        return switch (rank(one)) {
            case 1 -> Boolean.compare(one.booleanValue(), other.booleanValue());
            case 2 -> FieldOrder.number(one).compareTo(FieldOrder.number(other));
            case 3 -> {
                int[] left = one.stringValue().codePoints().toArray();
                int[] right = other.stringValue().codePoints().toArray();
                yield Arrays.compare(left, right);
            }
            default -> 0;
        };
    }
}
