package io.stitch.simulation;

import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;

import java.util.function.Supplier;

/** Sees what goes through a broker, and may change it. */
public interface Tap {
    /**
     * A client's message has come to the broker.
     *
     * @param caller who published it
     * @param message the message
     * @param proceed has the server deal with it
     * @return what becomes of it
     */
    default Broker.Verdict published(Caller caller, Message message, Supplier<Broker.Verdict> proceed) {
        return proceed.get();
    }

    /**
     * The broker sends a message to a client.
     *
     * @param client the client
     * @param message the message
     * @return what is sent, or {@code null} for nothing
     */
    default @Nullable InboundMessage sends(String client, InboundMessage message) {
        return message;
    }

    /**
     * A message has come to a client.
     *
     * @param client the client
     * @param message the message
     */
    default void received(String client, InboundMessage message) {}

    /**
     * A client has learned that the broker took its message.
     *
     * @param message the message
     */
    default void acknowledged(OutboundMessage message) {}

    /**
     * A client has connected, and is told what the server can do.
     *
     * @param name a user property of the CONNACK
     * @param value its value
     * @return what the client is told
     */
    default String announces(String name, String value) {
        return value;
    }
}
