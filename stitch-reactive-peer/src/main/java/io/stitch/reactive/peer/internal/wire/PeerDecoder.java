package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.EventRules;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonScan;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Decodes what a broker delivers to a peer, and drops what breaks a rule.
 *
 * <p>Stateless and safe on any thread: it runs on the transport's threads, before anything touches the store. It never
 * throws: whatever arrives becomes an {@link Inbound}.
 */
public final class PeerDecoder {
    /** Stamps tell what is newer, and nothing else. */
    private static final String NO_TIME = "";

    private final EventRules rules;
    private final Check check;
    private final Mergeable mergeable;
    private final Opener opener;
    private final Proofs proofs;
    private final int maxBytes;
    private final String prefix;
    private final String root;

    /** Decides whether a message is by whom it must be. Any thread; must not throw. */
    @FunctionalInterface
    public interface Check {
        /**
         * Checks a message.
         *
         * @param topic its topic
         * @param payload its payload
         * @param property looks up an MQTT user property, {@code null} when absent
         * @return what is wrong, or {@code null}
         */
        @Nullable
        String problem(String topic, byte[] payload, UnaryOperator<@Nullable String> property);
    }

    /** Decides whether what a record carries beside its fields can be merged. Any thread. */
    @FunctionalInterface
    public interface Mergeable {
        /**
         * Looks for what breaks a rule.
         *
         * @param bookkeeping what the record carries beside its fields
         * @param stamp its stamp
         * @return what is wrong, or {@code null}
         */
        @Nullable
        String problem(ObjectNode bookkeeping, Hlc stamp);

        /**
         * Looks for fields that show something else than that says.
         *
         * @param record the record, nothing of which breaks a rule
         * @param stamp its stamp
         * @param scopeField the field that names its scope; empty if it has none
         * @return what they must be; by default there are none
         */
        default Map<String, JsonNode> contradictions(byte[] record, Hlc stamp, String scopeField) {
            return Map.of();
        }
    }

    /** Decides whether a write is its author's. Any thread. */
    @FunctionalInterface
    public interface Proofs {
        /**
         * Checks a write.
         *
         * @param scope its scope
         * @param entity its record's entity
         * @param id its record's id
         * @param stamp its stamp
         * @param record the record as it will be kept; {@code null} for a delete
         * @param event the payload
         * @return of a delete the signature to be kept with it, as JSON; else {@code null}
         * @throws RejectedMessage if it is not its author's
         */
        @Nullable
        String require(String scope, String entity, String id, Hlc stamp, byte @Nullable [] record, byte[] event);
    }

    /** Decrypts what is said in a scope. Any thread. */
    @FunctionalInterface
    public interface Opener {
        /**
         * Makes of what came a payload.
         *
         * @param scopeId the scope, which may be none that the protocol allows
         * @param topic the topic
         * @param payload what came
         * @return the payload; the same, if it is not encrypted and need not be
         * @throws SealedMessage if there is none
         */
        byte[] open(String scopeId, String topic, byte[] payload);
    }

    /**
     * Makes a decoder.
     *
     * @param topics the prefixes
     * @param schema the entities
     * @param check decides who may publish
     * @param mergeable says what is wrong with the fields in which a record with a stamp carries how the others are merged, or {@code null}
     * @param opener decrypts what is said in scopes
     * @param proofs decides who wrote what
     * @param maxBytes the largest payload that is read
     */
    public PeerDecoder(
            Topics topics,
            WireSchema schema,
            Check check,
            Mergeable mergeable,
            Opener opener,
            Proofs proofs,
            int maxBytes) {
        this.mergeable = mergeable;
        this.rules = new EventRules(schema);
        this.check = check;
        this.opener = opener;
        this.proofs = proofs;
        this.maxBytes = maxBytes;
        this.prefix = topics.prefix() + '/';
        this.root = schema.root();
    }

