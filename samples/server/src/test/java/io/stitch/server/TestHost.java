package io.stitch.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A broker that keeps what the server says, and a time that stands still. */
final class TestHost implements ServerHost, Broker {
    final List<Message> said = new ArrayList<>();
    final List<Runnable> later = new ArrayList<>();
    Consumer<Message> ear = message -> {};
    Listener listener;
    long now = TimeUnit.DAYS.toMillis(1);

    @Override
    public Broker startBroker(StitchServerOptions options, int port, Listener asked) {
        listener = asked;
        return this;
    }

    @Override
    public long millis() {
        return now;
    }

    @Override
    public void later(long millis, Runnable action) {
        later.add(action);
    }

    @Override
    public int port() {
        return 0;
    }

    @Override
    public CompletableFuture<Void> publish(Message message) {
        said.add(message);
        ear.accept(message);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> disconnectAll() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}

    Verdict ask(String topic, String payload) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        return listener.published(
                new Caller("c1", null), new Message(topic, bytes, Map.of(), "$DB/clients/c1/r1", new byte[] {1}));
    }
}
