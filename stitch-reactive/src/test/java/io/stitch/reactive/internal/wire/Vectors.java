package io.stitch.reactive.internal.wire;

import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a real server said, line by line. */
public final class Vectors {
    private Vectors() {}

    /** One message of the recording. */
    public record Vector(String name, JsonNode json) {
        public boolean isReceived() {
            return json.has("to");
        }

        public boolean isSent() {
            return json.has("from");
        }

        public String client() {
            return json.path(isReceived() ? "to" : "from").asString();
        }

        public String topic() {
            return json.path("topic").asString();
        }

        public byte[] payload() {
            return json.path("payload").asString("").getBytes(StandardCharsets.UTF_8);
        }

        public Map<String, String> userProperties() {
            Map<String, String> properties = new HashMap<>();
            json.path("userProperties")
                    .forEach(pair ->
                            properties.put(pair.get(0).asString(), pair.get(1).asString()));
            return properties;
        }

        @Override
        public String toString() {
            return name + " " + topic();
        }
    }

    public static List<Vector> all() {
        try (InputStream lines = Objects.requireNonNull(Vectors.class.getResourceAsStream("/mqdb.jsonl"))) {
            return new String(lines.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .map(line -> Json.read(line.getBytes(StandardCharsets.UTF_8)))
                    .map(json -> new Vector(json.path("case").asString(), json))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