    /**
     * Decodes one message.
     *
     * @param topic its topic
     * @param payload its payload
     * @param retain its retain flag
     * @param property looks up an MQTT user property, {@code null} when absent
     * @return what it is
     */
    public Inbound decode(String topic, byte[] payload, boolean retain, UnaryOperator<@Nullable String> property) {
        if (retain) {
            return new Inbound.Dropped(DiagnosticCode.RETAINED, topic, "the retain flag is set");
        }
        if (payload.length > maxBytes) {
            return new Inbound.Dropped(
                    DiagnosticCode.TOO_LARGE,
                    topic,
                    "%d bytes; at most %d are read".formatted(payload.length, maxBytes));
        }
        if (!topic.startsWith(prefix)) {
            return new Inbound.Dropped(DiagnosticCode.UNKNOWN_TOPIC, topic, "not below the prefix");
        }
        String[] levels = topic.substring(prefix.length()).split("/", -1);
        // A write is proved by its author's signature, whoever passes it on; what somebody says of itself by the
        // message's.
        String problem = isHello(levels) || isGone(levels) ? check.problem(topic, payload, property) : null;
        if (problem != null) {
            return new Inbound.Dropped(DiagnosticCode.FORGED, topic, problem);
        }
        try {
            return decode(topic, levels, payload);
        } catch (JacksonException e) {
            return Inbound.Dropped.unreadable(topic, e);
        } catch (SealedMessage e) {
            return new PeerInbound.Sealed(scopeOf(levels), isHello(levels), e.code, e.kid, topic, e.detail);
        } catch (RejectedMessage e) {
            return new Inbound.Dropped(e.code, topic, e.detail);
        }
    }

    private Inbound decode(String topic, String[] levels, byte[] payload) {
        if (levels.length == 2 && levels[0].equals(PeerTopics.WHO)) {
            // Nothing in it is read: asking needs no right, and changes nothing.
            return new PeerInbound.Who(requirePeer(levels[1]));
        }
        if (isGone(levels)) {
            return new PeerInbound.Gone(requirePeer(levels[1]), PeerPayloads.connectedAt(Json.read(payload)));
        }
        boolean rootEvent = levels.length == 4 && levels[2].equals("events");
        if (levels[0].equals(root) && (isHello(levels) || rootEvent || isChildEvent(levels))) {
            String scopeId = EventRules.requireValidId(levels[1]);
            byte[] opened = opener.open(scopeId, topic, payload);
            try {
                return isHello(levels)
                        ? hello(scopeId, opened)
                        : event(scopeId, rootEvent ? root : levels[2], levels[levels.length - 1], opened);
            } catch (RejectedMessage e) {
                throw explained(e, opened);
            }
        }
        if (levels[0].equals(PeerTopics.TOP) && (isHello(levels) || isChildEvent(levels))) {
            return topLevel(topic, levels, payload);
        }
        return new Inbound.Dropped(DiagnosticCode.UNKNOWN_TOPIC, topic, "neither an event nor a hello");
    }

    /** Before anything is decrypted, for what is of no entity is nobody's. */
    private Inbound topLevel(String topic, String[] levels, byte[] payload) {
        String entity = rules.requireTopLevel(levels[1]);
        if (!isHello(levels) && !levels[2].equals(entity)) {
            throw EventRules.unknownEntity(levels[2]);
        }
        String scope = scopeOf(levels);
        byte[] opened = opener.open(scope, topic, payload);
        try {
            return isHello(levels) ? hello(scope, opened) : event(scope, entity, levels[levels.length - 1], opened);
        } catch (RejectedMessage e) {
            throw explained(e, opened);
        }
    }

    private static String scopeOf(String[] levels) {
        return levels[0].equals(PeerTopics.TOP) ? WireSchema.topLevelKey(levels[1]) : levels[1];
    }

    private static boolean isChildEvent(String[] levels) {
        return levels.length == 5 && levels[3].equals("events");
    }

    private static boolean isGone(String[] levels) {
        return levels.length == 2 && levels[0].equals(PeerTopics.GONE);
    }

    private static boolean isHello(String[] levels) {
        return levels.length == 3 && levels[2].equals("hello");
    }

    /** What is encrypted where nothing should be has none of the fields that a message needs. */
    private static RejectedMessage explained(RejectedMessage why, byte[] payload) {
        PeerEnvelope envelope = PeerEnvelope.read(payload);
        return envelope == null
                ? why
                : new SealedMessage(
                        DiagnosticCode.NOT_DECRYPTED,
                        envelope.kid(),
                        "it is encrypted with the key '%s', and the scope is not encrypted here"
                                .formatted(envelope.kid()));
    }

