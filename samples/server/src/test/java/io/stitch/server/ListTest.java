package io.stitch.server;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

class ListTest {
    private static final String BY_ID = "\"sort\":[{\"field\":\"id\",\"direction\":\"asc\"}]";

    @RegisterExtension
    static final StitchServerExtension EXTENSION = StitchServerExtension.of(StitchServerOptions.defaults());

    @BeforeAll
    static void fill(StitchServer server) {
        server.put("item", "{\"id\":\"a\",\"n\":1,\"s\":\"alpha\",\"z\":null}");
        server.put("item", "{\"id\":\"b\",\"n\":2,\"s\":\"beta\",\"z\":1}");
        server.put("item", "{\"id\":\"c\",\"n\":10,\"s\":\"alphabet\"}");
        server.put("item", "{\"id\":\"d\",\"n\":2.0,\"s\":\"a*b\"}");
        server.put("mixed", "{\"id\":\"text\",\"v\":\"0\"}");
        server.put("mixed", "{\"id\":\"number\",\"v\":7}");
        server.put("mixed", "{\"id\":\"true\",\"v\":true}");
        server.put("mixed", "{\"id\":\"absent\"}");
        server.put("mixed", "{\"id\":\"false\",\"v\":false}");
        server.put("mixed", "{\"id\":\"array\",\"v\":[1]}");
        server.put("mixed", "{\"id\":\"null\",\"v\":null}");
        server.seed(
                "many",
                IntStream.range(0, 12_000)
                        .mapToObj(i -> JsonMapper.shared().createObjectNode().put("id", String.format("t%06d", i)))
                        .toList());
        for (String id : List.of("\uD83D\uDE00", "\uFF5E", "z", "é")) {
            server.put("script", Json.text(Json.object().put("id", id)));
        }
    }

    private static List<String> ids(String entity, String request) {
        try (var client = new TestClient(EXTENSION.server(), "c1")) {
            List<String> ids = new ArrayList<>();
            JsonNode reply = client.request("$DB/" + entity + "/list", request);
            assertThat(reply.path("status").asString()).isEqualTo("ok");
            reply.path("data").forEach(each -> ids.add(each.path("id").asString()));
            return ids;
        }
    }

