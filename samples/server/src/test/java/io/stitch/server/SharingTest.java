package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What owners share, and the events that each user gets of it, in the words of MQDB 0.9.0. */
class SharingTest {
    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(StitchServerOptions.builder()
            .users(Map.of("alice", "a", "bob", "b", "eve", "e"))
            .owners(Map.of("project", "ownerId"))
            .scopedEvents(true)
            .helloSpacing(Duration.ZERO)
            .build());

    private StitchServer server;
    private TestClient alice;
    private TestClient bob;
    private TestClient eve;
    private int writes;

    @BeforeEach
    void connect(StitchServer running) {
        server = running;
        alice = new TestClient(server, "a1", "alice", "a");
        bob = new TestClient(server, "b1", "bob", "b");
        eve = new TestClient(server, "e1", "eve", "e");
        alice.request("$DB/project/create", "{\"id\":\"p1\",\"name\":\"n\"}");
        alice.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
    }

    @AfterEach
    void disconnect() {
        alice.close();
        bob.close();
        eve.close();
    }

    private static String text(JsonNode json) {
        return json.toString().replace('"', '\'');
    }

    private String share(String permission) {
        return text(
                alice.request("$DB/project/p1/share", "{\"grantee\":\"bob\",\"permission\":\"" + permission + "\"}"));
    }

    @Test
    void theAnswersAreThoseOfARealServer() {
        assertThat(share("edit"))
                .isEqualTo(
                        "{'status':'ok','data':{'grantee':'bob','permission':'edit','resources_shared':1,'status':'shared'}}");
        assertThat(text(alice.request("$DB/project/p1/share", "{\"grantee\":\"bob\"}")))
                .contains("'permission':'view'");
        JsonNode shares = alice.request("$DB/project/p1/shares", "{}").path("data");
        assertThat(shares).hasSize(1);
        assertThat(text(shares.get(0)).replaceFirst("'id':'[^']*'", "'id':'?'"))
                .isEqualTo(
                        "{'_version':1,'granted_by':'alice','grantee':'bob','grantee_email':null,'grantee_key':'bob','id':'?','permission':'view','resource_entity':'project','resource_id':'p1'}");
        JsonNode shared = bob.request("$DB/project/shared", "{}").path("data");
        assertThat(shared).hasSize(1);
        assertThat(shared.get(0).path("name").asString()).isEqualTo("n");
        assertThat(bob.request("$DB/task/shared", "{}").path("data")).isEmpty();
        for (int i = 0; i < 2; i++) {
            assertThat(text(alice.request("$DB/project/p1/unshare", "{\"grantee\":\"bob\"}")))
                    .isEqualTo("{'status':'ok','data':{'grantee':'bob','status':'unshared'}}");
        }
        assertThat(bob.request("$DB/project/shared", "{}").path("data")).isEmpty();
    }

    @Test
    void whatCannotBeSharedIsRefused() {
        assertThat(bob.code("$DB/project/p1/share", "{\"grantee\":\"bob\"}")).isEqualTo(403);
        assertThat(bob.code("$DB/project/p1/shares", "{}")).isEqualTo(403);
        assertThat(bob.code("$DB/project/p1/unshare", "{\"grantee\":\"bob\"}")).isEqualTo(403);
        assertThat(text(alice.request("$DB/project/p1/share", "{}")))
                .isEqualTo("{'status':'error','code':400,'message':'validation error: grantee is required'}");
        assertThat(text(alice.request("$DB/project/p1/share", "{\"grantee\":\"bob\",\"permission\":\"own\"}")))
                .contains("validation error: invalid permission 'own'");
        assertThat(text(alice.request("$DB/project/none/share", "{\"grantee\":\"bob\"}")))
                .isEqualTo("{'status':'error','code':404,'message':'not found: project'}");
        assertThat(text(alice.request("$DB/task/t1/share", "{\"grantee\":\"bob\"}")))
                .contains("validation error: entity 'task' is not shareable");
    }

    @Test
    void whoMayViewReadsAndOpensAndNothingElse() {
        share("view");
        assertThat(bob.code("$DB/project/p1", "{}")).isZero();
        assertThat(bob.code("$DB/task/t1", "{}")).isZero();
        assertThat(bob.request("$DB/project/list", "{}").path("data")).isEmpty();
        assertThat(bob.request("$DB/task/list", "{}").path("data")).hasSize(1);
        assertThat(bob.code("$DB/project/p1/update", "{\"name\":\"x\"}")).isEqualTo(403);
        assertThat(bob.code("$DB/task/t1/update", "{\"n\":1}")).isEqualTo(403);
        assertThat(bob.code("$DB/task/t1/delete", "{}")).isEqualTo(403);
        assertThat(bob.code("$DB/task/create", "{\"id\":\"t2\",\"projectId\":\"p1\"}"))
                .isEqualTo(403);
        bob.say("p1", "{\"clientId\":\"b1\",\"manifest\":[],\"round\":\"r\",\"replay\":\"direct\"}");
        List<String> replayed = new ArrayList<>();
        Mqtt5Publish next = bob.next();
        while (!next.getTopic().toString().endsWith("/hello/p1")) {
            replayed.add(TestClient.json(next).path("id").asString());
            next = bob.next();
        }
        assertThat(replayed).containsExactlyInAnyOrder("p1", "t1");
        eve.say("p1", "{\"clientId\":\"e1\",\"manifest\":[],\"round\":\"r\"}");
        assertThat(eve.nextAnswer("p1").path("code").asInt()).isEqualTo(403);
    }

