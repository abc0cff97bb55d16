package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;

/** A message from the broker, decoded; peers have more kinds of their own. */
public interface Inbound {
    /**
     * A change event.
     *
     * @param event the event
     */
    record Event(ChangeEvent event) implements Inbound {}

    /**
     * A reply to a request.
     *
     * @param requestId the request, from the topic
     * @param reply what the server answered
     */
    record Response(String requestId, Reply reply) implements Inbound {}

    /**
     * A refused hello.
     *
     * @param scopeId the scope
     * @param code the protocol's error code
     * @param message the server's words
     */
    record ScopeRefused(String scopeId, int code, String message) implements Inbound {}

    /**
     * A message that breaks a rule and goes no further.
     *
     * @param code which rule
     * @param topic where it came
     * @param detail what exactly
     */
    record Dropped(DiagnosticCode code, String topic, String detail) implements Inbound {}
}
