package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.InboundMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** What a server with scoped events sends to one user (protocol section 4.10). */
class UserEventMessagesTest {
    private static final Decoder OF_BOB = decoder("bob");

    private static Decoder decoder(@Nullable String user) {
        return new Decoder(
                new Topics("$DB", "$DB/clients", "project"),
                new WireSchema("project", Map.of("task", "projectId"), Set.of("note")),
                "bob-1",
                user,
                "mqdb-internal-",
                1 << 20,
                "updatedAt");
    }

    private static Inbound decode(Decoder decoder, String topic, String payload, String sender) {
        return decoder.decode(new InboundMessage(
                topic,
                payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                false,
                List.of(new UserProperty("x-mqtt-sender", sender))));
    }

    private static Inbound decode(String topic, String payload) {
        return decode(OF_BOB, topic, payload, "mqdb-internal-05fc3d77-26e4-46e3-a9e1-deec8f48584b");
    }

    private static void assertEvent(Inbound inbound, String event) {
        assertThat(inbound).isInstanceOfSatisfying(Inbound.UserEvent.class, personal -> {
            ChangeEvent read = personal.event();
            assertThat("%s %s/%s in %s v%d"
                            .formatted(read.operation(), read.entity(), read.id(), read.scopeId(), read.version()))
                    .isEqualTo(event);
        });
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
        assertEvent(
                decode(
                        "$DB/u/bob/events/task/t1",
                        "{'sequence':5,'entity':'task','id':'t1','operation':'Update','data':{'_version':2,'id':'t1','projectId':'p1','title':'by a'},'sender':'alice','client_id':'alice-1','scope':['project','p1']}"),
                "UPDATE task/t1 in p1 v2");
        assertEvent(
                decode(
                        "$DB/u/bob/events/task/t1",
                        "{'sequence':11,'entity':'task','id':'t1','operation':'Delete','data':{'_version':3,'id':'t1','projectId':'p1','title':'by bob'},'sender':'alice','client_id':'alice-1','scope':['project','p1']}"),
                "DELETE task/t1 in p1 v3");
        assertEvent(
                decode(
                        "$DB/u/bob/events/project/p1",
                        "{'sequence':10,'entity':'project','id':'p1','operation':'Update','data':{'_version':2,'id':'p1','name':'bob','ownerId':'alice'},'sender':'bob','client_id':'bob-1','scope':['project','p1']}"),
                "UPDATE project/p1 in p1 v2");
        assertThat(
                        decode(
                                "$DB/u/bob/events/_shares/01a22d6e-0316-767f-b61a-1ce0cf1c4cb9-000c",
                                "{'sequence':4,'entity':'_shares','id':'01a22d6e-0316-767f-b61a-1ce0cf1c4cb9-000c','operation':'Create','data':{'_version':1,'granted_by':'alice','grantee':'bob','grantee_email':null,'grantee_key':'bob','id':'01a22d6e-0316-767f-b61a-1ce0cf1c4cb9-000c','permission':'view','resource_entity':'project','resource_id':'p1'}}"))
                .isEqualTo(new Inbound.SharesChanged("p1"));
    }

    @Test
    void aDeleteNeedNotSayWhereTheRecordWas() {
        assertEvent(
                decode("$DB/u/bob/events/task/t1", "{'id':'t1','operation':'Delete'}"), "DELETE task/t1 in null v-1");
        assertEvent(
                decode("$DB/u/bob/events/task/t1", "{'id':'t1','operation':'Delete','data':{'id':'t1','_version':4}}"),
                "DELETE task/t1 in null v4");
        assertEvent(
                decode("$DB/u/bob/events/note/n1", "{'id':'n1','operation':'Create','data':{'_version':1}}"),
                "CREATE note/n1 in null v1");
        assertThat(decode("$DB/u/bob/events/_shares/s1", "{'id':'s1','operation':'Delete'}"))
                .isEqualTo(new Inbound.SharesChanged(null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "MALFORMED_JSON    | bob/events/task/t1     | {nope",
                "MALFORMED_EVENT   | bob/events/task/t1     | []",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','data':{'projectId':'p1'}}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','operation':'Rename','data':{'projectId':'p1'}}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'operation':'Update','data':{'projectId':'p1'}}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','operation':'Update'}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','operation':'Update','data':{}}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','operation':'Update','data':{'projectId':7}}",
                "MALFORMED_EVENT   | bob/events/task/t1     | {'id':'t1','operation':'Update','data':{'projectId':'p1','_version':-1}}",
                "WRONG_MODE        | bob/events/task/t1     | {'id':'t1','operation':'Update','data':{'projectId':'p1','_hlc':{}}}",
                "INVALID_ID        | bob/events/task/t1     | {'id':'t1','operation':'Update','data':{'projectId':'a/b'}}",
                "INVALID_ID        | bob/events/task/t1     | {'id':'t+','operation':'Update','data':{'projectId':'p1'}}",
                "CONTRADICTS_TOPIC | bob/events/task/t1     | {'id':'t2','operation':'Update','data':{'projectId':'p1'}}",
                "CONTRADICTS_TOPIC | bob/events/task/t1     | {'id':'t1','entity':'project','operation':'Update','data':{'projectId':'p1'}}",
                "CONTRADICTS_TOPIC | bob/events/_shares/s1  | {'id':'s1','entity':'task','operation':'Create','data':{}}",
                "MALFORMED_EVENT   | bob/events/_shares/s1  | {'id':'s1','operation':'Create'}",
                "UNKNOWN_ENTITY    | bob/events/nope/n1     | {'id':'n1','operation':'Create','data':{}}",
                "UNKNOWN_TOPIC     | alice/events/task/t1   | {'id':'t1','operation':'Update','data':{'projectId':'p1'}}",
                "UNKNOWN_TOPIC     | bob/events/task        | {'id':'t1','operation':'Update','data':{'projectId':'p1'}}",
                "UNKNOWN_TOPIC     | bob/events/task/t1/x   | {'id':'t1','operation':'Update','data':{'projectId':'p1'}}",
            })
    void whatBreaksARuleIsDroppedWithTheRuleThatItBroke(DiagnosticCode code, String topic, String payload) {
        assertDropped(decode("$DB/u/" + topic, payload), code);
    }

    @Test
    void whereNobodyListensToTheirEventsTheyAreNobodys() {
        String update = "{'id':'t1','operation':'Update','data':{'projectId':'p1'}}";
        assertDropped(
                decode(decoder(null), "$DB/u/bob/events/task/t1", update, "mqdb-internal-0"),
                DiagnosticCode.UNKNOWN_TOPIC);
    }

    @Test
    void whatAClientPublishedThereIsAForgery() {
        String update = "{'id':'t1','operation':'Update','data':{'projectId':'p1'}}";
        assertDropped(decode(OF_BOB, "$DB/u/bob/events/task/t1", update, "eve"), DiagnosticCode.FORGED);
    }

    @Test
    void aReplayIsNotAnEventOfAUser() {
        String update = "{'id':'t1','operation':'Update','data':{'projectId':'p1'}}";
        assertDropped(decode("$DB/clients/bob-1/replay/u/bob/events/task/t1", update), DiagnosticCode.UNKNOWN_TOPIC);
    }
}