    @Test
    void whoMayEditWritesWhatIsInItAndDoesNotTakeOrDeleteIt() {
        share("edit");
        assertThat(bob.code("$DB/task/create", "{\"id\":\"t2\",\"projectId\":\"p1\"}"))
                .isZero();
        assertThat(bob.code("$DB/task/t2/update", "{\"n\":1}")).isZero();
        assertThat(bob.code("$DB/task/t1/delete", "{}")).isZero();
        assertThat(bob.request("$DB/project/p1/update", "{\"name\":\"by bob\",\"ownerId\":\"bob\"}")
                        .path("data")
                        .path("ownerId")
                        .asString())
                .isEqualTo("alice");
        assertThat(bob.code("$DB/project/p1/delete", "{}")).isEqualTo(403);
        assertThat(bob.code("$DB/project/p1/share", "{\"grantee\":\"eve\"}")).isEqualTo(403);
        alice.request("$DB/project/p1/unshare", "{\"grantee\":\"bob\"}");
        assertThat(bob.code("$DB/task/t2/update", "{\"n\":2}")).isEqualTo(403);
    }

    private static String event(TestClient client) {
        Mqtt5Publish message = client.next();
        JsonNode json = TestClient.json(message);
        return (message.getTopic() + " " + json.path("operation").asString() + " "
                        + json.path("scope").toString())
                .replaceAll("_shares/[-0-9a-f]{36}", "_shares/?")
                .replace('"', '\'');
    }

    private void writeByAlice(String topic, String payload) {
        alice.publish(topic, payload, Map.of(), "ignored-" + ++writes);
    }

    @Test
    void eventsOfWhatIsOwnedGoToThoseWhoMaySeeIt() {
        alice.subscribe("$DB/u/alice/events/#");
        bob.subscribe("$DB/u/bob/events/#");
        eve.subscribe("$DB/u/eve/events/#");
        eve.subscribe("$DB/project/+/events/#");
        eve.subscribe("$DB/project/p1/+/events/#");

        writeByAlice("$DB/task/t1/update", "{\"n\":1}");
        assertThat(event(alice)).isEqualTo("$DB/u/alice/events/task/t1 Update ['project','p1']");
        assertThat(event(alice)).isEqualTo("$DB/u/alice/events/project/p1 Update ['project','p1']");
        assertThat(alice.next().getTopic()).hasToString("$DB/clients/a1/ignored-1");

        share("view");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/_shares/? Create ");
        bob.assertNothingCame(); // Of the record itself nothing is told.
        alice.assertNothingCame(); // It was hers to share.
        writeByAlice("$DB/task/t1/update", "{\"n\":2}");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/task/t1 Update ['project','p1']");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/project/p1 Update ['project','p1']");

        share("edit");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/_shares/? Delete ");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/_shares/? Create ");

        writeByAlice("$DB/project/p1/delete", "{}");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/project/p1 Delete ['project','p1']");
        assertThat(event(bob)).isEqualTo("$DB/u/bob/events/_shares/? Delete ");
        assertThat(bob.code("$DB/project/p1", "{}")).isEqualTo(404);
        eve.assertNothingCame();
    }

    @Test
    void whatHasNoOwnerIsToldToEverybodyAsBefore() {
        eve.subscribe("$DB/note/events/#");
        alice.request("$DB/note/create", "{\"id\":\"n1\"}");
        assertThat(eve.next().getTopic().toString()).startsWith("$DB/note/events/p");
    }

    @Test
    void nobodyListensToAnothersEvents() {
        for (String filter : List.of("$DB/u/alice/events/#", "$DB/u/+/events/#", "$DB/u/#", "$DB/+/alice/events/#")) {
            assertThatThrownBy(() -> bob.subscribe(filter))
                    .as(filter)
                    .hasRootCauseInstanceOf(Mqtt5SubAckException.class);
        }
        assertThatCode(() -> bob.subscribe("$DB/u/bob/events/#")).doesNotThrowAnyException();
        assertThatCode(() -> bob.subscribe("$DB/project/p1/+/events/#")).doesNotThrowAnyException();
    }

    @Test
    void sharesAreKept() {
        share("view");
        server.restart();
        try (TestClient again = new TestClient(server, "b2", "bob", "b")) {
            assertThat(again.request("$DB/project/shared", "{}").path("data")).hasSize(1);
        }
    }
}
