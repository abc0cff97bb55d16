package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * The hellos of a client (protocol sections 4.2, 4.8 and 4.9).
 *
 * @param clientId who says it
 * @param direct whether to ask for a replay to this client alone
 */
public record Hello(String clientId, boolean direct) {
    /**
     * Writes a hello with all that the client holds.
     *
     * @param round the round that the answer is to name; {@code null} where none is answered
     * @param manifest what the client holds, as the server last confirmed it
     * @return the payload
     */
    public byte[] whole(@Nullable String round, Collection<ManifestEntry> manifest) {
        return write(64 + manifest.size() * 64, json -> {
            if (round != null) {
                json.writeStringProperty("round", round);
            }
            manifest(json, manifest);
        });
    }

    /**
     * Writes a hello with what the client holds below some prefixes.
     *
     * @param round the round
     * @param prefixes the prefixes
     * @param manifest what the client holds below them
     * @return the payload
     */
    public byte[] within(String round, Collection<String> prefixes, Collection<ManifestEntry> manifest) {
        return write(64 + prefixes.size() * 8 + manifest.size() * 64, json -> {
            json.writeStringProperty("round", round);
            texts(json, "within", prefixes);
            manifest(json, manifest);
        });
    }

    /**
     * Writes a hello with the fingerprint of all that the client holds.
     *
     * @param round the round
     * @param root the fingerprint
     * @return the payload
     */
    public byte[] digest(String round, DigestNode root) {
        return write(256, json -> {
            json.writeObjectPropertyStart("digest");
            json.writeStringProperty("round", round);
            json.writeNumberProperty("n", root.n());
            json.writeStringProperty("fp", root.fp());
            json.writeEndObject();
        });
    }

    /**
     * Asks for what the other side holds below each child of some prefixes.
     *
     * @param round the round
     * @param prefixes the prefixes
     * @return the payload
     */
    public byte[] ask(String round, List<String> prefixes) {
        return write(128 + prefixes.size() * 8, json -> {
            json.writeObjectPropertyStart("digest");
            json.writeStringProperty("round", round);
            texts(json, "ask", prefixes);
            json.writeEndObject();
        });
    }

    private byte[] write(int size, Consumer<JsonGenerator> body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(size);
        try (JsonGenerator json = Json.mapper().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringProperty("clientId", clientId);
            if (direct) {
                json.writeStringProperty("replay", "direct");
            }
            body.accept(json);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void texts(JsonGenerator json, String name, Collection<String> texts) {
        json.writeArrayPropertyStart(name);
        texts.forEach(json::writeString);
        json.writeEndArray();
    }

    private static void manifest(JsonGenerator json, Collection<ManifestEntry> manifest) {
        json.writeArrayPropertyStart("manifest");
        for (ManifestEntry entry : manifest) {
            json.writeStartObject();
            json.writeStringProperty("id", entry.id());
            json.writeStringProperty("entity", entry.entity());
            json.writeNumberProperty("version", entry.version());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
