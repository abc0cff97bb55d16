package io.stitch.reactive.internal.queries;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryGroup;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.internal.records.Touched.News;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.ListRequest.Filter;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;

/** What is kept up to date by difference is what a list of all records would be, after each batch of changes, and its steps lead there. */
class LiveIndexProperties {
    /** A batch of changes; a record with the text {@code null} is gone. */
    record Change(int id, @Nullable String fields, boolean pending) {}

    record Asked(ListRequest request, @Nullable String groupBy) {}

    @Provide
    Arbitrary<Asked> queries() {
        Arbitrary<List<Filter>> filters = Arbitraries.of(
                        filter("rank", Operator.LT, "3"),
                        filter("rank", Operator.GTE, "2"),
                        filter("rank", Operator.NEQ, "1"),
                        filter("rank", Operator.IS_NULL, "null"),
                        filter("title", Operator.LIKE, "\"a*\""),
                        filter("title", Operator.IN, "[\"a\", \"b\", 1]"),
                        filter("title", Operator.CONTAINS, "\"B\""))
                .list()
                .ofMaxSize(1);
        Arbitrary<List<List<Filter>>> choices = Arbitraries.of(
                        filter("rank", Operator.EQ, "1"),
                        filter("rank", Operator.IS_NULL, "null"),
                        filter("title", Operator.CONTAINS, "\"A\""),
                        filter("id", Operator.LIKE, "\"t1*\""))
                .list()
                .ofMinSize(1)
                .ofMaxSize(2)
                .list()
                .ofMaxSize(2);
        Arbitrary<List<Sort>> sorts = Combinators.combine(
                        Arbitraries.of("rank", "title", "id"), Arbitraries.of(true, false))
                .as(Sort::new)
                .list()
                .ofMaxSize(2);
        Arbitrary<int[]> parts = Arbitraries.oneOf(
                Arbitraries.just(new int[] {0, Integer.MAX_VALUE}),
                Combinators.combine(
                                Arbitraries.integers().between(0, 12),
                                Arbitraries.integers().between(1, 12))
                        .as((offset, limit) -> new int[] {offset, limit}));
        return Combinators.combine(filters, choices, sorts, parts, Arbitraries.of("", "rank", "title"))
                .as((filter, choice, sort, part, group) -> new Asked(
                        new ListRequest("task", filter, choice, sort, List.of(), part[1], part[0]),
                        group.isEmpty() ? null : group));
    }

    private static Filter filter(String field, Operator operator, String value) {
        return new Filter(field, operator, Json.mapper().readTree(value));
    }

