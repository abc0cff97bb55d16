package io.stitch.samples.interop;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the README of this folder says of the real server's wire, beyond what the reference server speaks too. */
@ExtendWith(RealPrograms.class)
class WireTest {
    private static final String MADE_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-[0-9a-f]{4})?";
    private static final String[] OWNED = {
        "--user=alice:a", "--user=bob:b", "--owner=project=ownerId", "--derived=task=projectId>project"
    };

    @TempDir
    Path folder;

    @Test
    void presenceIsRetainedAndHasNoSender() {
        try (RealServer server = RealServer.start(folder, "--presence", "--user=alice:a", "--user=bob:b");
                Wire alice = Wire.connect(server.port(), "alice-1", "alice", "a")) {
            Wire bob = Wire.connect(server.port(), "bob-1", "bob", "b");
            bob.request("task/list", "{}");
            alice.subscribe("$DB/_presence/bob-1");
            Mqtt5Publish retained = alice.next();
            assertThat(retained.isRetain()).isTrue();
            assertThat(retained.getUserProperties().asList()).isEmpty();
            assertThat(text(retained))
                    .isEqualTo("$DB/_presence/bob-1 {\"client_id\":\"bob-1\",\"user_id\":\"bob\",\"event\":\"connect\","
                            + "\"unexpected\":false,\"ts\":0}");
            bob.close();
            Mqtt5Publish live = alice.next();
            assertThat(live.isRetain()).isFalse();
            assertThat(text(live)).contains("\"event\":\"disconnect\",\"unexpected\":false");
            assertPublishRefused(() -> alice.send("$DB/_presence/bob-1", "{}", null));
        }
    }

    @Test
    void whatExpiresIsDeletedOnATopicWithoutAScopeAndTakesNothingAlong() {
        try (RealServer server = RealServer.start(folder, "--expiry-every=1", Board.CASCADE);
                Wire wire = Wire.connect(server.port(), "wire-1")) {
            JsonNode project = wire.request("project/create", "{\"id\":\"p1\",\"ttl_secs\":1}")
                    .path("data");
            assertThat(project.path("_expires_at").isIntegralNumber()).isTrue();
            assertThat(project.has("ttl_secs")).isFalse();
            wire.request("task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            assertThat(wire.request("task/t1/update", "{\"ttl_secs\":1}").path("data"))
                    .hasToString("{\"_version\":2,\"id\":\"t1\",\"projectId\":\"p1\",\"ttl_secs\":1}");
            wire.subscribe("$DB/project/events/#");
            Mqtt5Publish deleted = wire.next();
            assertThat(text(deleted))
                    .isEqualTo(
                            "$DB/project/events/p?/p1 {\"sequence\":0,\"entity\":\"project\",\"id\":\"p1\",\"operation\":"
                                    + "\"Delete\",\"data\":{\"_expires_at\":0,\"_version\":1,\"id\":\"p1\"}}");
            assertThat(wire.request("task/t1", "{}").path("status").asString()).isEqualTo("ok");
        }
    }

    @Test
    void eventsOfWhatHasAnOwnerGoToItsOwnerAndToThoseItIsSharedWith() {
        try (RealServer server = RealServer.start(folder, OWNED[0], OWNED[1], OWNED[2], OWNED[3], "--scoped-events");
                Wire alice = Wire.connect(server.port(), "alice-1", "alice", "a");
                Wire bob = Wire.connect(server.port(), "bob-1", "bob", "b")) {
            bob.subscribe("$DB/u/bob/events/#");
            bob.subscribe("$DB/project/+/+/events/#");
            alice.subscribe("$DB/u/alice/events/#");
            assertThatThrownBy(() -> alice.subscribe("$DB/u/bob/events/#"))
                    .hasCauseInstanceOf(Mqtt5SubAckException.class);

            alice.request("project/create", "{\"id\":\"p1\",\"ownerId\":\"alice\"}");
            alice.request("task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            assertThat(text(alice.next())).startsWith("$DB/u/alice/events/project/p1 ");
            assertThat(text(alice.next()))
                    .isEqualTo(
                            "$DB/u/alice/events/task/t1 {\"sequence\":0,\"entity\":\"task\",\"id\":\"t1\",\"operation\":"
                                    + "\"Create\",\"data\":{\"_version\":1,\"id\":\"t1\",\"projectId\":\"p1\"},\"sender\":\"alice\","
                                    + "\"client_id\":\"alice-1\",\"scope\":[\"project\",\"p1\"]}");
            alice.request("project/p1/share", "{\"grantee\":\"bob\",\"permission\":\"edit\"}");
            assertThat(text(bob.next()))
                    .isEqualTo("$DB/u/bob/events/_shares/made {\"sequence\":0,\"entity\":\"_shares\",\"id\":\"made\","
                            + "\"operation\":\"Create\",\"data\":{\"_version\":1,\"granted_by\":\"alice\",\"grantee\":\"bob\","
                            + "\"grantee_email\":null,\"grantee_key\":\"bob\",\"id\":\"made\",\"permission\":\"edit\","
                            + "\"resource_entity\":\"project\",\"resource_id\":\"p1\"}}");
            alice.request("task/t1/update", "{\"title\":\"x\"}");
            assertThat(text(bob.next())).startsWith("$DB/u/bob/events/task/t1 ");
            alice.request("project/p1/unshare", "{\"grantee\":\"bob\"}");
            assertThat(text(bob.next())).contains("\"entity\":\"_shares\"", "\"operation\":\"Delete\"");
        }
    }

    @Test
    void aRecordIsSharedAndNotSharedAnyMore() {
        try (RealServer server = RealServer.start(folder, OWNED);
                Wire alice = Wire.connect(server.port(), "alice-1", "alice", "a");
                Wire bob = Wire.connect(server.port(), "bob-1", "bob", "b")) {
            alice.request("project/create", "{\"id\":\"p1\",\"ownerId\":\"alice\"}");
            alice.request("task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            assertThat(bob.request("project/p1", "{}").path("code").asInt()).isEqualTo(403);

            assertThat(alice.request("project/p1/share", "{\"grantee\":\"bob\"}")
                            .path("data"))
                    .hasToString(
                            "{\"grantee\":\"bob\",\"permission\":\"view\",\"resources_shared\":1,\"status\":\"shared\"}");
            assertThat(alice.request("project/p1/shares", "{}")
                            .path("data")
                            .toString()
                            .replaceAll(MADE_ID, "made"))
                    .isEqualTo("[{\"_version\":1,\"granted_by\":\"alice\",\"grantee\":\"bob\",\"grantee_email\":null,"
                            + "\"grantee_key\":\"bob\",\"id\":\"made\",\"permission\":\"view\",\"resource_entity\":\"project\","
                            + "\"resource_id\":\"p1\"}]");
            assertThat(bob.request("project/list", "{}").path("data")).isEmpty();
            assertThat(bob.request("project/shared", "{}").path("data"))
                    .hasToString("[{\"_version\":1,\"id\":\"p1\",\"ownerId\":\"alice\"}]");
            assertThat(bob.request("task/t1/update", "{\"title\":\"x\"}")
                            .path("code")
                            .asInt())
                    .isEqualTo(403);
            alice.request("project/p1/share", "{\"grantee\":\"bob\",\"permission\":\"edit\"}");
            assertThat(bob.request("task/t1/update", "{\"title\":\"x\"}")
                            .path("status")
                            .asString())
                    .isEqualTo("ok");
            assertThat(bob.request("project/p1/delete", "{}").path("code").asInt())
                    .isEqualTo(403);
            assertThat(alice.request("project/p1/unshare", "{\"grantee\":\"bob\"}")
                            .path("data"))
                    .hasToString("{\"grantee\":\"bob\",\"status\":\"unshared\"}");
            assertThat(bob.request("project/shared", "{}").path("data")).isEmpty();

            assertThat(message(alice, "project/p1/share", "{}")).isEqualTo("400 validation error: grantee is required");
            assertThat(message(alice, "project/p1/share", "{\"grantee\":\"bob\",\"permission\":\"own\"}"))
                    .isEqualTo("400 validation error: invalid permission 'own'");
            assertThat(message(alice, "task/t1/share", "{\"grantee\":\"bob\"}"))
                    .isEqualTo("400 validation error: entity 'task' is not shareable");
            assertThat(message(alice, "project/p9/share", "{\"grantee\":\"bob\"}"))
                    .isEqualTo("404 not found: project");
            assertThat(message(bob, "project/p1/share", "{\"grantee\":\"bob\"}"))
                    .isEqualTo("403 forbidden");
        }
    }

    @Test
    void refusalsSayWhatTheyWere() {
        try (RealServer server = RealServer.start(
                        folder,
                        Board.CASCADE,
                        "--unique=user:email",
                        "--not-null=user:email",
                        "--schema=user:id=string,email=string");
                Wire wire = Wire.connect(server.port(), "wire-1")) {
            wire.request("user/create", "{\"id\":\"u1\",\"email\":\"e\"}");
            assertThat(message(wire, "user/create", "{\"id\":\"u2\",\"email\":\"e\"}"))
                    .isEqualTo("409 unique constraint violation: user.email");
            assertThat(message(wire, "user/create", "{\"id\":\"u2\"}")).isEqualTo("409 not null violation: user.email");
            assertThat(message(wire, "user/create", "{\"id\":\"u2\",\"email\":5}"))
                    .isEqualTo("400 schema validation failed: email - expected type String, got number");
            assertThat(message(wire, "task/create", "{\"id\":\"t1\",\"projectId\":\"p9\"}"))
                    .isEqualTo("409 foreign key violation: task.projectId");
            assertThat(message(wire, "user/u1/update", "{\"_expected_version\":7}"))
                    .isEqualTo("412 precondition failed: user/u1: expected _version 7, found 1");
            assertThat(message(wire, "user/u9/delete", "{\"_expected_version\":\"?\"}"))
                    .isEqualTo("400 invalid _expected_version (must be a non-negative integer): \"?\"");
        }
    }

    @Test
    void aClientsNameAndTopicsAreItsOwn() {
        try (RealServer server = RealServer.start(folder, "--user=alice:a");
                Wire alice = Wire.connect(server.port(), "alice-1", "alice", "a")) {
            assertThatThrownBy(() -> Wire.connect(server.port(), "mqdb-1", "alice", "a"))
                    .cause()
                    .isInstanceOfSatisfying(
                            Mqtt5ConnAckException.class,
                            refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                    .isEqualTo(Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID));
            assertPublishRefused(() -> alice.send("$DB/project/p1/task/events/updated", "{}", null));
            // A request whose sender may not publish where the answer would go is dropped without a word: what comes is
            // the next one's.
            alice.send("$DB/task/list", "{}", "$DB/task/events/answers");
            assertThat(alice.request("task/list", "{}").path("status").asString())
                    .isEqualTo("ok");
            assertThat(alice.drain()).isEmpty();
        }
    }

    private static void assertPublishRefused(ThrowingCallable publish) {
        assertThatThrownBy(publish).hasCauseInstanceOf(Mqtt5PubAckException.class);
    }

    private static String message(Wire wire, String topic, String payload) {
        JsonNode reply = wire.request(topic, payload);
        return reply.path("code").asInt() + " " + reply.path("message").asString();
    }

    /** Topic and payload, without what differs from run to run. */
    private static String text(Mqtt5Publish message) {
        return (message.getTopic() + " " + Wire.json(message))
                .replaceAll("/events/p\\d+/", "/events/p?/")
                .replaceAll("\"(ts|sequence|_expires_at)\":\\d+", "\"$1\":0")
                .replaceAll(MADE_ID, "made");
    }
}
