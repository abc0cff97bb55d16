package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import io.reactivex.Flowable;
import io.reactivex.processors.FlowableProcessor;
import io.reactivex.processors.UnicastProcessor;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.BaseSubscriber;

import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * All publishes of one connection, as one flow into the MQTT client: a flow for each, with its subscriptions and a queue of 128 places, was
 * 8 % of what a peer spends on sending a replay. What the broker does not take yet waits here. Any thread.
 */
final class Publishing {
    /** As many as there are packet identifiers (MQTT 5, 2.2.1): more cannot be on their way. */
    static final int MOST_OPEN = 65_535;

    private final Function<Flowable<Mqtt5Publish>, Flowable<Mqtt5PublishResult>> client;
    private final FlowableProcessor<Mqtt5Publish> publishes =
            UnicastProcessor.<Mqtt5Publish>create().toSerialized();
    /** In the order of publishing, which is the one of acknowledgements too (MQTT 5, 4.6): mostly the first one is meant. */
    private final Queue<Open> open = new ConcurrentLinkedQueue<>();

    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicBoolean started = new AtomicBoolean();
    private final Results results = new Results();

    /** A publish without a result yet. */
    private record Open(Mqtt5Publish publish, Subscriber<Mqtt5PublishResult> answer) {}

    /**
     * Nothing is asked of the client before the first publish.
     *
     * @param client publishes a flow of messages
     */
    Publishing(Function<Flowable<Mqtt5Publish>, Flowable<Mqtt5PublishResult>> client) {
        this.client = client;
    }

    /**
     * Publishes when the client takes it. A publish whose answer nobody waits for any more goes out all the same.
     *
     * @param publish the message
     * @param answer told the result, or why there is none
     * @throws TransportException if too many have no result yet
     */
    void send(Mqtt5Publish publish, Subscriber<Mqtt5PublishResult> answer) {
        if (opened.incrementAndGet() > MOST_OPEN) {
            opened.decrementAndGet();
            throw new TransportException(
                    TransportException.Kind.REFUSED,
                    ReasonCodes.QUOTA_EXCEEDED,
                    "%d publishes wait for the broker's acknowledgement, so one on '%s' was not sent. Publish fewer at a time."
                            .formatted(MOST_OPEN, publish.getTopic()),
                    null);
        }
        open.add(new Open(publish, answer));
        if (started.compareAndSet(false, true)) {
            client.apply(publishes).subscribe(results);
        }
        publishes.onNext(publish);
        results.failWhatIsOpen();
    }

    /** Lets go of the client; the answers are told by who knows why. */
    void end() {
        results.cancel();
        open.clear();
    }

    private @Nullable Open remove(Mqtt5Publish publish) {
        for (Iterator<Open> each = open.iterator(); each.hasNext(); ) {
            Open next = each.next();
            // The same one, not an equal one.
            if (next.publish == publish) {
                each.remove();
                opened.decrementAndGet();
                return next;
            }
        }
        return null;
    }

    /** What the client says. */
    private final class Results extends BaseSubscriber<Mqtt5PublishResult> {
        private volatile @Nullable Throwable failure;

        @Override
        protected void hookOnNext(Mqtt5PublishResult result) {
            Open one = remove(result.getPublish());
            if (one != null) {
                one.answer.onNext(result);
            }
        }

        @Override
        protected void hookOnError(Throwable error) {
            failure = error;
            failWhatIsOpen();
        }

        @Override
        protected void hookOnComplete() { // Which the flow of publishes itself never does.
            hookOnError(new IllegalStateException("The MQTT client takes no more publishes on this connection."));
        }

        /** Once the client takes no more; what is published after that, too. */
        void failWhatIsOpen() {
            Throwable error = failure;
            if (error != null) {
                for (Open each = open.poll(); each != null; each = open.poll()) {
                    opened.decrementAndGet();
                    each.answer.onError(error);
                }
            }
        }
    }
}
