package io.stitch.reactive.test;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A broker without a network: it knows who is connected, and hands messages on. Thread-safe; never blocks. */
final class MemoryBroker implements Broker {
    private final Listener listener;
    private final Weather weather;
    private final Map<String, MemoryConnection> connections = new ConcurrentHashMap<>();
    private volatile boolean closed;

    MemoryBroker(Listener listener, Weather weather) {
        this.listener = listener;
        this.weather = weather;
    }

    Listener listener() {
        return listener;
    }

    boolean isClosed() {
        return closed;
    }

    /** Lets a client in as brokers do: one that has its client id already loses its connection. */
    void accept(MemoryConnection connection) {
        MemoryConnection before = connections.put(connection.clientId(), connection);
        if (before != null) {
            before.end(ConnectionEnd.By.BROKER, 0x8E, "Another client connected with this client id.");
        }
    }

    void release(MemoryConnection connection) {
        connections.remove(connection.clientId(), connection);
    }

    void cut(String clientId) {
        MemoryConnection connection = connections.get(clientId);
        if (connection != null) {
            cut(connection);
        }
    }

    void cutAll() {
        List.copyOf(connections.values()).forEach(MemoryBroker::cut);
    }

    private static void cut(MemoryConnection connection) {
        connection.end(ConnectionEnd.By.NETWORK, -1, "The link was cut.");
    }

    Verdict publishedBy(Caller caller, Message message) {
        return listener.published(caller, message);
    }

    /** Hands a client's message to those who subscribe to it. */
    int deliver(Caller caller, Message message) {
        return route(listener.namesPublishers() ? message.markedBy(caller) : message, caller);
    }

    private int route(Message message, @Nullable Caller publisher) {
        List<UserProperty> properties = new ArrayList<>();
        message.properties().forEach((name, value) -> properties.add(new UserProperty(name, value)));
        InboundMessage inbound = new InboundMessage(message.topic(), message.payload(), false, properties);
        int receivers = 0;
        for (MemoryConnection connection : connections.values()) {
            if (connection.subscribes(message.topic(), publisher)) {
                receivers++;
                if (!weather.loses()) {
                    connection.deliver(inbound);
                }
            }
        }
        return receivers;
    }

    @Override
    public int port() {
        return 0;
    }

    @Override
    public CompletableFuture<Void> publish(Message message) {
        route(message, null);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> disconnectAll() {
        cutAll();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        closed = true;
        cutAll();
    }
}
