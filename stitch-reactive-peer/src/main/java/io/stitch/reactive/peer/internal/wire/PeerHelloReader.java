package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonScan;
import io.stitch.reactive.internal.wire.RejectedMessage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads what peers say on hello topics (protocol sections 4.8, 4.9 and 5.3), as {@link PeerHellos} writes it or as somebody else does: whatever it
 * is, it is bounded, or it is none. Pure functions.
 */
public final class PeerHelloReader {
    private static final int MAX_SUM = 64;
    private static final int MAX_ROUND = 128;

    private PeerHelloReader() {}

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
                    case PeerHellos.CONNECTED_AT -> connectedAt = PeerPayloads.timeOrNone(JsonScan.integer(parser));
                    case PeerHellos.SAID_AT -> saidAt = PeerPayloads.timeOrNone(JsonScan.integer(parser));
                    case PeerHellos.FEATURES -> features = texts(parser);
                    case PeerHellos.NEWCOMER -> newcomer = parser.currentToken() == JsonToken.VALUE_TRUE;
                    case PeerHellos.IN_TURN -> inTurn = texts(parser);
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
            case PeerHellos.ROUND -> fields.round = JsonScan.text(parser);
            case PeerHellos.TO -> fields.to = JsonScan.text(parser);
            case PeerHellos.DIGEST -> {
                requireSmall(size);
                fields.digest = parser.readValueAsTree();
            }
            case PeerHellos.WITHIN -> {
                requireSmall(size);
                fields.within = prefixes(parser.readValueAsTree(), PeerHellos.WITHIN, DigestNode.MAX_DIGITS);
            }
            case PeerHellos.MANIFEST -> {
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
            String round = requireRound(text(digest.path(PeerHellos.ROUND)));
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
            if (text != null && text.length() <= MAX_ROUND && texts.size() < PeerHellos.MAX_NAMES) {
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
                case PeerHellos.SUM -> sum = JsonScan.text(parser);
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
        String from = requirePeer(json.path(PeerHellos.FROM));
        String to = requirePeer(json.path(PeerHellos.TO));
        String round = requireRound(text(json.path(PeerHellos.ROUND)));
        boolean answers = false;
        boolean byField = false;
        for (JsonNode feature : json.path(PeerHellos.FEATURES)) {
            answers |= PeerHello.DIGEST.equals(text(feature));
            byField |= PeerHello.FIELDS.equals(text(feature));
        }
        JsonNode events = json.path(PeerHellos.EVENTS);
        if (events.isIntegralNumber() && events.canConvertToInt() && events.intValue() >= 0) {
            return new PeerInbound.Answer(scopeId, from, to, round, answers, byField, events.intValue(), Map.of());
        }
        if (json.has(PeerHellos.NODES)) {
            return new PeerInbound.Answer(
                    scopeId,
                    from,
                    to,
                    round,
                    answers,
                    byField,
                    PeerInbound.Answer.NODES,
                    DigestNode.read(json.path(PeerHellos.NODES)));
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
