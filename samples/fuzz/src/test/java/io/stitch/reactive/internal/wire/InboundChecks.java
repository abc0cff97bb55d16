package io.stitch.reactive.internal.wire;

import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Same;
import io.stitch.reactive.Names;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds of all that was decoded. A class of its own, because what a test class names is loaded before it can be instrumented: JDK 17 mixes
 * up the fields of a record with annotated types when it is changed later.
 */
final class InboundChecks {
    private static final int ABBREVIATED = 201;
    private static final Map<String, String> CHILDREN = Map.of("task", "projectId");

    private InboundChecks() {}

    static void check(InboundMessage message, Inbound inbound) {
        if (inbound instanceof Inbound.Dropped dropped) {
            assertThat(dropped.topic()).isEqualTo(message.topic());
            assertThat(dropped.detail()).isNotBlank().hasSizeLessThan(2 * ABBREVIATED);
            return;
        }
        if (inbound instanceof Inbound.Presence presence) {
            checkPresence(message, presence);
            return;
        }
        assertThat(message.retain()).isFalse();
        assertThat(message.userProperties())
                .filteredOn(property -> property.name().equals(Topics.SENDER_PROPERTY))
                .hasSizeLessThan(2)
                .extracting(UserProperty::value)
                .allMatch(sender -> sender.startsWith("mqdb-"));
        if (inbound instanceof Inbound.Event event) {
            assertThat(message.topic()).startsWith("$DB/");
            checkEvent(message.payload(), event);
        } else {
            assertThat(message.topic()).startsWith("$DB/clients/c1/");
            checkAnswer(message.payload(), inbound);
        }
    }

    private static void checkPresence(InboundMessage message, Inbound.Presence presence) {
        assertThat(message.topic()).isEqualTo("$DB/_presence/" + presence.clientId());
        assertThat(message.userProperties())
                .noneMatch(property -> property.name().equals(Topics.SENDER_PROPERTY));
        assertThat(Names.clientIdProblem(presence.clientId())).isNull();
        assertThat(presence.at()).isBetween(0L, ChangeEvent.MAX_VERSION);
        assertThat(presence.retained()).isEqualTo(message.retain());
        String user = presence.user();
        assertThat(user == null || (!user.isEmpty() && ForeignText.quoted(user).equals(user)))
                .isTrue();
    }

    private static void checkEvent(byte[] payload, Inbound.Event inbound) {
        ChangeEvent event = inbound.event();
        assertThat(Names.idProblem(event.id())).isNull();
        assertThat(event.version()).isBetween(ChangeEvent.NO_VERSION, ChangeEvent.MAX_VERSION);
        assertThat(event.entity()).isIn("project", "task", "note");
        if (event.scopeId() != null) {
            assertThat(Names.idProblem(event.scopeId())).isNull();
        }
        EventCount count = inbound.count();
        assertThat(count == null || (count.count() >= 0 && !count.epoch().isEmpty()))
                .isTrue();
        byte[] record = event.json();
        if (record == null) {
            assertThat(event.operation()).isEqualTo(Operation.DELETE);
            return;
        }
        // What is kept is read again from disk, and must be.
        assertThat(JsonBounds.problem(record)).isNull();
        ObjectNode expected = (ObjectNode) Json.read(payload).path("data");
        expected.put("id", event.id());
        String scopeField = CHILDREN.get(event.entity());
        if (scopeField != null && event.operation() != Operation.DELETE) {
            expected.put(scopeField, event.scopeId());
        }
        assertThat(expected.has(EventPayload.RECORD_STAMP)).isFalse();
        Same.assertSame(Json.readObject(record), expected);
        assertThat(expected.path("_version").asLong(ChangeEvent.NO_VERSION)).isEqualTo(event.version());
    }

    private static void checkAnswer(byte[] payload, Inbound inbound) {
        if (inbound instanceof Inbound.Response response) {
            assertThat(response.requestId()).isNotEmpty().doesNotContain("/");
            checkReply(payload, response.reply());
        } else if (inbound instanceof Inbound.ScopeRefused refused) {
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
        } else {
            checkHello(((Inbound.HelloAnswered) inbound).answer());
        }
    }

    private static void checkReply(byte[] payload, Reply reply) {
        JsonNode json = Json.read(payload);
        if (reply instanceof Reply.Refused refused) {
            assertThat(refused.code()).isEqualTo(json.path("code").asInt());
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
            return;
        }
        Reply.Ok ok = (Reply.Ok) reply;
        JsonNode data = json.path("data");
        Same.assertSame(ok.data(), data);
        assertThat(ok.isList()).isEqualTo(data.isArray());
        if (!data.isMissingNode()) {
            Same.assertSame(Json.read(ok.json()), data);
        }
        if (ok.isList()) {
            List<Reply.Item> items = Cost.bounded(payload.length, () -> ok.items(Set.of("id", "_version")));
            assertThat(items).hasSize(data.size());
            for (int i = 0; i < items.size(); i++) {
                checkItem(items.get(i), data.get(i));
            }
        }
    }

    private static void checkItem(Reply.Item item, JsonNode element) {
        assertThat(item.fields().path("id")).isEqualTo(element.path("id"));
        Same.assertSame(item.fields().path("_version"), element.path("_version"));
        if (element.isObject()) {
            Same.assertSame(Json.read(item.json()), element);
            assertThat(JsonBounds.problem(item.json())).isNull();
        } else {
            assertThat(item.json()).isEmpty();
        }
    }

    static void checkHello(HelloAnswer answer) {
        assertThat(answer.round()).isNotEmpty();
        if (answer instanceof HelloAnswer.Whole whole) {
            assertThat(whole.events()).isNotNegative();
        } else if (answer instanceof HelloAnswer.Refused refused) {
            assertThat(refused.message()).hasSizeLessThanOrEqualTo(ABBREVIATED);
            assertThat(refused.retryAfterMillis()).isNotNegative();
        } else {
            checkNodes(((HelloAnswer.Nodes) answer).children());
        }
    }

    private static void checkNodes(Map<String, List<DigestNode>> nodes) {
        assertThat(nodes).isNotEmpty().hasSizeLessThanOrEqualTo(DigestNode.MAX_PREFIXES);
        nodes.forEach((prefix, children) -> {
            assertThat(prefix).matches("[0-9a-f]{0,15}");
            assertThat(children).hasSize(DigestNode.CHILDREN).allSatisfy(child -> {
                assertThat(child.n()).isNotNegative();
                assertThat(child.fp()).hasSizeLessThanOrEqualTo(64);
            });
        });
    }
}
