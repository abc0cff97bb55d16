package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.wire.Vectors.Vector;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.JsonBounds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class DecoderTest {
    private static final WireSchema SCHEMA =
            new WireSchema("project", Map.of("task", "projectId"), Set.of("note", "comment", "user", "item"));
    private static final Topics TOPICS =
            new Topics(ServerSync.DEFAULT_PREFIX, ServerSync.DEFAULT_RESPONSE_PREFIX, "project");
    private static final int MAX_BYTES = 1024 * 1024;

    static Stream<Vector> received() {
        return Vectors.all().stream().filter(Vector::isReceived);
    }

    @ParameterizedTest
    @MethodSource("received")
    void everythingThatARealServerSentIsUnderstood(Vector vector) {
        Inbound inbound = decode(vector);

        if (vector.name().equals("forged-event")) {
            assertThat(inbound)
                    .isInstanceOfSatisfying(
                            Inbound.Dropped.class,
                            dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.FORGED));
        } else if (vector.topic().startsWith("$DB/clients/")) {
            assertThat(inbound).isInstanceOfSatisfying(Inbound.Response.class, response -> {
                assertThat(response.requestId())
                        .isEqualTo(vector.json().path("correlationData").asString());
                assertReply(vector, response.reply());
            });
        } else {
            assertThat(inbound)
                    .isInstanceOfSatisfying(Inbound.Event.class, event -> assertEvent(vector, event.event()));
        }
    }

    private static void assertReply(Vector vector, Reply reply) {
        var payload = Json.read(vector.payload());
        if (payload.path("status").asString().equals("ok")) {
            assertThat(((Reply.Ok) reply).data()).isEqualTo(payload.path("data"));
        } else {
            assertThat(reply)
                    .isEqualTo(new Reply.Refused(
                            payload.path("code").asInt(),
                            payload.path("message").asString()));
        }
    }

    private static void assertEvent(Vector vector, ChangeEvent event) {
        var payload = Json.read(vector.payload());
        assertThat(event.entity()).isEqualTo(payload.path("entity").asString());
        assertThat(event.id()).isEqualTo(payload.path("id").asString());
        assertThat(event.operation().payloadName())
                .isEqualTo(payload.path("operation").asString());
        assertThat(event.version())
                .isEqualTo(payload.path("data").path("_version").asLong());
        assertThat(event.scopeId())
                .isEqualTo(payload.has("scope") ? payload.path("scope").get(1).asString() : null);
        assertThat(Json.read(event.json())).isEqualTo(payload.path("data"));
        assertThat(event.replay()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "MALFORMED_JSON      | $DB/project/p1/events/created      | {nope",
                "MALFORMED_JSON      | $DB/project/p1/events/created      | {} {}",
                "MALFORMED_JSON      | $DB/project/p1/events/created      | {'a':1}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | []",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'data':{}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'id':7,'data':{}}",
                "INVALID_ID          | $DB/project/p1/events/created      | {'id':'','data':{}}",
                "INVALID_ID          | $DB/project/p1/task/events/created | {'id':'a/b','data':{'projectId':'p1'}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'id':'p1'}",
                "MALFORMED_EVENT     | $DB/project/p1/events/updated      | {'id':'p1','data':null}",
                "MALFORMED_EVENT     | $DB/project/p1/events/updated      | {'id':'p1','data':[1]}",
                "MALFORMED_EVENT     | $DB/project/p1/events/deleted      | {'id':'p1','data':'gone'}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'id':'p1','data':{'_version':-1}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'id':'p1','data':{'_version':1.5}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/updated      | {'id':'p1','data':{'_version':9007199254740992}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/deleted      | {'id':'p1','data':{'_version':9223372036854775808}}",
                "MALFORMED_EVENT     | $DB/project/p1/events/created      | {'id':'p1','data':{'_version':'1'}}",
                "CONTRADICTS_TOPIC   | $DB/project/p1/events/created      | {'id':'p2','data':{}}",
                "CONTRADICTS_TOPIC   | $DB/project/p1/task/events/created | {'id':'t1','data':{'projectId':'p2'}}",
                "CONTRADICTS_TOPIC   | $DB/project/p1/task/events/created | {'id':'t1','data':{'projectId':1}}",
                "CONTRADICTS_TOPIC   | $DB/note/events/p3/n1              | {'id':'n2','operation':'Create','data':{}}",
                "WRONG_MODE          | $DB/project/p1/events/created      | {'id':'p1','data':{'_hlc':{'ts':1}}}",
                "WRONG_MODE          | $DB/project/p1/events/created      | {'id':'p1','data':{},'hlc':{'ts':1}}",
                "UNKNOWN_ENTITY      | $DB/project/p1/nope/events/created | {'id':'x','data':{}}",
                "UNKNOWN_ENTITY      | $DB/nope/events/x                  | {'id':'x','operation':'Create','data':{}}",
                "MALFORMED_EVENT     | $DB/note/events/n1                 | {'id':'n1','operation':'Rename','data':{}}",
                "UNKNOWN_TOPIC       | $DB/project/p1/events/renamed      | {'id':'p1','data':{}}",
                "UNKNOWN_TOPIC       | $DB/project/p1/hello               | {'id':'p1','data':{}}",
                "UNKNOWN_TOPIC       | other/project/p1/events/created    | {'id':'p1','data':{}}",
                "UNKNOWN_TOPIC       | $DB/clients/c1/a/b                 | {'status':'ok'}",
                "MALFORMED_REPLY     | $DB/clients/c1/r1                  | {'status':'fine'}",
                "MALFORMED_REPLY     | $DB/clients/c1/r1                  | {'status':'error'}",
                "MALFORMED_REPLY     | $DB/clients/c1/r1                  | {'status':'error','code':'403'}",
                "MALFORMED_REPLY     | $DB/clients/c1/scope-open-error    | {'code':403}",
            })
    void whatBreaksARuleIsDroppedWithTheRuleThatItBroke(DiagnosticCode code, String topic, String payload) {
        String json = payload.startsWith("{'a'") ? payload : payload.replace('\'', '"');

        assertThat(decode(topic, json, Map.of()))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(code));
    }

    @Test
    void deepNestingIsDroppedBeforeItCostsAStack() {
        String deep = "[".repeat(10_000) + "]".repeat(10_000);

        assertThat(decode("$DB/project/p1/events/created", "{\"id\":\"p1\",\"data\":{\"a\":" + deep + "}}", Map.of()))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.MALFORMED_JSON));
    }

    static Stream<Arguments> messagesOfTooMuch() {
        int many = 16 * 1024 * 1024;
        return Stream.of(
                arguments("10000 different names", repeated("{\"f%d\":1", ",\"f%d\":1", "}", many)),
                arguments(
                        "1048576 bytes", repeated("{\"f%d\":1", ",\"" + "\u00e9".repeat(2_000) + "%d\":1", "}", many)),
                arguments("250000 values", repeated("[1", ",%d", "]", many)),
                arguments("500000 values", repeated("[[]", ",[]", "]", many)),
                arguments("500000 values", repeated("[", "[1" + ",1".repeat(99_999) + "],", "0]", many)),
                arguments("10000 different names", repeated("{\"f%d\":1", ",\"f%d\":[1,2,3]", "}", many)));
    }

    /** Each of these took seconds, one of them half a minute. */
    @ParameterizedTest
    @MethodSource("messagesOfTooMuch")
    void aMessageOfTooMuchIsDroppedAtOnceWithTheBoundThatItBreaks(String bound, String record) {
        Decoder decoder = new Decoder(TOPICS, SCHEMA, "c1", "mqdb-internal-", 17 * 1024 * 1024, "updatedAt");
        for (String topic : List.of("$DB/project/p1/events/created", "$DB/clients/c1/r1")) {
            for (String payload : List.of(
                    "{\"id\":\"p1\",\"status\":\"ok\",\"scopeId\":" + record + ",\"data\":{}}",
                    "{\"id\":\"p1\",\"status\":\"ok\",\"data\":" + record + "}",
                    record)) {
                byte[] bytes = bytes(payload);
                Inbound inbound = assertTimeoutPreemptively(
                        Duration.ofSeconds(2), () -> decoder.decode(message(topic, bytes, Map.of())));

                assertThat(inbound).isInstanceOfSatisfying(Inbound.Dropped.class, dropped -> {
                    assertThat(dropped.code()).isEqualTo(DiagnosticCode.TOO_MANY_VALUES);
                    assertThat(dropped.detail()).endsWith("more than " + bound);
                });
            }
        }
    }

    private static String repeated(String first, String each, String last, int length) {
        StringBuilder text = new StringBuilder(length).append(first.replace("%d", "0"));
        for (int i = 1; text.length() < length / 2; i++) {
            text.append(each.replace("%d", Integer.toString(i)));
        }
        return text.append(last).toString();
    }

    @Test
    void aManifestMayListAsManyRecordsAsFitIntoTheMessage() {
        String entry = ",{\"id\":\"a\",\"entity\":\"t\",\"hlc\":{\"ts\":1,\"counter\":0,\"nodeId\":\"a\"}}";
        byte[] manifest = bytes("[0" + entry.repeat(260_000) + "]");
        assertThatCode(() -> JsonBounds.requireListing(manifest)).doesNotThrowAnyException();

        assertThatThrownBy(() -> JsonBounds.requireListing(bytes("[0" + ",1".repeat(8_000_000) + "]")))
                .isInstanceOf(JsonBounds.TooManyException.class);
    }

    @Test
    void aRecordOfAsMuchAsCanBeWrittenIsRead() {
        Decoder decoder = new Decoder(TOPICS, SCHEMA, "c1", "mqdb-internal-", 17 * 1024 * 1024, "updatedAt");
        String names =
                IntStream.range(0, 4_990).mapToObj(i -> "\"n" + i + "\":1").collect(Collectors.joining(","));
        String record = "{\"id\":\"p1\",\"list\":[1" + ",1".repeat(249_999) + "]," + names + "}";
        assertThat(JsonBounds.recordProblem(bytes(record))).isNull();

        Inbound inbound = decoder.decode(
                message("$DB/project/p1/events/created", bytes("{\"id\":\"p1\",\"data\":" + record + "}"), Map.of()));

        assertThat(new String(((Inbound.Event) inbound).event().json(), StandardCharsets.UTF_8))
                .isEqualTo(record);
    }

    @Test
    void aPayloadAboveTheBoundIsNotEvenParsed() {
        assertThat(decode("$DB/project/p1/events/created", "x".repeat(MAX_BYTES + 1), Map.of()))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.TOO_LARGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"scope-open-error", "hello/p1"})
    void whatHasNoRecordsInItIsNotParsedAboveAMegabyte(String rest) {
        Decoder roomy = new Decoder(TOPICS, SCHEMA, "c1", "mqdb-internal-", 16 << 20, "updatedAt");
        String large =
                "{\"scopeId\":\"p1\",\"code\":403,\"round\":\"r\",\"events\":0,\"x\":\"" + "x".repeat(1 << 20) + "\"}";

        assertThat(roomy.decode(message("$DB/clients/c1/" + rest, bytes(large), Map.of())))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.TOO_LARGE));
    }

    @Test
    void theRetainFlagIsRefused() {
        assertThat(decoder().decode(new InboundMessage("$DB/project/p1/events/created", bytes("{}"), true, List.of())))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.RETAINED));
    }

    /** A client may add what it likes; the broker adds the truth, before or behind it. */
    @Test
    void aMessageOfSeveralSendersIsAForgeryWhoeverTheyAre() {
        for (List<String> senders : List.of(
                List.of("mqdb-internal-0", "eve"),
                List.of("eve", "mqdb-internal-0"),
                List.of("mqdb-internal-0", "mqdb-internal-0"))) {
            InboundMessage message = new InboundMessage(
                    "$DB/project/p1/events/created",
                    bytes("{\"id\":\"p1\",\"data\":{\"id\":\"p1\"}}"),
                    false,
                    senders.stream()
                            .map(each -> new UserProperty("x-mqtt-sender", each))
                            .toList());

            assertThat(decoder().decode(message))
                    .isInstanceOfSatisfying(
                            Inbound.Dropped.class,
                            dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.FORGED));
        }
    }

    @Test
    void aForgedReplyIsDropped() {
        assertThat(decode("$DB/clients/c1/r1", "{\"status\":\"ok\"}", Map.of("x-mqtt-sender", "eve")))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.FORGED));
    }

    @Test
    void theTopicDecidesTheEntityTheOperationAndTheId() {
        ChangeEvent event = event(
                "$DB/project/p1/task/events/updated",
                "{\"operation\":\"Create\",\"entity\":\"note\",\"id\":\"t1\",\"data\":{\"id\":\"other\",\"_version\":4}}");

        assertThat(event.entity()).isEqualTo("task");
        assertThat(event.operation()).isEqualTo(Operation.UPDATE);
        assertThat(Json.read(event.json()).path("id").asString()).isEqualTo("t1");
        assertThat(Json.read(event.json()).path("projectId").asString()).isEqualTo("p1");
    }

    @Test
    void aDeleteNeedsNoData() {
        ChangeEvent event = event("$DB/project/p1/task/events/deleted", "{\"id\":\"t1\"}");

        assertThat(event.json()).isNull();
        assertThat(event.version()).isEqualTo(ChangeEvent.NO_VERSION);
    }

    @Test
    void aReplayIsKnownByItsSenderOrItsInbox() {
        String payload = "{\"id\":\"t1\",\"data\":{\"projectId\":\"p1\"},\"sender\":\"__server_replay__\"}";

        assertThat(event("$DB/project/p1/task/events/created", payload).replay())
                .isTrue();
        assertThat(event(
                                "$DB/clients/c1/replay/project/p1/task/events/created",
                                payload.replace("__server_replay__", "a"))
                        .replay())
                .isTrue();
    }

    @Test
    void unknownFieldsAndLongNumbersSurvive() {
        ChangeEvent event = event(
                "$DB/project/p1/events/created",
                "{\"id\":\"p1\",\"more\":1,\"data\":{\"x\":0.10000000000000000000001,\"y\":123456789012345678901234567890}}");

        assertThat(new String(event.json(), StandardCharsets.UTF_8))
                .contains("0.10000000000000000000001")
                .contains("123456789012345678901234567890");
    }

    @Test
    void aRecordThatNeedsNoCorrectionStaysTheBytesThatItCameAs() {
        String record = "{ \"id\" : \"p1\", \"name\":\"Zo\u00eb \\u00e9\", \"n\":1E3, \"in\":{\"data\":{\"id\":7}} }";

        ChangeEvent event =
                event("$DB/project/p1/events/created", "{\"id\":\"p1\",\"data\": " + record + " ,\"x\":[{}]}");

        assertThat(new String(event.json(), StandardCharsets.UTF_8)).isEqualTo(record);
    }

    @Test
    void theWholeRecordIsCorrectedNotOnlyWhatTheRulesLookAt() {
        ChangeEvent event = event(
                "$DB/project/p1/task/events/updated",
                "{\"id\":\"t1\",\"data\":{\"id\":7,\"title\":\"x\",\"_version\":4}}");

        assertThat(Json.read(event.json()))
                .isEqualTo(Json.read(bytes("{\"id\":\"t1\",\"title\":\"x\",\"_version\":4,\"projectId\":\"p1\"}")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'id':'p1','data':{'a':1,'a':2}}",
                "{'id':'p1','data':{'a':'\\x'}}",
                "{'id':'p1','data':{'a':01}}",
                "{'id':'p1','data':{'a':1}",
                "{'id':'p1','data':{},'more':{'b':tru}}",
            })
    void whatTheRulesDoNotLookAtIsStillCheckedToBeJson(String payload) {
        assertThat(decode("$DB/project/p1/events/created", payload.replace('\'', '"'), Map.of()))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.MALFORMED_JSON));
    }

    @Test
    void aPayloadInUtf16IsReadToo() {
        byte[] payload = "{\"id\":\"p1\",\"data\":{\"id\":\"p1\"}}".getBytes(StandardCharsets.UTF_16BE);

        Inbound inbound = decoder().decode(message("$DB/project/p1/events/created", payload, Map.of()));

        assertThat(new String(((Inbound.Event) inbound).event().json(), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":\"p1\"}");
    }

    @Test
    void theRecordsOfAListAreHandedOutOneByOne() {
        Inbound inbound = decode(
                "$DB/clients/c1/r1",
                "{\"data\":[{\"id\":\"a\",\"x\":{\"id\":1}}, 7, {\"_version\":2,\"id\":\"b\"} ],\"status\":\"ok\"}",
                Map.of());

        Reply.Ok ok = (Reply.Ok) ((Inbound.Response) inbound).reply();
        assertThat(ok.isList()).isTrue();
        assertThat(ok.items(Set.of("id", "_version")))
                .extracting(item -> item.fields().toString(), item -> new String(item.json(), StandardCharsets.UTF_8))
                .containsExactly(
                        tuple("{\"id\":\"a\"}", "{\"id\":\"a\",\"x\":{\"id\":1}}"),
                        tuple("{}", ""),
                        tuple("{\"_version\":2,\"id\":\"b\"}", "{\"_version\":2,\"id\":\"b\"}"));
    }

    /** To undo the escapes of a book would keep the network's thread. */
    @Test
    void aReplyIsNoPlaceForABookButItsDataIs() {
        String book = "\\u202e".repeat(70_000);

        Inbound refusal = decode(
                "$DB/clients/c1/r1", "{\"status\":\"error\",\"code\":400,\"message\":\"" + book + "\"}", Map.of());
        JsonNode data = data("{\"status\":\"ok\",\"data\":\"" + book + "\"}");

        assertThat(refusal).isInstanceOf(Inbound.Dropped.class);
        assertThat(data.asString()).hasSize(70_000);
    }

    @Test
    void aReplyMayHoldAnythingOrNothing() {
        assertThat(data("{\"status\":\"ok\"}").isMissingNode()).isTrue();
        assertThat(data("{\"data\":null,\"status\":\"ok\"}").isNull()).isTrue();
        assertThat(data("{\"status\":\"ok\",\"data\":7.50}").decimalValue()).isEqualByComparingTo("7.5");
        assertThat(data("{\"status\":\"ok\",\"data\":{\"a\":[]}}")).isEqualTo(Json.read(bytes("{\"a\":[]}")));
    }

    private static JsonNode data(String payload) {
        return ((Reply.Ok) ((Inbound.Response) decode("$DB/clients/c1/r1", payload, Map.of())).reply()).data();
    }

    private static ChangeEvent event(String topic, String payload) {
        Inbound inbound = decode(topic, payload, Map.of());
        assertThat(inbound).isInstanceOf(Inbound.Event.class);
        return ((Inbound.Event) inbound).event();
    }

    private static Inbound decode(String topic, String payload, Map<String, String> properties) {
        return decoder().decode(message(topic, bytes(payload), properties));
    }

    private static Inbound decode(Vector vector) {
        return new Decoder(TOPICS, SCHEMA, vector.client(), "mqdb-internal-", MAX_BYTES, "updatedAt")
                .decode(message(vector.topic(), vector.payload(), vector.userProperties()));
    }

    private static InboundMessage message(String topic, byte[] payload, Map<String, String> properties) {
        List<UserProperty> all = new ArrayList<>();
        properties.forEach((name, value) -> all.add(new UserProperty(name, value)));
        return new InboundMessage(topic, payload, false, all);
    }

    private static Decoder decoder() {
        return new Decoder(TOPICS, SCHEMA, "c1", "mqdb-internal-", MAX_BYTES, "updatedAt");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
