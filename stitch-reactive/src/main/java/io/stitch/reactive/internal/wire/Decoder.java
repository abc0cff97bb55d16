package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.InboundMessage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;

import java.util.List;
import java.util.Set;

/**
 * Decodes what a broker delivers to a client in server mode, and drops what breaks a rule.
 *
 * <p>Stateless and safe on any thread: it runs on the transport's threads, before anything touches the store. It never
 * throws: whatever arrives becomes an {@link Inbound}.
 */
public final class Decoder {
    /** Four times what the protocol lets a part of a hello have (protocol section 4.9). */
    private static final int MOST_WITHOUT_RECORDS = 4 * DigestNode.MAX_BYTES;

    /** A client id of 128 bytes and a user name of 256 characters, each of them escaped, and some words. */
    private static final int LONGEST_PRESENCE = 4_096;

    private static final Set<String> REPLY_FIELDS = Set.of("status", "code", "message");

    private final WireSchema schema;
    private final EventRules rules;
    private final @Nullable String user;
    private final String trustedSender;
    private final int maxBytes;
    private final String timeField;
    private final String prefix;
    private final String inbox;
    private final String presencePrefix;

    /**
     * Makes a decoder.
     *
     * @param topics the prefixes
     * @param schema the entities
     * @param clientId this client, for its inbox
     * @param trustedSender how the user name of the server's own publishers begins
     * @param maxBytes the largest payload that is read
     * @param timeField the field of a record that says when it was changed
     */
    public Decoder(
            Topics topics, WireSchema schema, String clientId, String trustedSender, int maxBytes, String timeField) {
        this(topics, schema, clientId, null, trustedSender, maxBytes, timeField);
    }

    /**
     * Makes a decoder that reads the events of a user, too.
     *
     * @param topics the prefixes
     * @param schema the entities
     * @param clientId this client, for its inbox
     * @param user whose events are read, or {@code null} for nobody's
     * @param trustedSender how the user name of the server's own publishers begins
     * @param maxBytes the largest payload that is read
     * @param timeField the field of a record that says when it was changed
     */
    public Decoder(
            Topics topics,
            WireSchema schema,
            String clientId,
            @Nullable String user,
            String trustedSender,
            int maxBytes,
            String timeField) {
        this.user = user;
        this.timeField = timeField;
        this.schema = schema;
        this.rules = new EventRules(schema);
        this.trustedSender = trustedSender;
        this.maxBytes = maxBytes;
        this.prefix = topics.prefix() + '/';
        this.presencePrefix = prefix + Topics.PRESENCE;
        this.inbox = topics.responsePrefix() + '/' + clientId + '/';
    }

    /**
     * Decodes one message.
     *
     * @param message the message
     * @return what it is
     */
    public Inbound decode(InboundMessage message) {
        String topic = message.topic();
        byte[] payload = message.payload();
        boolean presence = topic.startsWith(presencePrefix);
        if (message.retain() && !presence) {
            return new Inbound.Dropped(DiagnosticCode.RETAINED, topic, "the retain flag is set");
        }
        String forgery = presence ? forgedPresence(message.userProperties()) : forgery(message.userProperties());
        if (forgery != null) {
            return new Inbound.Dropped(DiagnosticCode.FORGED, topic, forgery);
        }
        if (payload.length > maxBytes) {
            return new Inbound.Dropped(
                    DiagnosticCode.TOO_LARGE,
                    topic,
                    "%d bytes; at most %d are read".formatted(payload.length, maxBytes));
        }
        try {
            if (presence) {
                return presence(topic.substring(presencePrefix.length()), payload, message.retain());
            }
            if (topic.startsWith(inbox)) {
                return inbox(topic, topic.substring(inbox.length()), payload);
            }
            if (topic.startsWith(prefix)) {
                return event(topic, topic.substring(prefix.length()), payload, false);
            }
            return new Inbound.Dropped(DiagnosticCode.UNKNOWN_TOPIC, topic, "below neither prefix");
        } catch (JacksonException e) {
            return Inbound.Dropped.unreadable(topic, e);
        } catch (RejectedMessage e) {
            return new Inbound.Dropped(e.code, topic, e.detail);
        }
    }

    /** A broker names one sender. Where there are more, one of them came with the message, and nobody knows which. */
    private @Nullable String forgery(List<UserProperty> properties) {
        List<String> senders = properties.stream()
                .filter(each -> each.name().equals(Topics.SENDER_PROPERTY))
                .map(UserProperty::value)
                .toList();
        if (senders.size() > 1) {
            return "published with %d senders, of which the broker names one".formatted(senders.size());
        }
        return senders.isEmpty() || senders.get(0).startsWith(trustedSender)
                ? null
                : "published by user '%s', not by the server".formatted(ForeignText.quoted(senders.get(0)));
    }

