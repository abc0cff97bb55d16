package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonScan;
import io.stitch.reactive.internal.wire.RejectedMessage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Writes and reads what peers say on hello topics (protocol sections 4.8, 4.9 and 5.3). Pure functions. */
public final class PeerHellos {
    static final String CLIENT_ID = "clientId";
    static final String FROM = "from";
    static final String ROUND = "round";
    static final String DIGEST = "digest";
    static final String WITHIN = "within";
    static final String MANIFEST = "manifest";
    static final String ROOT_NAME = "rootName";
    private static final String CONNECTED_AT = "connectedAt";
    private static final String SAID_AT = "saidAt";
    private static final String FEATURES = "features";
    private static final String NEWCOMER = "newcomer";
    private static final String IN_TURN = "inTurn";
    private static final String TO = "to";
    private static final String NODES = "nodes";
    private static final String EVENTS = "events";
    private static final String SUM = "sum";
    private static final int MAX_SUM = 64;
    private static final int MAX_ROUND = 128;
    private static final int MAX_NAMES = 16;

    private PeerHellos() {}

    /**
     * Who says a hello, and when.
     *
     * @param clientId who says it
     * @param key the public key that it signs with, or {@code null}
     * @param connectedAt when it began its connection, in milliseconds since 1970
     * @param saidAt when it says this, in milliseconds since 1970; -1 to leave it out
     * @param features what it can do beyond a manifest
     * @param newcomer whether it does not know yet who is there
     * @param inTurn the newcomers whom it greets
     * @param rootName what the scope's root is called; empty to leave it out
     */
    public record Head(
            String clientId,
            @Nullable String key,
            long connectedAt,
            long saidAt,
            Set<String> features,
            boolean newcomer,
            List<String> inTurn,
            String rootName) {
        /**
         * The head of a peer that does not say what the scope is called.
         *
         * @param clientId who says it
         * @param key the public key that it signs with, or {@code null}
         * @param connectedAt when it began its connection, in milliseconds since 1970
         * @param saidAt when it says this, in milliseconds since 1970; -1 to leave it out
         * @param features what it can do beyond a manifest
         * @param newcomer whether it does not know yet who is there
         * @param inTurn the newcomers whom it greets
         */
        public Head(
                String clientId,
                @Nullable String key,
                long connectedAt,
                long saidAt,
                Set<String> features,
                boolean newcomer,
                List<String> inTurn) {
            this(clientId, key, connectedAt, saidAt, features, newcomer, inTurn, "");
        }

        /**
         * Says what the scope is called, too.
         *
         * @param name what its root is called; empty to leave it out
         * @return such a head
         */
        public Head named(String name) {
            return new Head(clientId, key, connectedAt, saidAt, features, newcomer, inTurn, name);
        }

        /**
         * The head of a peer that can do nothing beyond a manifest.
         *
         * @param clientId who says it
         * @param key the public key that it signs with, or {@code null}
         * @param connectedAt when it began its connection, in milliseconds since 1970
         */
        public Head(String clientId, @Nullable String key, long connectedAt) {
            this(clientId, key, connectedAt, -1, Set.of(), false, List.of());
        }

        /**
         * How many newcomers one hello can greet by name.
         *
         * @param newcomers all of them
         * @return the first ones
         */
        public static List<String> greeted(Collection<String> newcomers) {
            return newcomers.stream().limit(MAX_NAMES).toList();
        }
    }

    // ---- writing ----

    /**
     * Writes a hello with all that a peer holds.
     *
     * @param head who says it
     * @param round what it wants an answer to; {@code null} if it wants none
     * @param manifest what it holds
     * @return the payload
     */
    public static byte[] whole(Head head, @Nullable String round, Collection<PeerPayloads.Entry> manifest) {
        return hello(head, 192 + manifest.size() * 112, json -> {
            if (round != null) {
                json.writeStringProperty(ROUND, round);
            }
            write(json, manifest);
        });
    }

    /**
     * Writes a hello with what a peer holds below some prefixes.
     *
     * @param head who says it
     * @param round the round
     * @param prefixes the prefixes
     * @param manifest what it holds there
     * @return the payload
     */
    public static byte[] part(
            Head head, String round, Collection<String> prefixes, Collection<PeerPayloads.Entry> manifest) {
        return hello(head, 192 + prefixes.size() * 8 + manifest.size() * 112, json -> {
            json.writeStringProperty(ROUND, round);
            write(json, WITHIN, prefixes);
            write(json, manifest);
        });
    }

