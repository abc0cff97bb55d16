package io.stitch.reactive.internal.wire;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A server's answer to one request (protocol section 3.1). */
public sealed interface Reply {
    /**
     * The request was executed. What it returned stays unread until somebody asks: a page of a list is read record by record, and
     * never becomes a tree.
     */
    final class Ok implements Reply {
        private final byte[] json;
        private final int start;
        private final int end;
        private final int bytes;

        /**
         * Keeps a reply.
         *
         * @param json what {@code data} lies in, checked to be JSON; not to be modified
         * @param start where {@code data} begins
         * @param end where it ends; not above start if there is none
         * @param bytes the size of the whole reply
         */
        Ok(byte[] json, int start, int end, int bytes) {
            this.json = json;
            this.start = start;
            this.end = end;
            this.bytes = bytes;
        }

        /**
         * {@return what the request returned, a new tree each time; a missing node if it returned nothing}
         */
        public JsonNode data() {
            return start < end ? Json.readAgain(json, start, end) : MissingNode.getInstance();
        }

        /**
         * {@return what the request returned as UTF-8 JSON, empty if it returned nothing}
         */
        public byte[] json() {
            return start < end ? Arrays.copyOfRange(json, start, end) : new byte[0];
        }

        /**
         * {@return the size of the whole reply, for adapting page sizes}
         */
        public int bytes() {
            return bytes;
        }

        /**
         * {@return whether it returned an array}
         */
        public boolean isList() {
            return start < end && json[start] == '[';
        }

        /**
         * The records of a list.
         *
         * @param fields the fields of a record that will be looked at
         * @return the elements, in order
         */
        public List<Item> items(Set<String> fields) {
            List<Item> items = new ArrayList<>();
            try (JsonParser parser = Json.mapper().createParser(json, start, end - start)) {
                parser.nextToken();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    if (parser.currentToken() != JsonToken.START_OBJECT) {
                        parser.skipChildren();
                        items.add(new Item(Json.object(), new byte[0]));
                        continue;
                    }
                    int from = start + JsonScan.start(parser);
                    ObjectNode read = JsonScan.fields(parser, fields);
                    items.add(new Item(read, Arrays.copyOfRange(json, from, start + JsonScan.end(parser))));
                }
            }
            return items;
        }
    }

    /**
     * One record of a list.
     *
     * @param fields the fields that were asked for and are there; none if it is not an object
     * @param json the whole record as UTF-8 JSON, empty if it is not an object; not to be modified
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Item(ObjectNode fields, byte[] json) {}

    /**
     * The request was refused.
     *
     * @param code the protocol's error code
     * @param message the server's words
     */
    record Refused(int code, String message) implements Reply {}
}