    /** The broker itself says who is connected, and names no sender: where one is named, a client has published it. */
    private static @Nullable String forgedPresence(List<UserProperty> properties) {
        return properties.stream().anyMatch(each -> each.name().equals(Topics.SENDER_PROPERTY))
                ? "it names a sender, so a client has published it, not the broker"
                : null;
    }

    private static Inbound presence(String clientId, byte[] payload, boolean retained) {
        if (payload.length > LONGEST_PRESENCE) {
            throw new RejectedMessage(
                    DiagnosticCode.TOO_LARGE,
                    "%d bytes; at most %d are read of who is connected".formatted(payload.length, LONGEST_PRESENCE));
        }
        String problem = Names.clientIdProblem(clientId);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.INVALID_ID, problem);
        }
        JsonNode json = Json.read(payload);
        if (!Json.text(clientId).equals(json.path("client_id"))) {
            throw new RejectedMessage(DiagnosticCode.CONTRADICTS_TOPIC, "the payload's client is not the topic's");
        }
        String event = json.path("event").asString("");
        JsonNode at = json.path("ts");
        boolean connected = event.equals("connect");
        if (!(connected || event.equals("disconnect"))
                || !at.isIntegralNumber()
                || !at.canConvertToLong()
                || at.asLong() < 0
                || at.asLong() > ChangeEvent.MAX_VERSION) {
            throw new RejectedMessage(
                    DiagnosticCode.MALFORMED_EVENT, "neither connect nor disconnect with a time in milliseconds");
        }
        return new Inbound.Presence(clientId, userOf(json.path("user_id")), connected, at.asLong(), retained);
    }

    /** A name that somebody else chose, and that applications show: one that is not fit to be read is refused as a whole. */
    private static @Nullable String userOf(JsonNode user) {
        if (user.isNull() || user.isMissingNode()) {
            return null;
        }
        String name = user.isString() ? user.stringValue() : "";
        if (name.isEmpty() || !ForeignText.quoted(name).equals(name)) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the user is no name that can be shown");
        }
        return name;
    }

    private Inbound inbox(String topic, String rest, byte[] payload) {
        if (rest.equals(Topics.SCOPE_OPEN_ERROR)) {
            return scopeRefused(small(payload));
        }
        if (rest.startsWith(Topics.REPLAY_INBOX)) {
            return event(topic, rest.substring(Topics.REPLAY_INBOX.length()), payload, true);
        }
        if (rest.startsWith(Topics.HELLO_INBOX)) {
            String scopeId = rest.substring(Topics.HELLO_INBOX.length());
            return new Inbound.HelloAnswered(scopeId, HelloAnswer.read(small(payload)));
        }
        if (rest.isEmpty() || rest.indexOf('/') >= 0) {
            throw new RejectedMessage(DiagnosticCode.UNKNOWN_TOPIC, "neither a reply nor a replay");
        }
        return new Inbound.Response(rest, reply(ReplyPayload.read(payload, REPLY_FIELDS)));
    }

    /** What has no records in it: a refusal is a sentence, and an answer to a hello is at most as large as a part of one. */
    private static JsonNode small(byte[] payload) {
        if (payload.length > MOST_WITHOUT_RECORDS) {
            throw new RejectedMessage(
                    DiagnosticCode.TOO_LARGE,
                    "%d bytes; at most %d are read of what has no records in it"
                            .formatted(payload.length, MOST_WITHOUT_RECORDS));
        }
        return Json.read(payload);
    }

    private static Reply reply(ReplyPayload payload) {
        JsonNode json = payload.json();
        String status = json.path("status").asString("");
        if (status.equals("ok")) {
            return payload.ok();
        }
        JsonNode code = json.path("code");
        if (status.equals("error") && code.canConvertToInt() && code.isIntegralNumber()) {
            return new Reply.Refused(
                    code.intValue(), ForeignText.quoted(json.path("message").asString("")));
        }
        throw new RejectedMessage(DiagnosticCode.MALFORMED_REPLY, "neither status ok nor status error with a code");
    }

    private static Inbound scopeRefused(JsonNode json) {
        JsonNode scopeId = json.path("scopeId");
        JsonNode code = json.path("code");
        if (!scopeId.isString() || !code.isIntegralNumber() || !code.canConvertToInt()) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_REPLY, "a scope-open-error needs a scopeId and a code");
        }
        return new Inbound.ScopeRefused(
                scopeId.stringValue(),
                code.intValue(),
                ForeignText.quoted(json.path("message").asString("")));
    }

    private Inbound event(String topic, String path, byte[] bytes, boolean replay) {
        String[] levels = path.split("/", -1);
        boolean ofRoot = levels.length == 4 && levels[2].equals("events") && levels[0].equals(schema.root());
        boolean ofChild = levels.length == 5 && levels[3].equals("events") && levels[0].equals(schema.root());
        boolean ofUser = levels.length == 5 && levels[2].equals("events") && levels[0].equals(Topics.USERS);
        String scopeField = ofChild ? rules.scopeField(levels[2]) : ofUser ? rules.scopeField(levels[3]) : null;
        EventPayload<?> payload = EventPayload.read(bytes, scopeField, timeField, Decoder::noStamp);
        if (ofUser && !replay) {
            return ofUser(levels[1], levels[3], levels[4], payload);
        }
        if (ofRoot) {
            return scoped(levels[1], levels[0], levels[3], payload, replay);
        }
        if (ofChild) {
            return scoped(levels[1], levels[2], levels[4], payload, replay);
        }
        if ((levels.length == 3 || levels.length == 4) && levels[1].equals("events")) {
            return topLevel(levels[0], levels[levels.length - 1], payload, replay);
        }
        return new Inbound.Dropped(DiagnosticCode.UNKNOWN_TOPIC, topic, "not an event topic");
    }

    private Inbound scoped(String scopeId, String entity, String suffix, EventPayload<?> payload, boolean replay) {
        return changeEvent(scopeId, entity, rules.scoped(scopeId, entity, suffix, payload), payload, replay);
    }

    private Inbound topLevel(String entity, String topicId, EventPayload<?> payload, boolean replay) {
        if (!schema.topLevel().contains(entity)) {
            throw EventRules.unknownEntity(entity);
        }
        return changeEvent(null, entity, unscoped(topicId, payload), payload, replay);
    }

    /** Whatever the user may see comes here, whether this client has it open or not. */
    private Inbound ofUser(String whose, String entity, String topicId, EventPayload<?> payload) {
        if (!whose.equals(user)) {
            throw new RejectedMessage(DiagnosticCode.UNKNOWN_TOPIC, "events of somebody else than this client's user");
        }
        boolean root = entity.equals(schema.root());
        boolean child = schema.children().containsKey(entity);
        boolean shares = entity.equals(Topics.SHARES);
        if (!root && !child && !shares && !schema.topLevel().contains(entity)) {
            throw EventRules.unknownEntity(entity);
        }
        if (payload.entity() != null && !entity.equals(payload.entity())) {
            throw new RejectedMessage(DiagnosticCode.CONTRADICTS_TOPIC, "the payload's entity is not the topic's");
        }
        EventRules.Checked checked = unscoped(topicId, payload);
        if (shares) {
            return new Inbound.SharesChanged(
                    payload.hasRecord() ? sharedScope(Json.readObject(payload.record())) : null);
        }
        String scope = root ? checked.id() : child ? payload.scope() : null;
        if (scope != null) {
            EventRules.requireValidId(scope);
        } else if (child && checked.operation() != Operation.DELETE) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the record does not say which scope it is in");
        }
        Inbound.Event event = changeEvent(scope, entity, checked, payload, false);
        return new Inbound.UserEvent(event.event(), event.count());
    }

    private @Nullable String sharedScope(JsonNode share) {
        return share.path("resource_entity").asString("").equals(schema.root())
                ? share.path("resource_id").asString("")
                : null;
    }

    /** Checks an event whose operation only the payload tells. */
    private static EventRules.Checked unscoped(String topicId, EventPayload<?> payload) {
        Operation operation = Operation.ofPayloadName(payload.operation());
        if (operation == null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the operation is not Create, Update or Delete");
        }
        String id = EventRules.idOf(payload);
        if (!id.equals(topicId)) {
            throw new RejectedMessage(DiagnosticCode.CONTRADICTS_TOPIC, "the payload's id is not the topic's");
        }
        EventRules.requireRecord(payload, operation);
        return new EventRules.Checked(id, operation);
    }

    /** That there is a stamp is enough to know that no server sent it. */
    private static @Nullable Void noStamp(JsonParser parser) {
        return null;
    }

    private static Inbound.Event changeEvent(
            @Nullable String scopeId,
            String entity,
            EventRules.Checked checked,
            EventPayload<?> payload,
            boolean replay) {
        if (payload.hasRecord()) {
            EventRules.correctId(payload, checked.id());
        }
        if (payload.version() < ChangeEvent.NO_VERSION) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "_version is not an integer from 0 to 2^53-1");
        }
        if (payload.hasStamp() || payload.recordHasStamp()) {
            throw new RejectedMessage(
                    DiagnosticCode.WRONG_MODE, "the event carries _hlc: it was written by a peer, not by a server");
        }
        return new Inbound.Event(
                new ChangeEvent(
                        scopeId,
                        entity,
                        checked.id(),
                        checked.operation(),
                        payload.hasRecord() ? payload.record() : null,
                        payload.version(),
                        payload.updatedAt(),
                        payload.hasOperationId(),
                        replay || payload.sender().equals(Topics.REPLAY_SENDER),
                        replay && payload.isRestored()),
                payload.count());
    }
}
