package io.stitch.reactive.wire;

import tools.jackson.databind.JsonNode;

/** A server's answer to one request (protocol section 3.1). */
public sealed interface Reply {
    /**
     * The request was executed.
     *
     * @param data what it returned
     * @param bytes the size of the whole reply, for adapting page sizes
     */
    record Ok(JsonNode data, int bytes) implements Reply {}

    /**
     * The request was refused.
     *
     * @param code the protocol's error code
     * @param message the server's words
     */
    record Refused(int code, String message) implements Reply {}
}