    /** Only who says it, and what it is a part of: whether the manifest is worth reading is decided by that. */
    private static Inbound hello(String scopeId, byte[] payload) {
        String peer = null;
        String round = null;
        String rootName = null;
        boolean isAnswer = false;
        boolean isPart = false;
        try (JsonParser parser = Json.streaming(payload)) {
            boolean more = parser.nextToken() == JsonToken.START_OBJECT;
            for (String name = more ? parser.nextName() : null; name != null; name = parser.nextName()) {
                if (peer != null && name.equals(PeerHellos.MANIFEST)) {
                    break;
                }
                parser.nextToken();
                switch (name) {
                    case PeerHellos.CLIENT_ID -> peer = JsonScan.text(parser);
                    case PeerHellos.FROM -> isAnswer = true;
                    case PeerHellos.ROOT_NAME -> rootName = JsonScan.text(parser);
                    case PeerHellos.ROUND -> round = JsonScan.text(parser);
                    case PeerHellos.WITHIN -> isPart = true;
                    case PeerHellos.DIGEST -> {
                        isPart = true;
                        round = roundIn(parser);
                    }
                    default -> {}
                }
                parser.skipChildren();
            }
        }
        if (peer == null && isAnswer) {
            return PeerHelloReader.answer(scopeId, payload);
        }
        if (peer == null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "a hello needs a clientId");
        }
        return new PeerInbound.Hello(
                scopeId,
                requirePeer(peer),
                isPart && PeerHelloReader.isRound(round) ? round : null,
                ForeignText.quoted(rootName),
                payload);
    }

    private static @Nullable String roundIn(JsonParser parser) {
        String round = null;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                round = name.equals(PeerHellos.ROUND) ? JsonScan.text(parser) : round;
                parser.skipChildren();
            }
        }
        return round;
    }

    private Inbound event(String scopeId, String entity, String suffix, byte[] bytes) {
        EventPayload<Hlc> payload = EventPayload.read(bytes, rules.scopeField(entity), NO_TIME, Hlc::read);
        EventRules.Checked checked = WireSchema.isTopLevel(scopeId)
                ? rules.topLevel(entity, suffix, payload)
                : rules.scoped(scopeId, entity, suffix, payload);
        Hlc stamp = stampOf(payload);
        boolean hasRecord = checked.operation() != Operation.DELETE;
        if (hasRecord) {
            requireMergeable(payload, stamp);
            mend(payload, entity, stamp);
            EventRules.correctId(payload, checked.id());
            if (!payload.recordHasStamp()) {
                payload.correct(Hlc.FIELD, stamp.toJson());
            }
        }
        if (!payload.sender().isEmpty()) {
            requirePeer(payload.sender());
        }
        byte[] record = hasRecord ? payload.record() : null;
        String proof = proofs.require(scopeId, entity, checked.id(), stamp, record, bytes);
        ChangeEvent event = new ChangeEvent(
                scopeId,
                entity,
                checked.id(),
                checked.operation(),
                record,
                stamp.ts(),
                Double.NaN,
                false,
                payload.isReplay(),
                false);
        return new PeerInbound.Event(event, stamp, payload.sender(), proof);
    }

    private static Hlc stampOf(EventPayload<Hlc> payload) {
        if (payload.hasVersion()) {
            throw new RejectedMessage(
                    DiagnosticCode.WRONG_MODE, "the record carries _version: a server stored it, not a peer");
        }
        if (!payload.hasStamp() && !payload.recordHasStamp()) {
            throw new RejectedMessage(DiagnosticCode.WRONG_MODE, "the event carries no hlc: no peer wrote it");
        }
        Hlc stamp = payload.hasStamp() ? payload.stamp() : payload.recordStamp();
        if (stamp == null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the hlc is not a stamp within its bounds");
        }
        if (payload.recordHasStamp() && !stamp.equals(payload.recordStamp())) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the record's _hlc is not the event's hlc");
        }
        return stamp;
    }

    private void requireMergeable(EventPayload<Hlc> payload, Hlc stamp) {
        ObjectNode bookkeeping = payload.bookkeeping();
        String problem = bookkeeping == null ? null : mergeable.problem(bookkeeping, stamp);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, problem);
        }
    }

    /** What was put in and taken out says what a field is, whatever it shows. */
    private void mend(EventPayload<Hlc> payload, String entity, Hlc stamp) {
        ObjectNode bookkeeping = payload.bookkeeping();
        if (bookkeeping != null
                && (bookkeeping.has(EventPayload.RECORD_SETS) || bookkeeping.has(EventPayload.RECORD_COUNTERS))) {
            String scopeField = rules.scopeField(entity);
            mergeable
                    .contradictions(payload.record(), stamp, scopeField == null ? "" : scopeField)
                    .forEach(payload::correct);
        }
    }

    static String requirePeer(String peer) {
        String problem = Names.clientIdProblem(peer);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, problem);
        }
        return peer;
    }
}