    /**
     * Writes a hello with the fingerprint of all that a peer holds.
     *
     * @param head who says it
     * @param round the round
     * @param root the fingerprint
     * @return the payload
     */
    public static byte[] root(Head head, String round, DigestNode root) {
        return hello(head, 320, json -> {
            json.writeObjectPropertyStart(DIGEST);
            json.writeStringProperty(ROUND, round);
            json.writeNumberProperty("n", root.n());
            json.writeStringProperty("fp", root.fp());
            json.writeEndObject();
        });
    }

    /**
     * Writes a question for the fingerprints below some prefixes.
     *
     * @param head who asks
     * @param round the round
     * @param to who is asked
     * @param prefixes the prefixes
     * @return the payload
     */
    public static byte[] ask(Head head, String round, String to, Collection<String> prefixes) {
        return hello(head, 320 + prefixes.size() * 8, json -> {
            json.writeStringProperty(TO, to);
            json.writeObjectPropertyStart(DIGEST);
            json.writeStringProperty(ROUND, round);
            write(json, "ask", prefixes);
            json.writeEndObject();
        });
    }

    private static byte[] hello(Head head, int size, Consumer<JsonGenerator> body) {
        return object(size, json -> {
            json.writeStringProperty(CLIENT_ID, head.clientId());
            if (head.key() != null) {
                json.writeStringProperty("key", head.key());
            }
            json.writeNumberProperty(CONNECTED_AT, head.connectedAt());
            if (head.saidAt() >= 0) {
                json.writeNumberProperty(SAID_AT, head.saidAt());
            }
            if (!head.features().isEmpty()) {
                write(json, FEATURES, head.features());
            }
            if (head.newcomer()) {
                json.writeBooleanProperty(NEWCOMER, true);
            }
            if (!head.inTurn().isEmpty()) {
                write(json, IN_TURN, head.inTurn());
            }
            if (!head.rootName().isEmpty()) {
                json.writeStringProperty(ROOT_NAME, head.rootName());
            }
            body.accept(json);
        });
    }

    /**
     * Writes the last word on a hello.
     *
     * @param from who says it
     * @param features what that peer can do
     * @param to whose hello it was
     * @param round the round of the hello
     * @param events how many events it was answered with
     * @return the payload
     */
    public static byte[] events(String from, Set<String> features, String to, String round, int events) {
        return answer(from, features, to, round, 192, json -> json.writeNumberProperty(EVENTS, events));
    }

    /**
     * Writes what a peer holds below each child of some prefixes.
     *
     * @param from who says it
     * @param features what that peer can do
     * @param to who asked
     * @param round the round of the hello
     * @param nodes the children by prefix
     * @return the payload
     */
    public static byte[] nodes(
            String from, Set<String> features, String to, String round, Map<String, List<DigestNode>> nodes) {
        return answer(from, features, to, round, 192 + nodes.size() * 640, json -> {
            json.writeObjectPropertyStart(NODES);
            nodes.forEach((prefix, children) -> {
                json.writeArrayPropertyStart(prefix);
                for (DigestNode child : children) {
                    json.writeStartArray();
                    json.writeNumber(child.n());
                    json.writeString(child.fp());
                    json.writeEndArray();
                }
                json.writeEndArray();
            });
            json.writeEndObject();
        });
    }

    /** It has no {@code clientId}: a peer that knows hellos alone would take it for one too many. */
    private static byte[] answer(
            String from, Set<String> features, String to, String round, int size, Consumer<JsonGenerator> body) {
        return object(size, json -> {
            json.writeStringProperty(FROM, from);
            json.writeStringProperty(TO, to);
            write(json, FEATURES, features);
            json.writeStringProperty(ROUND, round);
            body.accept(json);
        });
    }

