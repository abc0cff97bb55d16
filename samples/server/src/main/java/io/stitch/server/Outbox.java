package io.stitch.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Everything the server says goes through here: after the commit, counted, and as the tests want it delayed or lost. */
final class Outbox {
    /** How messages reach the broker. */
    interface Line {
        CompletableFuture<Void> publish(Message message);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final int MAX_PACKET = Broker.MAX_PACKET - 1_024;
    private static final Map<String, String> REPLY = replyProperties();
    private final Worker worker;
    private final Faults faults;
    private final ServerHost host;
    private final Line line;
    private final AtomicLong published = new AtomicLong();

    Outbox(Worker worker, Faults faults, ServerHost host, Line line) {
        this.worker = worker;
        this.faults = faults;
        this.host = host;
        this.line = line;
    }

    /** Publishes now; tells when the broker has taken the message, or failed to. */
    void publish(Message message, Runnable acknowledged) {
        published.incrementAndGet();
        var unused = line.publish(message).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.debug("lost a message on {}", message.topic(), failure);
            }
            acknowledged.run();
        });
    }

    /** Does something once the group at work is committed. */
    void whenCommitted(Runnable action) {
        worker.afterCommit(action);
    }

    /** Publishes an event of a write, once the write is committed. */
    void event(Message message) {
        worker.afterCommit(() -> {
            if (!faults.loseEvents()) {
                publish(message, () -> {});
            }
        });
    }

    /** Answers, once what the answer tells is committed. */
    void reply(String topic, byte @Nullable [] correlation, JsonNode payload) {
        worker.afterCommit(() -> replyNow(topic, correlation, payload));
    }

    /** Answers at once: for what has nothing to do with the records. */
    void replyNow(String topic, byte @Nullable [] correlation, JsonNode payload) {
        if (faults.loseReply()) {
            return;
        }
        byte[] bytes = Json.writeWithin(payload, MAX_PACKET);
        if (bytes == null) {
            // What real servers do: the reply does not fit into a packet, and nobody is told.
            LOG.debug("a reply on {} has more than {} bytes, too many to send", topic, MAX_PACKET);
            return;
        }
        Message message = new Message(topic, bytes, REPLY, null, correlation);
        long delay = faults.delayMillis();
        if (delay == 0) {
            publish(message, () -> {});
        } else {
            host.later(delay, () -> publish(message, () -> {}));
        }
    }

    /** Says the last word on a hello, at once. */
    void answer(String topic, JsonNode payload) {
        if (!faults.loseAnswers()) {
            publish(new Message(topic, Json.write(payload), REPLY, null, null), () -> {});
        }
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
