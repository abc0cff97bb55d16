package io.stitch.server;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The broker under a server: it takes what clients publish to a {@link Listener}, and delivers what the server publishes. The seam
 * where a broker without a network plugs in, by a {@link ServerHost}. Thread-safe.
 */
public interface Broker extends AutoCloseable {
    /** The largest packet, in bytes, as on most brokers. */
    int MAX_PACKET = 10_485_760;

    /** What to do with a message that a client published. */
    enum Verdict {
        /** The server deals with it; nobody else receives it. */
        TAKEN,
        /** The broker delivers it. */
        DELIVERED,
        /** It is refused with 0x87. */
        REFUSED,
        /** It is refused with 0x97: the client shall send it again later. */
        BUSY
    }

    /** The server's ear in its broker. Called on the broker's threads, so that it must not block. */
    interface Listener {
        /**
         * {@return who may connect and subscribe, and what each client is told on connecting}
         */
        Gate gate();

        /**
         * Takes a message that a client published.
         *
         * @param caller who published it
         * @param message the message
         * @return what the broker does with it
         */
        Verdict published(Caller caller, Message message);

        /**
         * A client has connected, and may have taken over the connection of another one with its id.
         *
         * @param caller the client
         * @return what the broker is to tell of it, at QoS 0 and retained; empty for nothing
         */
        default Optional<Message> connected(Caller caller) {
            return Optional.empty();
        }

        /**
         * A client is gone: its connection has ended, and no other one took it over.
         *
         * @param caller the client
         * @param unexpected whether it did not say goodbye
         * @return what the broker is to tell of it, at QoS 0 and retained; empty for nothing
         */
        default Optional<Message> gone(Caller caller, boolean unexpected) {
            return Optional.empty();
        }

        /**
         * {@return whether each message that is delivered says who published it, as an MQDB broker's do} Such a broker sends it
         * {@linkplain Message#markedBy marked}.
         */
        default boolean namesPublishers() {
            return true;
        }
    }

    /**
     * Where clients connect.
     *
     * @return the port, or 0 where there is no network
     */
    int port();

    /**
     * Where clients connect by WebSocket.
     *
     * @return the port, or 0 where there is none
     */
    default int webSocketPort() {
        return 0;
    }

    /**
     * Publishes at QoS 1.
     *
     * @param message the message
     * @return completes when the broker has queued the message for its subscribers
     */
    CompletableFuture<Void> publish(Message message);

    /**
     * Cuts every connection.
     *
     * @return completes when all are cut
     */
    CompletableFuture<Void> disconnectAll();

    /** Cuts every client and lets none connect; final. */
    @Override
    void close();
}
