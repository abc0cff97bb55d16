package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.TreeSet;

/** Reads and writes JSON, bounded in depth. */
final class Json {
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(64).build())
                    .build())
            .build();

    private Json() {}

    static ObjectNode object() {
        return NODES.objectNode();
    }

    /** Reads an object; an empty payload is an empty object. */
    static ObjectNode read(byte[] payload) {
        if (payload.length == 0) {
            return object();
        }
        try {
            if (MAPPER.readTree(payload) instanceof ObjectNode object) {
                checkWritable(object);
                return object;
            }
        } catch (JacksonException e) {
            throw new Refusal(400, "invalid JSON payload: " + reason(e));
        }
        throw new Refusal(400, "invalid JSON payload: expected an object");
    }

    /** Refuses what can be read but not be written again, and so would be stuck in the server. */
    private static void checkWritable(JsonNode node) {
        if (node.isString()) {
            checkText(node.asString());
        } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            throw new Refusal(400, "invalid JSON payload: number out of range");
        } else {
            node.propertyNames().forEach(Json::checkText);
            node.forEach(Json::checkWritable);
        }
    }

    private static void checkText(String text) {
        // Encoding stops at half a surrogate pair; a stream of code points shows a half as itself.
        if (text.codePoints().anyMatch(each -> each <= Character.MAX_VALUE && Character.isSurrogate((char) each))) {
            throw new Refusal(400, "invalid JSON payload: lone surrogate in a string");
        }
    }

    private static String reason(JacksonException e) {
        String what = e.getOriginalMessage();
        boolean key = what.contains("double-quote to start");
        var at = e.getLocation();
        if (at == null) {
            return what;
        }
        // Columns are counted as the recorded server counts them: up to the character that does not fit.
        return (key ? "key must be a string" : what) + " at line " + at.getLineNr() + " column " + at.getColumnNr();
    }

    static byte[] write(JsonNode value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /**
     * Writes what may be larger than anybody can be sent, without ever holding all of it.
     *
     * @param value what to write
     * @param most how many bytes it may have
     * @return the bytes, or null if they are more
     */
    static byte @Nullable [] writeWithin(JsonNode value, int most) {
        Within out = new Within(most);
        try {
            MAPPER.writeValue(out, value);
            return out.toByteArray();
        } catch (JacksonException e) {
            if (out.full) {
                return null;
            }
            throw e;
        }
    }

    /** Takes so many bytes, and then no more. */
    private static final class Within extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final int most;
        private boolean full;

        Within(int most) {
            this.most = most;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] some, int from, int length) throws IOException {
            if (bytes.size() + length > most) {
                full = true;
                throw new IOException("more than " + most + " bytes");
            }
            bytes.write(some, from, length);
        }

        byte[] toByteArray() {
            return bytes.toByteArray();
        }
    }

    static String text(JsonNode value) {
        return new String(write(value), StandardCharsets.UTF_8);
    }

    static ArrayNode array(Collection<ObjectNode> elements) {
        ArrayNode array = NODES.arrayNode();
        elements.forEach(array::add);
        return array;
    }

    /** The same object with its fields in alphabetical order, as servers send it. */
    static ObjectNode sorted(ObjectNode source) {
        ObjectNode result = object();
        for (String name : new TreeSet<>(source.propertyNames())) {
            result.set(name, source.get(name));
        }
        return result;
    }
}
