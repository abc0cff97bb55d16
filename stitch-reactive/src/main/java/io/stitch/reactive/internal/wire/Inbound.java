package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.core.JacksonException;

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
    record Dropped(DiagnosticCode code, String topic, String detail) implements Inbound {
        /**
         * A message that is no JSON, or has more of something than is read.
         *
         * @param topic where it came
         * @param problem why it cannot be read
         * @return why it was dropped
         */
        public static Dropped unreadable(String topic, JacksonException problem) {
            return new Dropped(
                    problem instanceof JsonBounds.TooManyException
                            ? DiagnosticCode.TOO_MANY_VALUES
                            : DiagnosticCode.MALFORMED_JSON,
                    topic,
                    EventRules.abbreviate(problem.getOriginalMessage()));
        }
    }
}
