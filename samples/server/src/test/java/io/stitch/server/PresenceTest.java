package io.stitch.server;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Who is connected, in the words of MQDB 0.9.0. */
class PresenceTest {
    private static final Map<String, String> USERS = Map.of("alice", "a", "bob", "b");

    private static String said(Mqtt5Publish message, boolean retained) {
        assertThat(message.isRetain()).as("%s", message).isEqualTo(retained);
        assertThat(message.getQos()).isEqualTo(MqttQos.AT_MOST_ONCE);
        assertThat(message.getUserProperties().asList()).isEmpty();
        return message.getTopic() + " "
                + new String(message.getPayloadAsBytes(), java.nio.charset.StandardCharsets.UTF_8)
                        .replaceFirst("\"ts\":[0-9]{13}}$", "now}")
                        .replace('"', '\'');
    }

    @Test
    void everyClientIsToldOfAsARealServerDoes() {
        try (StitchServer server = StitchServer.start(
                        StitchServerOptions.builder().users(USERS).build());
                TestClient alice = new TestClient(server, "alice-1", "alice", "a")) {
            alice.subscribe("$DB/_presence/#");
            assertThat(said(alice.next(), true))
                    .isEqualTo(
                            "$DB/_presence/alice-1 {'client_id':'alice-1','user_id':'alice','event':'connect','unexpected':false,now}");

            TestClient bob = new TestClient(server, "bob-1", "bob", "b");
            assertThat(said(alice.next(), false))
                    .isEqualTo(
                            "$DB/_presence/bob-1 {'client_id':'bob-1','user_id':'bob','event':'connect','unexpected':false,now}");
            TestClient again = new TestClient(server, "bob-1", "bob", "b");
            assertThat(said(alice.next(), false)).contains("'event':'connect'");
            again.close();
            assertThat(said(alice.next(), false))
                    .isEqualTo(
                            "$DB/_presence/bob-1 {'client_id':'bob-1','user_id':'bob','event':'disconnect','unexpected':false,now}");
            bob.close();

            alice.subscribe("$DB/_presence/bob-1");
            assertThat(said(alice.next(), true)).contains("'event':'disconnect'");
            assertThat(alice.received).isEmpty();
        }
    }

    @Test
    void aConnectionThatIsCutIsUnexpected() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            TestClient gone = new TestClient(server, "c-1");
            server.disconnectAll();
            gone.close();
            try (TestClient looker = new TestClient(server, "looker")) {
                looker.subscribe("$DB/_presence/c-1");
                assertThat(said(looker.next(), true))
                        .isEqualTo(
                                "$DB/_presence/c-1 {'client_id':'c-1','user_id':null,'event':'disconnect','unexpected':true,now}");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noClientMaySayWhoIsThere(boolean old) {
        try (StitchServer server = StitchServer.start(
                        StitchServerOptions.builder().legacy(old).build());
                TestClient eve = new TestClient(server, "eve")) {
            assertThatThrownBy(() -> eve.publish("$DB/_presence/bob", "{}", Map.of(), null))
                    .hasRootCauseInstanceOf(Mqtt5PubAckException.class);
        }
    }

    @Test
    void anOldServerSaysNothingUnlessItIsTold() {
        assertThat(StitchServerOptions.defaults().presence()).isTrue();
        assertThat(StitchServerOptions.builder().legacy(true).build().presence())
                .isFalse();
        assertThat(StitchServerOptions.builder()
                        .legacy(true)
                        .presence(true)
                        .build()
                        .presence())
                .isTrue();
        assertThat(Arguments.parse(java.util.List.of("--without-presence")).presence())
                .isFalse();
        assertThat(Arguments.parse(java.util.List.of("--legacy", "--presence")).presence())
                .isTrue();
    }
}
