package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.JsonBounds;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** A message from the broker, decoded; peers have more kinds of their own. */
public interface Inbound {
    /**
     * A change event.
     *
     * @param event the event
     * @param count which of its scope's events it is, if a server counts them
     */
    record Event(ChangeEvent event, @Nullable EventCount count) implements Inbound {
        /**
         * An event that is not counted.
         *
         * @param event the event
         */
        public Event(ChangeEvent event) {
            this(event, null);
        }
    }

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
     * What a server answered to a hello.
     *
     * @param scopeId the scope
     * @param answer its answer
     */
    record HelloAnswered(String scopeId, HelloAnswer answer) implements Inbound {}

    /**
     * Messages that the connection had to drop.
     *
     * @param topic their topic, or {@link InboundMessage#ANY_TOPIC}
     * @param dropped how much
     */
    record Missed(String topic, InboundMessage.Dropped dropped) implements Inbound {}

    /**
     * A change event that was sent to this client's user alone, whatever scope it is of.
     *
     * @param event the event; of a child that was deleted it may have no scope
     * @param count which of its scope's events it is, if a server counts them
     */
    record UserEvent(ChangeEvent event, @Nullable EventCount count) implements Inbound {}

    /**
     * That something is shared with this client's user, or is not any more.
     *
     * @param scopeId the scope, if it is one
     */
    record SharesChanged(@Nullable String scopeId) implements Inbound {}

    /**
     * That a client has connected, or has gone (protocol section 4.10).
     *
     * @param clientId the client
     * @param user the user it is logged in as, or {@code null} if it is not
     * @param connected whether it has connected
     * @param at when, in milliseconds since 1970 by the server's clock
     * @param retained whether it was so before this store asked
     */
    record Presence(String clientId, @Nullable String user, boolean connected, long at, boolean retained)
            implements Inbound {}

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
                    ForeignText.quoted(problem.getOriginalMessage()));
        }
    }
}
