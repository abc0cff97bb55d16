package io.stitch.reactive.spi;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ListRequest.Filter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.DoubleNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a list that is answered here leaves of a record. */
class ListRequestTest {
    @Test
    void aProjectionKeepsEveryDigitOfANumber() {
        ListRequest request = new ListRequest("task", List.of(), List.of(), List.of("price", "deep"), 10, 0);
        StoredRecord record =
                record("{\"id\":\"t1\",\"price\":1234567890.12345678901234567890,\"x\":1,\"deep\":[1.10]}");

        assertThat(request.answeredFrom(List.of(record)))
                .singleElement()
                .extracting(listed -> new String(listed.json(), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":\"t1\",\"price\":1234567890.12345678901234567890,\"deep\":[1.10]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1234567890123456789012345678901234567890",
                "0.1234567890123456789012345678901234567890",
                "1e400",
                "-1e-400",
                "100.00"
            })
    void aProjectionKeepsWhatADoubleCannotHold(String number) {
        ListRequest request = new ListRequest("task", List.of(), List.of(), List.of("price"), 10, 0);

        StoredRecord listed = request.projected(record("{\"id\":\"t1\",\"price\":%s}".formatted(number)));

        assertThat(Json.readObject(listed.json()).path("price").decimalValue()).isEqualTo(new BigDecimal(number));
    }

    @Test
    void numbersCompareByTheirExactValue() {
        List<StoredRecord> records = List.of(
                record("t1", "9007199254740993"),
                record("t2", "9007199254740992"),
                record("t3", "1e400"),
                record("t4", "-1" + "0".repeat(400)),
                record("t5", "9007199254740992.0"),
                record("t6", "-0.0"));

        assertThat(ids(records, Operator.NEQ, "8")).containsExactly("t4", "t6", "t2", "t5", "t1", "t3");
        assertThat(ids(records, Operator.EQ, "9007199254740993")).containsExactly("t1");
        assertThat(ids(records, Operator.EQ, "9007199254740992")).containsExactly("t2", "t5");
        assertThat(ids(records, Operator.EQ, "2e400")).isEmpty();
        assertThat(ids(records, Operator.EQ, "0")).containsExactly("t6");
    }

    @Test
    void aFilterTakesNoNumberThatJsonHasNot() {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> new Filter("price", Operator.LT, DoubleNode.valueOf(value)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("finite number");
        }
    }

    private static List<String> ids(List<StoredRecord> records, Operator operator, String value) {
        Filter filter = new Filter("price", operator, JsonBounds.MAPPER.readTree(value));
        return new ListRequest("task", List.of(filter), List.of(new Sort("price", true)), List.of(), 10, 0)
                .answeredFrom(records).stream()
                        .map(record -> Json.readObject(record.json()).path("id").stringValue())
                        .toList();
    }

    private static StoredRecord record(String id, String price) {
        return stored(id, "{\"id\":\"%s\",\"price\":%s}".formatted(id, price));
    }

    private static StoredRecord record(String json) {
        return stored("t1", json);
    }

    private static StoredRecord stored(String id, String json) {
        return new StoredRecord(new RecordKey("task", id), "p1", 1, json.getBytes(StandardCharsets.UTF_8));
    }
}
