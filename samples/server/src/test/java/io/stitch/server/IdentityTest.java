package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAckReasonCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class IdentityTest {
    @RegisterExtension
    static final StitchServerExtension EXTENSION = StitchServerExtension.of(StitchServerOptions.defaults());

    private static void assertNotConnected(Mqtt5ConnAckReasonCode code, StitchServer server, String id, String user) {
        assertThatThrownBy(() -> new TestClient(server, id, user, "wrong"))
                .rootCause()
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                .isEqualTo(code));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$DB/project/p1/events/updated",
                "$DB/project/p1/task/events/created",
                "$DB/note/events/p1/n1",
                "$DB/clients/other/r1",
                "$DB/clients/c1/r1",
                "$DB/clients/other/scope-open-error"
            })
    void whatOnlyTheServerSaysIsRefusedFromAClient(String topic, StitchServer server) {
        try (var client = new TestClient(server, "c1");
                var other = new TestClient(server, "other")) {
            other.subscribe("$DB/project/+/events/#");
            assertThatThrownBy(() -> client.publish(topic, "{}", Map.of("x-mqtt-sender", "mqdb-internal-0"), null))
                    .rootCause()
                    .isInstanceOfSatisfying(
                            Mqtt5PubAckException.class,
                            refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                    .isEqualTo(Mqtt5PubAckReasonCode.NOT_AUTHORIZED));
            other.assertNothingCame();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"$DB/clients/other/r1", "$DB/project/p1/events/updated", "anything/else"})
    void aReplyGoesToNobodyButTheOneWhoAsked(String responseTopic, StitchServer server) {
        try (var client = new TestClient(server, "c1")) {
            assertThatThrownBy(() -> client.publish("$DB/secret/create", "{\"id\":\"s1\"}", Map.of(), responseTopic))
                    .hasRootCauseInstanceOf(Mqtt5PubAckException.class);
            assertThat(server.records("secret")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"$DB/project/p1/events/deleted", "$DB/clients/other/r1", "$DB/task/t1/delete"})
    void aWillCannotSayWhatAClientMayNot(String topic, StitchServer server) {
        assertThatThrownBy(() -> new TestClient(server.port(), "c1", null, "", topic))
                .rootCause()
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                .isEqualTo(Mqtt5ConnAckReasonCode.NOT_AUTHORIZED));
    }

    @Test
    void anOrdinaryWillIsDeliveredAndNamesItsTrueSender(StitchServer server) {
        try (var watcher = new TestClient(server, "c1");
                var dying = new TestClient(server.port(), "c2", "dora", "", "presence/c2")) {
            watcher.subscribe("presence/#");
            dying.die();
            assertThat(TestClient.properties(watcher.next()))
                    .containsEntry("x-mqtt-sender", "dora")
                    .containsEntry("x-mqtt-client-id", "c2");
        }
    }

    @Test
    void whatClientsTellEachOtherNamesItsTrueSender(StitchServer server) {
        try (var client = new TestClient(server, "c1", "dora", "");
                var peer = new TestClient(server, "c2")) {
            peer.subscribe("stitch/peer/#");
            client.publish(
                    "stitch/peer/project/p1/events/created",
                    "{}",
                    Map.of("x-mqtt-sender", "mqdb-internal-0", "x-mqtt-client-id", "mqdb-event-publisher"),
                    null);
            assertThat(TestClient.properties(peer.next()))
                    .containsEntry("x-mqtt-sender", "dora")
                    .containsEntry("x-mqtt-client-id", "c1");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mqdb-event-publisher", "events", 
                "__mqdb_server__",
                "__server_replay__",
                ".",
                "..",
                "a/b",
                "a+b",
                "a#b",
                "a\\b",
                "a\tb",
                "a\u0085b"
            })
    void aReservedOrInvalidClientIdIsRefused(String id, StitchServer server) {
        assertThatThrownBy(() -> new TestClient(server, id))
                .rootCause()
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                .isEqualTo(Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID));
    }

    @Test
    void aClientIdHasAtMost128Bytes(StitchServer server) {
        new TestClient(server, "é".repeat(64)).close();
        assertNotConnected(Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID, server, "é".repeat(65), "dora");
    }

    @Test
    void aUserMayNotLookLikeTheServer(StitchServer server) {
        assertNotConnected(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD, server, "c1", "mqdb-internal-7");
        assertNotConnected(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD, server, "c1", "__mqdb_server__");
    }

    @Test
    void aWrongPasswordOrAnUnknownUserOrNoneIsRefused() {
        var options = StitchServerOptions.builder().users(Map.of("alice", "a")).build();
        try (var server = StitchServer.start(options)) {
            assertNotConnected(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD, server, "c1", "alice");
            assertNotConnected(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD, server, "c1", "eve");
            assertThatThrownBy(() -> new TestClient(server, "c1")).hasRootCauseInstanceOf(Mqtt5ConnAckException.class);
            new TestClient(server, "c1", "alice", "a").close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$DB/#",
                "$DB/clients/#",
                "$DB/clients/+/#",
                "$DB/clients/other/#",
                "$DB/+/other/r1",
                "$DB/+/+/events/#",
                "$share/group/$DB/clients/other/#"
            })
    void anothersRepliesCannotBeSubscribedTo(String filter, StitchServer server) {
        try (var client = new TestClient(server, "c1")) {
            assertThatThrownBy(() -> client.subscribe(filter))
                    .rootCause()
                    .isInstanceOfSatisfying(
                            Mqtt5SubAckException.class,
                            refused -> assertThat(refused.getMqttMessage().getReasonCodes())
                                    .containsExactly(Mqtt5SubAckReasonCode.NOT_AUTHORIZED));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "$DB/clients,#,false",
        "$DB/clients,+/#,false",
        "$DB/clients,+/clients/other/r1,false",
        "$DB/clients,$DB,false",
        "$DB/clients,$DB/clients,false",
        "$DB/clients,$DB/clients/c1,false",
        "$DB/clients,$DB/clients/c1/#,false",
        "$DB/clients,$DB/clients/c1/r1,false",
        "$DB/clients,$DB/clients/+,true",
        "$DB/clients,$DB/project/+/events/#,false",
        "$DB/clients,$DB/note/events/#,false",
        "$DB/clients,$share/g/$DB/clients/c1/#,false",
        "inbox,#,true",
        "inbox,+/c1/r1,false",
        "inbox,+/c2/r1,true",
        "inbox,other/#,false"
    })
    void aFilterOverhearsIfItMatchesAnyInboxButTheOwn(String responsePrefix, String filter, boolean overhears) {
        assertThat(Names.overhears(filter, responsePrefix, "c1")).isEqualTo(overhears);
    }
}
