package io.stitch.reactive.persistence;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

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

    private static StoredRecord record(String json) {
        return new StoredRecord(new RecordKey("task", "t1"), "p1", 1, json.getBytes(StandardCharsets.UTF_8));
    }
}
