package io.stitch.samples.benchmarks;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * A loop of requests and replies: so many are sent, and then one more for each reply. With one at a time the caller's thread
 * waits for each reply, as one that awaits each write does; with more the thread that takes a reply sends the next request.
 */
final class BareWrites {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final WritePlan plan;
    private final IntConsumer sender;
    private final BlockingQueue<Integer> replies = new LinkedBlockingQueue<>();
    private int answered;
    private volatile @Nullable String refusal;

    BareWrites(WritePlan plan, IntConsumer sender) {
        this.plan = plan;
        this.sender = sender;
    }

    /** Runs the loop and returns how many seconds it took. */
    double run() throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < plan.inFlight(); i++) {
            sender.accept(i);
        }
        int waitFor = plan.inFlight() == 1 ? plan.writes() : 1;
        for (int i = 1; i <= waitFor; i++) {
            if (replies.poll(LIMIT.toMillis(), TimeUnit.MILLISECONDS) == null) {
                throw new IllegalStateException("A bare write was not answered within " + LIMIT);
            }
            if (plan.inFlight() == 1 && i < plan.writes()) {
                sender.accept(i);
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (refusal != null) {
            throw new IllegalStateException("A bare write was refused: " + refusal);
        }
        return seconds;
    }

    /** Takes a reply; on one thread at a time. */
    void replied(Mqtt5Publish reply) {
        String text = new String(reply.getPayloadAsBytes(), StandardCharsets.ISO_8859_1);
        if (!text.contains("\"status\":\"ok\"")) {
            refusal = text;
        }
        answered++;
        if (plan.inFlight() == 1 || answered == plan.writes()) {
            replies.add(answered);
        } else if (answered + plan.inFlight() <= plan.writes()) {
            sender.accept(answered + plan.inFlight() - 1);
        }
    }
}