    private static byte[] object(int size, Consumer<JsonGenerator> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(size);
        try (JsonGenerator json = Json.mapper().createGenerator(bytes)) {
            json.writeStartObject();
            fields.accept(json);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, String name, Collection<String> texts) {
        json.writeArrayPropertyStart(name);
        texts.forEach(json::writeString);
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, Collection<PeerPayloads.Entry> manifest) {
        json.writeArrayPropertyStart(MANIFEST);
        for (PeerPayloads.Entry entry : manifest) {
            json.writeStartObject();
            json.writeStringProperty("id", entry.id());
            json.writeStringProperty("entity", entry.entity());
            json.writeObjectPropertyStart("hlc");
            json.writeNumberProperty("ts", entry.stamp().ts());
            json.writeNumberProperty("counter", entry.stamp().counter());
            json.writeStringProperty("nodeId", entry.stamp().nodeId());
            json.writeEndObject();
            String sum = entry.sum();
            if (sum != null) {
                json.writeStringProperty(SUM, sum);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    // ---- reading ----

    /** The fields of a hello that say what is compared, as they are read. */
    private static final class Fields {
        @Nullable
        String round;

        @Nullable
        String to;

        @Nullable
        JsonNode digest;

        @Nullable
        Set<String> within;

        PeerHello.@Nullable Manifest manifest;
    }

    /**
     * Reads a hello.
     *
     * @param payload the payload
     * @return the hello
     * @throws tools.jackson.core.JacksonException if the payload is not JSON or breaks a bound
     * @throws RejectedMessage if it is no hello
     */
    public static PeerHello read(byte[] payload) {
        long connectedAt = -1;
        long saidAt = -1;
        Set<String> features = Set.of();
        boolean newcomer = false;
        Set<String> inTurn = Set.of();
        Fields fields = new Fields();
        try (JsonParser parser = Json.streaming(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed("a hello is an object");
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                switch (name) {
                    case CONNECTED_AT -> connectedAt = PeerPayloads.timeOrNone(JsonScan.integer(parser));
                    case SAID_AT -> saidAt = PeerPayloads.timeOrNone(JsonScan.integer(parser));
                    case FEATURES -> features = texts(parser);
                    case NEWCOMER -> newcomer = parser.currentToken() == JsonToken.VALUE_TRUE;
                    case IN_TURN -> inTurn = texts(parser);
                    case PeerPayloads.REPLAY -> requireOfPeer(JsonScan.text(parser));
                    default -> read(name, parser, payload.length, fields);
                }
                parser.skipChildren();
            }
        }
        return new PeerHello(connectedAt, saidAt, features, newcomer, List.copyOf(inTurn), said(fields));
    }

    private static void read(String name, JsonParser parser, int size, Fields fields) {
        switch (name) {
            case ROUND -> fields.round = JsonScan.text(parser);
            case TO -> fields.to = JsonScan.text(parser);
            case DIGEST -> {
                requireSmall(size);
                fields.digest = parser.readValueAsTree();
            }
            case WITHIN -> {
                requireSmall(size);
                fields.within = prefixes(parser.readValueAsTree(), WITHIN, DigestNode.MAX_DIGITS);
            }
            case MANIFEST -> {
                if (parser.currentToken() == JsonToken.START_ARRAY) {
                    fields.manifest = manifest(parser);
                }
            }
            default -> {}
        }
    }

    private static PeerHello.Said said(Fields fields) {
        JsonNode digest = fields.digest;
        if (digest != null) {
            String round = requireRound(text(digest.path(ROUND)));
            if (digest.has("ask")) {
                String problem = Names.clientIdProblem(String.valueOf(fields.to));
                if (fields.to == null || problem != null) {
                    throw malformed("a question is for one peer");
                }
                return new PeerHello.Ask(
                        round, fields.to, prefixes(digest.path("ask"), "ask", DigestNode.MAX_DIGITS - 1));
            }
            return new PeerHello.Root(round, DigestNode.node(digest.path("n"), digest.path("fp")));
        }
        PeerHello.Manifest manifest = fields.manifest;
        if (manifest == null) {
            throw malformed("a hello needs a manifest or a digest");
        }
        return fields.within == null
                ? new PeerHello.Whole(isRound(fields.round) ? fields.round : null, manifest)
                : new PeerHello.Part(requireRound(fields.round), fields.within, manifest);
    }

    static boolean isRound(@Nullable String round) {
        return round != null && !round.isEmpty() && round.length() <= MAX_ROUND;
    }

    private static String requireRound(@Nullable String round) {
        if (round == null || !isRound(round)) {
            throw malformed("a round is a text of 1 to " + MAX_ROUND + " characters");
        }
        return round;
    }

    private static void requireSmall(int size) {
        if (size > DigestNode.MAX_BYTES) {
            throw malformed("a part of a round has at most " + DigestNode.MAX_BYTES + " bytes");
        }
    }

    /** Names of something; what is none, and what is too much, is left out. */
    private static Set<String> texts(JsonParser parser) {
        Set<String> texts = new LinkedHashSet<>();
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            return texts;
        }
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            String text = JsonScan.text(parser);
            parser.skipChildren();
            if (text != null && text.length() <= MAX_ROUND && texts.size() < MAX_NAMES) {
                texts.add(text);
            }
        }
        return texts;
    }

    private static Set<String> prefixes(JsonNode json, String name, int digits) {
        if (!json.isArray() || json.isEmpty() || json.size() > DigestNode.MAX_PREFIXES) {
            throw malformed(name + " has 1 to " + DigestNode.MAX_PREFIXES + " prefixes");
        }
        Set<String> prefixes = new LinkedHashSet<>();
        for (JsonNode prefix : json) {
            if (!prefix.isString() || !DigestNode.isPrefix(prefix.stringValue(), digits)) {
                throw malformed("a prefix in %s has 0 to %d hexadecimal digits".formatted(name, digits));
            }
            prefixes.add(prefix.stringValue());
        }
        return prefixes;
    }

    private static PeerHello.Manifest manifest(JsonParser parser) {
        List<PeerPayloads.Entry> entries = new ArrayList<>();
        int skipped = 0;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            PeerPayloads.Entry entry = token == JsonToken.START_OBJECT ? entry(parser) : null;
            parser.skipChildren();
            if (entry == null) {
                skipped++;
            } else {
                entries.add(entry);
            }
        }
        return new PeerHello.Manifest(entries, skipped);
    }

    /** Keeps no more than an entry has, whatever is in it: nothing else bounds what a manifest holds. */
    private static PeerPayloads.@Nullable Entry entry(JsonParser parser) {
        String id = null;
        String entity = "";
        Hlc stamp = null;
        boolean versioned = false;
        String sum = null;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "id" -> id = JsonScan.text(parser);
                case "entity" -> entity = JsonScan.text(parser);
                case "hlc" -> stamp = Hlc.read(parser);
                case "version" -> versioned = true;
                case SUM -> sum = JsonScan.text(parser);
                default -> {}
            }
            parser.skipChildren();
        }
        if (stamp == null && versioned) {
            throw wrongMode();
        }
        return id == null || entity == null || stamp == null || Names.idProblem(id) != null
                ? null
                : new PeerPayloads.Entry(entity, id, stamp, sum == null || sum.length() > MAX_SUM ? null : sum);
    }

    /**
     * Reads what somebody answered to a hello.
     *
     * @param scopeId the scope
     * @param payload the payload
     * @return the answer
     * @throws tools.jackson.core.JacksonException if the payload is not JSON or breaks a bound
     * @throws RejectedMessage if it is no answer
     */
    static PeerInbound.Answer answer(String scopeId, byte[] payload) {
        requireSmall(payload.length);
        JsonNode json = Json.read(payload);
        String from = requirePeer(json.path(FROM));
        String to = requirePeer(json.path(TO));
        String round = requireRound(text(json.path(ROUND)));
        boolean answers = false;
        boolean byField = false;
        for (JsonNode feature : json.path(FEATURES)) {
            answers |= PeerHello.DIGEST.equals(text(feature));
            byField |= PeerHello.FIELDS.equals(text(feature));
        }
        JsonNode events = json.path(EVENTS);
        if (events.isIntegralNumber() && events.canConvertToInt() && events.intValue() >= 0) {
            return new PeerInbound.Answer(scopeId, from, to, round, answers, byField, events.intValue(), Map.of());
        }
        if (json.has(NODES)) {
            return new PeerInbound.Answer(
                    scopeId,
                    from,
                    to,
                    round,
                    answers,
                    byField,
                    PeerInbound.Answer.NODES,
                    DigestNode.read(json.path(NODES)));
        }
        throw malformed("an answer has events or nodes");
    }

    private static String requirePeer(JsonNode name) {
        String text = text(name);
        return PeerDecoder.requirePeer(text == null ? "" : text);
    }

    private static @Nullable String text(JsonNode json) {
        return json.isString() ? json.stringValue() : null;
    }

    /** Only servers replay to one client. */
    private static void requireOfPeer(@Nullable String replay) {
        if ("direct".equals(replay)) {
            throw wrongMode();
        }
    }

    private static RejectedMessage wrongMode() {
        return new RejectedMessage(
                DiagnosticCode.WRONG_MODE,
                "it is the hello of a store in server mode, which must not share its topics with peers; it is not answered");
    }

    private static RejectedMessage malformed(String why) {
        return new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, why);
    }
}