    @ParameterizedTest(name = "{0} {1} {2} finds {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "n|eq|2|b d",
                "n|neq|2|a c",
                "n|lt|2|a",
                "n|lte|2|a b d",
                "n|gt|2|c",
                "n|gte|2|b c d",
                "n|gt|\"1\"|''",
                "n|in|[1,10]|a c",
                "s|like|\"alpha*\"|a c",
                "s|like|\"*bet*\"|b c",
                "s|like|\"*a\"|a b",
                "s|like|\"a*b\"|d",
                "s|like|\"a*a\"|a",
                "s|like|\"a.b\"|''",
                "s|like|\"alpha\"|a",
                "z|is_null|null|a",
                "z|is_not_null|null|b",
                "z|neq|5|a b",
                "none|neq|1|''"
            })
    void eachOperatorFindsWhatItShould(String field, String operator, String value, String found) {
        String filter = "{\"field\":\"" + field + "\",\"op\":\"" + operator + "\",\"value\":" + value + "}";
        assertThat(String.join(" ", ids("item", "{\"filters\":[" + filter + "]," + BY_ID + "}")))
                .isEqualTo(found);
    }

    /** As on real servers: the last of 12 000 is not among what is sorted. */
    @Test
    void aListIsCutAtTenThousandBeforeItIsSorted() {
        assertThat(ids("many", "{\"sort\":[{\"field\":\"id\",\"direction\":\"desc\"}],\"limit\":2}"))
                .containsExactly("t009999", "t009998");
    }

    @Test
    void filtersAreAnded() {
        assertThat(ids(
                        "item",
                        "{\"filters\":[{\"field\":\"n\",\"op\":\"gte\",\"value\":2},"
                                + "{\"field\":\"s\",\"op\":\"like\",\"value\":\"a*\"}]}"))
                .containsExactlyInAnyOrder("c", "d");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"field\":\"n\",\"op\":\"startsWith\",\"value\":1}",
                "{\"field\":\"n\",\"op\":\"eq\"}",
                "{\"op\":\"eq\",\"value\":1}"
            })
    void oneBadFilterDropsThemAll(String bad) {
        String good = "{\"field\":\"n\",\"op\":\"eq\",\"value\":1}";
        assertThat(ids("item", "{\"filters\":[" + good + "," + bad + "]}")).hasSize(4);
    }

    @Test
    void sortsByTheFirstFieldAndThenByTheNext() {
        assertThat(
                        ids(
                                "item",
                                "{\"sort\":[{\"field\":\"n\",\"direction\":\"desc\"},{\"field\":\"s\",\"direction\":\"asc\"}]}"))
                .containsExactly("c", "d", "b", "a");
    }

    /** As a client sorts what it holds itself, so that a list is in the same order online and offline. */
    @Test
    void sortsValuesOfAnyKind() {
        String sort = "{\"sort\":[{\"field\":\"v\",\"direction\":\"%s\"},{\"field\":\"id\",\"direction\":\"asc\"}]}";
        assertThat(ids("mixed", sort.formatted("asc")))
                .containsExactly("absent", "array", "null", "false", "true", "number", "text");
        assertThat(ids("mixed", sort.formatted("desc")))
                .containsExactly("text", "number", "true", "false", "absent", "array", "null");
    }

    @Test
    void aProjectionKeepsTheIdAndTheNamedFields() {
        try (var client = new TestClient(EXTENSION.server(), "c1")) {
            assertThat(client.request("$DB/item/list", "{\"projection\":[\"n\",\"none\"],\"limit\":1," + BY_ID + "}")
                            .path("data"))
                    .hasToString("[{\"id\":\"a\",\"n\":1}]");
        }
    }

    @Test
    void idsAreOrderedByCodePointWhenSortedAndWhenCompared() {
        List<String> ascending = List.of("z", "é", "\uFF5E", "\uD83D\uDE00");
        assertThat(ids("script", "{" + BY_ID + "}")).isEqualTo(ascending);
        assertThat(ids("script", "{}")).isEqualTo(ascending);
        assertThat(ids("script", "{\"filters\":[{\"field\":\"id\",\"op\":\"gt\",\"value\":\"\uFF5E\"}]}"))
                .containsExactly("\uD83D\uDE00");
        assertThat(ids("script", "{\"filters\":[{\"field\":\"id\",\"op\":\"lt\",\"value\":\"\uFF5E\"}]," + BY_ID + "}"))
                .containsExactly("z", "é");
    }

    @Test
    void aListIsCutBeforeItsOffset() {
        assertThat(ids("many", "{\"offset\":9500,\"limit\":1000," + BY_ID + "}"))
                .hasSize(500);
        assertThat(ids("many", "{\"offset\":10000,\"limit\":1000," + BY_ID + "}"))
                .isEmpty();
        assertThat(ids("many", "{}")).hasSize(10_000);
    }

    @Test
    void aWalkByKeyReachesTheEnd() {
        List<String> walked = new ArrayList<>();
        String last = "";
        List<String> page;
        do {
            page = ids(
                    "many",
                    "{\"filters\":[{\"field\":\"id\",\"op\":\"gt\",\"value\":\"" + last + "\"}],\"limit\":5000," + BY_ID
                            + "}");
            walked.addAll(page);
            last = page.isEmpty() ? last : page.get(page.size() - 1);
        } while (page.size() == 5_000);
        assertThat(walked).hasSize(12_000).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void aListOfAnUnknownEntityIsEmpty() {
        assertThat(ids("nope", "{}")).isEmpty();
    }

    @Test
    void storedRecordsDoNotChangeWithWhatAReaderDoesToThem(StitchServer server) {
        ObjectNode copy = server.record("item", "a").orElseThrow();
        copy.put("n", 99);
        assertThat(server.record("item", "a").orElseThrow().path("n").asInt()).isEqualTo(1);
    }

    @Test
    void aListOfHalfAMillionValuesToBeInTakesNoLongerThanReadingIt() {
        String request = "{\"filters\":[{\"field\":\"id\",\"op\":\"in\",\"value\":["
                + IntStream.range(0, 500_000).mapToObj(Integer::toString).collect(Collectors.joining(","))
                + ",\"t000007\"]}]}";

        assertThat(assertTimeoutPreemptively(Duration.ofSeconds(20), () -> ids("many", request)))
                .containsExactly("t000007");
    }
}
