package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Writes what peers say on hello topics (protocol sections 4.8, 4.9 and 5.3), which {@link PeerHelloReader} reads. Pure functions. */
public final class PeerHellos {
    static final String CLIENT_ID = "clientId";
    static final String FROM = "from";
    static final String ROUND = "round";
    static final String DIGEST = "digest";
    static final String WITHIN = "within";
    static final String MANIFEST = "manifest";
    static final String ROOT_NAME = "rootName";
    static final String CONNECTED_AT = "connectedAt";
    static final String SAID_AT = "saidAt";
    static final String FEATURES = "features";
    static final String NEWCOMER = "newcomer";
    static final String IN_TURN = "inTurn";
    static final String TO = "to";
    static final String NODES = "nodes";
    static final String EVENTS = "events";
    static final String SUM = "sum";
    static final int MAX_NAMES = 16;

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
}
