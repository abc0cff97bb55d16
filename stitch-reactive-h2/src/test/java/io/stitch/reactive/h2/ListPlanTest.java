package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.ListRequest.Filter;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** How H2 finds what a list asks for. The names of indexes and tables in its plans are those of {@link Schema}. */
class ListPlanTest {
    private static final Map<String, KeptEntity> ENTITIES =
            Map.of("task", new KeptEntity("projectId", Set.of("title")), "note", new KeptEntity(null, Set.of()));
    private static final int MANY = 2_500;

    @TempDir
    Path folder;

    private Database database;
    private final Records records = new Records();

    @BeforeEach
    void openDatabase() {
        database = new Database(folder.resolve("tasks"), "file:", Schema.CURRENT, null);
        database.open();
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    private void open(Map<String, KeptEntity> entities) {
        database.write(connection -> {
            records.open(connection, new OpenRequest("server", entities));
            return true;
        });
    }

    private void keep(int count) {
        Batch batch = new Batch();
        for (int i = 0; i < count; i++) {
            batch.put(record(i, "title " + i));
        }
        keep(batch);
    }

    private void keep(Batch batch) {
        database.write(connection -> {
            records.apply(connection, batch);
            return true;
        });
    }

    private static StoredRecord record(int i, String title) {
        String json =
                "{\"id\":\"%04d\",\"projectId\":\"p%d\",\"title\":\"%s\",\"size\":%d}".formatted(i, i % 10, title, i);
        return new StoredRecord(new RecordKey("task", "%04d".formatted(i)), "p" + i % 10, 1, RecordWriter.bytes(json));
    }

    private void fill() {
        while (records.needFilling()) {
            fillSome();
        }
    }

    private void fillSome() {
        database.write(connection -> {
            records.fillSome(connection);
            return true;
        });
    }

    private static ListRequest list(List<Filter> filters, List<Sort> sorts) {
        return new ListRequest("task", filters, sorts, List.of(), 10, 0);
    }

    private static Filter filter(String field, Operator operator, String value) {
        JsonNode json = JsonMapper.shared().readTree(value);
        return new Filter(field, operator, json);
    }

    private String plan(ListRequest request) {
        return database.read(connection -> records.plan(connection, request));
    }

    private List<String> ids(ListRequest request) {
        return database.read(connection -> records.list(connection, request)).stream()
                .map(StoredRecord::id)
                .toList();
    }

    @Test
    void aFieldOfTheSchemaIsFoundInItsIndex() {
        open(ENTITIES);
        keep(MANY);
        ListRequest equal = list(List.of(filter("title", Operator.EQ, "\"title 7\"")), List.of());
        ListRequest among = list(List.of(filter("title", Operator.IN, "[\"title 7\",\"title 8\"]")), List.of());
        ListRequest range = list(List.of(filter("title", Operator.GT, "\"title 9\"")), List.of());
        ListRequest like = list(List.of(filter("title", Operator.LIKE, "\"title 24*\"")), List.of());

        assertThat(List.of(plan(equal), plan(among), plan(range), plan(like)))
                .allSatisfy(plan -> assertThat(plan)
                        .contains("FIELD_0_BY_VALUE")
                        .doesNotContain("tableScan")
                        .doesNotContain("JSON_MATCHES"));
        assertThat(ids(equal)).containsExactly("0007");
        assertThat(ids(among)).containsExactly("0007", "0008");
        assertThat(ids(like)).hasSize(10).startsWith("0024", "0240");
    }

    @Test
    void anOrderByAFieldOfTheSchemaIsReadFromItsIndex() {
        open(ENTITIES);
        keep(MANY);
        ListRequest sorted = list(List.of(), List.of(new Sort("title", true)));

        assertThat(plan(sorted))
                .contains("FIELD_0_BY_VALUE")
                .contains("index sorted")
                .doesNotContain("tableScan");
        assertThat(ids(sorted)).startsWith("0000", "0001", "0010", "0100", "1000", "1001");
    }

    @Test
    void aScopeAndAnIdAreFoundWithoutAnIndexOfTheirOwn() {
        open(ENTITIES);
        keep(MANY);
        ListRequest scope = list(List.of(filter("projectId", Operator.EQ, "\"p3\"")), List.of(new Sort("id", true)));
        ListRequest walk = list(List.of(filter("id", Operator.GT, "\"0100\"")), List.of(new Sort("id", true)));

        assertThat(plan(scope))
                .contains("RECORD_BY_SCOPE")
                .contains("index sorted")
                .doesNotContain("tableScan");
        assertThat(plan(walk)).contains("RECORD_BY_ID").contains("index sorted").doesNotContain("tableScan");
        assertThat(ids(scope)).startsWith("0003", "0013");
        assertThat(ids(walk)).startsWith("0101", "0102");
    }

    @Test
    void aFieldThatTheSchemaDoesNotNameIsLookedAtInTheJson() {
        open(ENTITIES);
        keep(MANY);
        ListRequest request = list(
                List.of(filter("title", Operator.LIKE, "\"title 1*\""), filter("size", Operator.GTE, "1999")),
                List.of(new Sort("size", false)));

        assertThat(plan(request)).contains("FIELD_0_BY_VALUE").contains("JSON_MATCHES");
        assertThat(ids(request)).containsExactly("1999");
    }

    @Test
    void anIndexThatTheSchemaAsksForLaterIsFilledPartByPart() {
        open(Map.of());
        keep(MANY);
        ListRequest request = list(List.of(filter("title", Operator.EQ, "\"changed\"")), List.of());
        open(ENTITIES);
        fillSome();
        Batch changes = new Batch();
        changes.put(record(1, "changed"));
        changes.put(record(MANY - 1, "changed"));
        changes.put(record(MANY, "changed"));
        changes.remove(record(2, "").key());
        keep(changes);

        assertThat(plan(request)).as("while it is being filled").doesNotContain("FIELD_0");
        assertThat(ids(request)).containsExactly("0001", "2499", "2500");
        fill();
        assertThat(plan(request)).contains("FIELD_0_BY_VALUE");
        assertThat(ids(request)).containsExactly("0001", "2499", "2500");
        assertThat(ids(list(List.of(), List.of(new Sort("title", true))))).startsWith("0001", "2499", "2500", "0000");
    }

    @Test
    void anIndexThatWasNotFilledIsFilledAfterTheNextStart() {
        open(Map.of());
        keep(MANY);
        open(ENTITIES);
        fillSome();
        database.close();
        database.open();
        open(ENTITIES);

        assertThat(records.needFilling()).isTrue();
        fill();
        ListRequest request = list(List.of(filter("title", Operator.LIKE, "\"title 99*\"")), List.of());
        assertThat(plan(request)).contains("FIELD_0_BY_VALUE");
        assertThat(ids(request)).hasSize(10);
        database.close();
        database.open();
        open(ENTITIES);
        assertThat(records.needFilling()).as("once is enough").isFalse();
    }

    @Test
    void anIndexThatNobodyAsksForAnyMoreIsDropped() {
        open(ENTITIES);
        keep(10);
        open(Map.of());
        ListRequest request = list(List.of(filter("title", Operator.EQ, "\"title 7\"")), List.of());

        assertThat(plan(request)).doesNotContain("FIELD_0");
        keep(20);
        open(ENTITIES);
        fill();
        assertThat(ids(request)).containsExactly("0007");
        assertThat(ids(list(List.of(), List.of(new Sort("title", true))))).hasSize(10);
    }
}