    @Provide
    Arbitrary<List<List<Change>>> batches() {
        Arbitrary<String> fields = Combinators.combine(
                        Arbitraries.of(
                                "", "1", "1.0", "2", "2.5", "3", "9007199254740993", "9007199254740992", "null", "[1]"),
                        Arbitraries.of("\"a\"", "\"b\"", "\"ab\"", "\"\uffff\"", "\"\ud83d\ude00\"", "true", "null"))
                .as((rank, title) -> (rank.isEmpty() ? "" : "\"rank\":" + rank + ",") + "\"title\":" + title);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 25), fields.injectNull(0.3), Arbitraries.of(true, false))
                .as(Change::new)
                .list()
                .ofMaxSize(12)
                .list()
                .ofMinSize(1)
                .ofMaxSize(10);
    }

    @Property(tries = 1_500)
    void isTheListOfAllRecords(
            @ForAll("queries") Asked asked, @ForAll("batches") @Size(min = 1) List<List<Change>> batches) {
        LiveIndex<String> index = new LiveIndex<>(asked.request(), asked.groupBy(), true, new Texts());
        Map<RecordKey, Held> held = new HashMap<>();
        List<RecordRow<String>> drawn = new ArrayList<>();
        Seen last = null;
        for (List<Change> batch : batches) {
            Map<RecordKey, Optional<Held>> changed = new LinkedHashMap<>();
            for (Change change : batch) {
                RecordKey key = new RecordKey("task", "t" + change.id());
                changed.put(key, Optional.ofNullable(held(key, change)));
            }
            changed.forEach((key, now) -> now.ifPresentOrElse(record -> held.put(key, record), () -> held.remove(key)));
            Result<String> result =
                    index.next(last == null ? new News(held.values(), Map.of()) : new News(null, changed));
            Seen expected = model(asked, held);

            if (result == null) { // Nothing that is seen changed.
                assertThat(expected).isEqualTo(last);
            } else {
                assertThat(new Seen(List.copyOf(result.rows()), result.count(), counts(result.groups())))
                        .isEqualTo(expected)
                        .isNotEqualTo(last);
                List<QueryChange<String>> steps = result.changes();
                steps.forEach(step -> step.applyTo(drawn));
                assertThat(drawn).isEqualTo(expected.rows());
                assertThat(steps.size()).isLessThanOrEqualTo(2 * Math.max(drawn.size(), 1) + 24);
            }
            last = expected;
        }
    }

    @Example
    void aWindowOverAHundredThousandRecordsIsRightAfterEachOfAThousandChanges() {
        int size = 100_000;
        int offset = 5_000;
        int limit = 50;
        Random random = new Random(7);
        LiveIndex<String> index = new LiveIndex<>(
                new ListRequest("task", List.of(), List.of(new Sort("rank", true)), List.of(), limit, offset),
                null,
                true,
                new Texts());
        TreeSet<Long> model = new TreeSet<>(); // The rank, and below it the number of the record.
        int[] ranks = new int[size];
        List<Held> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            ranks[i] = random.nextInt(size);
            model.add(place(ranks[i], i));
            all.add(ranked(i, ranks[i]));
        }
        List<RecordRow<String>> drawn = new ArrayList<>();
        Result<String> first = index.next(new News(all, Map.of()));
        first.changes().forEach(step -> step.applyTo(drawn));
        for (int change = 0; change < 1_000; change++) {
            int number = random.nextInt(size);
            model.remove(place(ranks[number], number));
            ranks[number] = random.nextInt(2 * offset); // Most cross the window or move in it.
            model.add(place(ranks[number], number));
            Held now = ranked(number, ranks[number]);
            Result<String> next = index.next(new News(null, Map.of(now.record().key(), Optional.of(now))));
            if (next != null) {
                next.changes().forEach(step -> step.applyTo(drawn));
                assertThat(next.count()).isEqualTo(size);
                assertThat(next.changes()).hasSizeLessThanOrEqualTo(2);
            }
            assertThat(drawn)
                    .extracting(row -> row.record())
                    .isEqualTo(model.stream()
                            .skip(offset)
                            .limit(limit)
                            .map(each -> text(ranked((int) (each % size), (int) (each / size))
                                    .record()))
                            .toList());
        }
    }

    private static long place(int rank, int number) {
        return rank * 100_000L + number;
    }

    private static Held ranked(int number, int rank) {
        RecordKey key = new RecordKey("task", "t%06d".formatted(number));
        String json = "{\"id\":\"%s\",\"rank\":%d}".formatted(key.id(), rank);
        return new Held(new StoredRecord(key, "p1", 1, json.getBytes(StandardCharsets.UTF_8)), false);
    }

    /** What is seen: the rows, how many match, and how many of each value. */
    record Seen(List<RecordRow<String>> rows, int count, Map<String, Integer> groups) {}

    private static Seen model(Asked asked, Map<RecordKey, Held> held) {
        ListRequest request = asked.request();
        ListRequest whole = new ListRequest(
                "task", request.filters(), request.alternatives(), request.sorts(), List.of(), Integer.MAX_VALUE, 0);
        List<StoredRecord> records = held.values().stream().map(Held::record).toList();
        List<StoredRecord> all = whole.answeredFrom(records);
        List<RecordRow<String>> rows = request.answeredFrom(records).stream()
                .map(record -> new RecordRow<>(
                        text(record), record.version(), held(held, record.key()).pending()))
                .toList();
        Map<String, Integer> groups = new HashMap<>();
        if (asked.groupBy() != null) {
            all.forEach(record ->
                    groups.merge(group(Json.readObject(record.json()).path(asked.groupBy())), 1, Integer::sum));
        }
        return new Seen(rows, all.size(), groups);
    }

    private static Held held(Map<RecordKey, Held> held, RecordKey key) {
        return Optional.ofNullable(held.get(key)).orElseThrow();
    }

    private static Map<String, Integer> counts(List<QueryGroup> groups) {
        Map<String, Integer> counts = new HashMap<>();
        groups.forEach(group ->
                assertThat(counts.put(group(group.value()), group.count())).isNull());
        return counts;
    }

    private static String group(JsonNode value) {
        return value.isMissingNode()
                ? "absent"
                : value.isNumber()
                        ? FieldOrder.number(value).stripTrailingZeros().toPlainString()
                        : value.toString();
    }

    private static @Nullable Held held(RecordKey key, Change change) {
        if (change.fields() == null) {
            return null;
        }
        String json = "{\"id\":\"%s\",%s}".formatted(key.id(), change.fields());
        return new Held(new StoredRecord(key, "p1", 1, json.getBytes(StandardCharsets.UTF_8)), change.pending());
    }

    private static String text(StoredRecord record) {
        return new String(record.json(), StandardCharsets.UTF_8);
    }

    private static final class Texts implements RowReader<String> {
        @Override
        public String read(StoredRecord record) {
            return text(record);
        }

        @Override
        public long version(StoredRecord record) {
            return record.version();
        }

        @Override
        public boolean isReusable() {
            return true;
        }
    }
}
