package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.InboundMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** What a server says of who is connected (protocol section 4.10). */
class PresenceMessagesTest {
    private static final Decoder DECODER = new Decoder(
            new Topics("$DB", "$DB/clients", "project"),
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            "c1",
            "mqdb-internal-",
            1 << 20,
            "updatedAt");

    private static Inbound decode(String topic, String payload, boolean retained, UserProperty... properties) {
        return DECODER.decode(new InboundMessage(
                topic, payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8), retained, List.of(properties)));
    }

    private static void assertDropped(Inbound inbound, DiagnosticCode code) {
        assertThat(inbound)
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(code));
    }

    /** As MQDB 0.9.0 sent them. */
    @Test
    void whatARealServerSentIsUnderstood() {
        assertThat(decode(
                        "$DB/_presence/early-1",
                        "{'client_id':'early-1','user_id':'bob','event':'connect','unexpected':false,'ts':1796058369567}",
                        true))
                .isEqualTo(new Inbound.Presence("early-1", "bob", true, 1_796_058_369_567L, true));
        assertThat(decode(
                        "$DB/_presence/lost-1",
                        "{'client_id':'lost-1','user_id':null,'event':'disconnect','unexpected':true,'ts':1796058626181}",
                        false))
                .isEqualTo(new Inbound.Presence("lost-1", null, false, 1_796_058_626_181L, false));
    }

    @Test
    void whatNamesASenderIsAForgeryWhoeverItNames() {
        String connect = "{'client_id':'bob-1','user_id':'bob','event':'connect','ts':1}";
        for (String sender : List.of("eve", "mqdb-internal-0", "")) {
            assertDropped(
                    decode("$DB/_presence/bob-1", connect, true, new UserProperty("x-mqtt-sender", sender)),
                    DiagnosticCode.FORGED);
        }
    }

    @Test
    void theRetainFlagIsAllowedThereOnly() {
        for (String topic : List.of(
                "$DB/_presence", "$DB/_presences/bob-1", "$DB/project/p1/events/created", "$DB/clients/c1/r1")) {
            assertDropped(
                    decode(topic, "{'client_id':'bob-1','event':'connect','ts':1}", true), DiagnosticCode.RETAINED);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "MALFORMED_JSON    | bob    | {nope",
                "CONTRADICTS_TOPIC | bob    | \"\"",
                "CONTRADICTS_TOPIC | bob    | []",
                "CONTRADICTS_TOPIC | bob    | 42",
                "CONTRADICTS_TOPIC | bob    | {'event':'connect','ts':1}",
                "CONTRADICTS_TOPIC | bob    | {'client_id':'eve','event':'connect','ts':1}",
                "CONTRADICTS_TOPIC | 7      | {'client_id':7,'event':'connect','ts':1}",
                "INVALID_ID        | a/b    | {'client_id':'a/b','event':'connect','ts':1}",
                "INVALID_ID        | \"\"   | {'client_id':'','event':'connect','ts':1}",
                "INVALID_ID        | ..     | {'client_id':'..','event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'Connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':['connect'],'ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect'}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect','ts':'1'}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect','ts':1.5}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect','ts':-1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect','ts':9223372036854775808}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','event':'connect','ts':9223372036854775807}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':'','event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':7,'event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':{},'event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':'a\\nb','event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':'\\u202eeve','event':'connect','ts':1}",
                "MALFORMED_EVENT   | bob    | {'client_id':'bob','user_id':'\\ud800','event':'connect','ts':1}",
            })
    void whatBreaksARuleIsDroppedWithTheRuleThatItBroke(DiagnosticCode code, String client, String payload) {
        assertDropped(decode("$DB/_presence/" + client, payload, false), code);
    }

    @Test
    void namesOfAnyLengthAreNotRead() {
        String connect = "{'client_id':'bob','user_id':'%s','event':'connect','ts':1}";
        assertThat(decode("$DB/_presence/bob", connect.formatted("x".repeat(256)), true))
                .isInstanceOf(Inbound.Presence.class);
        assertDropped(
                decode("$DB/_presence/bob", connect.formatted("x".repeat(257)), true), DiagnosticCode.MALFORMED_EVENT);
        assertDropped(
                decode("$DB/_presence/bob", connect.formatted("x".repeat(5_000)), true), DiagnosticCode.TOO_LARGE);
        String client = "c".repeat(129);
        assertDropped(
                decode("$DB/_presence/" + client, connect.replace("bob", client), true), DiagnosticCode.INVALID_ID);
    }
}
