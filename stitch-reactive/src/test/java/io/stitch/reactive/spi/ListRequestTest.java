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
    void aNumberBeyondTheDoublesIsInfinite() {
        List<StoredRecord> records = List.of(
                record("{\"id\":\"t1\",\"price\":1e400}"),
                record("{\"id\":\"t2\",\"price\":7}"),
                record("{\"id\":\"t3\",\"price\":-1%s}".formatted("0".repeat(400))));

        assertThat(ids(records, Operator.GT, "1e300")).containsExactly("t1");
        assertThat(ids(records, Operator.EQ, "2e500")).containsExactly("t1");
        assertThat(ids(records, Operator.NEQ, "8")).containsExactly("t3", "t2", "t1");
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

    private static StoredRecord record(String json) {
        return new StoredRecord(new RecordKey("task", "t1"), "p1", 1, json.getBytes(StandardCharsets.UTF_8));
    }
}
