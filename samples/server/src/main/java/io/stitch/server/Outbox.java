package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Everything the server says goes through here: after the commit, counted, and as the tests want it delayed or lost. */
final class Outbox {
    /** How messages reach the broker. */
    interface Line {
        CompletableFuture<Void> publish(Message message);
    }

    private static final Map<String, String> REPLY = replyProperties();
    private final Worker worker;
    private final Line line;
    private final AtomicLong published = new AtomicLong();
    private volatile boolean dropReplies;
    private volatile long delayMillis;

    Outbox(Worker worker, Line line) {
        this.worker = worker;
        this.line = line;
    }

    /** Publishes now; tells when the broker has taken the message, or failed to. */
    void publish(Message message, Runnable acknowledged) {
        published.incrementAndGet();
        var unused = line.publish(message).whenComplete((done, failure) -> acknowledged.run());
    }

    void event(Message message) {
        worker.afterCommit(() -> publish(message, () -> {}));
    }

    void reply(String topic, byte @Nullable [] correlation, JsonNode payload) {
        if (dropReplies) {
            return;
        }
        Message message = new Message(topic, Json.write(payload), REPLY, null, correlation);
        long delay = delayMillis;
        worker.afterCommit(() -> {
            if (delay == 0) {
                publish(message, () -> {});
            } else {
                Executor later = CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS);
                later.execute(() -> publish(message, () -> {}));
            }
        });
    }

    void dropReplies(boolean drop) {
        dropReplies = drop;
    }

    void delayReplies(long millis) {
        delayMillis = millis;
    }

    long published() {
        return published.get();
    }

    /** In the order in which a real server sends them. */
    private static Map<String, String> replyProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("x-mqtt-sender", "mqdb-internal-0");
        properties.put("x-mqtt-client-id", "mqdb-response-publisher");
        return Collections.unmodifiableMap(properties);
    }
}
