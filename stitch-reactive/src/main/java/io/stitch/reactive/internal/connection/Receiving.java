package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.stitch.reactive.spi.InboundMessage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * What the broker has delivered and the store has not taken yet. Bounded twice: a message is acknowledged when it is taken, so that the
 * receive maximum keeps the others at the broker; and what waits has a bound in bytes, for as many messages as the receive maximum allows
 * may be of any size. What is beyond that is dropped, and in its place the store is told of it, once for each topic as long as that waits.
 *
 * <p>The client keeps a message until it is acknowledged and those before it are. So as soon as one is dropped, all that wait are acknowledged:
 * only so the memory is free.
 *
 * <p>Takes from one thread, and gives to one subscriber, on the thread that has something for it or on the one that asks.
 */
final class Receiving extends BaseSubscriber<Mqtt5Publish> {
    /** What a message takes beside its texts and bytes, in objects. */
    private static final int OBJECTS = 512;
    /** Of so many topics it is known that something of theirs was dropped; of others, that something was. */
    private static final int MOST_TOPICS = 256;

    private static final int LONGEST_TOPIC = 1_024;

    private final long bound;
    private final Function<Mqtt5Publish, InboundMessage> reading;
    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicBoolean subscribed = new AtomicBoolean();
    /** Only where messages come in. */
    private final Map<String, Lost> lost = new HashMap<>();

    private volatile @Nullable Taker taker;
    private volatile boolean ended;

    private interface Waiting {}

    private record Arrived(Mqtt5Publish publish, long size, AtomicBoolean acknowledged) implements Waiting {}

    /** What was dropped on a topic since the store was told of it last. */
    private static final class Lost implements Waiting {
        private final String topic;
        private final AtomicReference<InboundMessage.@Nullable Dropped> untold;

        Lost(String topic, long bytes) {
            this.topic = topic;
            this.untold = new AtomicReference<>(new InboundMessage.Dropped(1, bytes));
        }

        /** {@return whether it is told with what was dropped before} */
        boolean add(long bytes) {
            InboundMessage.Dropped before = untold.get();
            return before != null
                    && untold.compareAndSet( // The only other one is who tells it.
                            before, new InboundMessage.Dropped(before.messages() + 1, before.bytes() + bytes));
        }

        boolean isTold() {
            return untold.get() == null;
        }

        InboundMessage tell() {
            return InboundMessage.dropped(topic, Objects.requireNonNull(untold.getAndSet(null), "told once"));
        }
    }

    /**
     * Waits for messages.
     *
     * @param bound how many bytes may wait; one message may, whatever its size
     * @param reading makes what the store reads of what the client received; may throw, which ends the messages
     */
    Receiving(long bound, Function<Mqtt5Publish, InboundMessage> reading) {
        this.bound = bound;
        this.reading = reading;
    }

    /**
     * {@return all that comes, in order, until that ends} For one subscriber.
     */
    Flux<InboundMessage> messages() {
        Publisher<InboundMessage> all = this::subscribeOnce;
        return Flux.from(all);
    }

    private void subscribeOnce(Subscriber<? super InboundMessage> subscriber) {
        if (!subscribed.compareAndSet(false, true)) {
            Operators.error(
                    subscriber, new IllegalStateException("The messages of a connection are for one subscriber."));
            return;
        }
        Taker fresh = new Taker(subscriber);
        subscriber.onSubscribe(fresh);
        taker = fresh;
        drain();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        requestUnbounded();
    }

    @Override
    protected void hookOnNext(Mqtt5Publish publish) {
        long size = sizeOf(publish);
        Arrived arrived = new Arrived(publish, size, new AtomicBoolean());
        if (queue.isEmpty() || waiting.get() + size <= bound) {
            waiting.addAndGet(size);
            queue.add(arrived);
        } else {
            acknowledge(arrived);
            queue.forEach(each -> {
                if (each instanceof Arrived before) {
                    acknowledge(before);
                }
            });
            drop(publish.getTopic().toString(), size);
        }
        drain();
    }

    private void drop(String topic, long size) {
        String known = topic.length() > LONGEST_TOPIC || isFull(topic) ? InboundMessage.ANY_TOPIC : topic;
        Lost told = lost.get(known);
        if (told == null || !told.add(size)) {
            Lost fresh = new Lost(known, size);
            lost.put(known, fresh);
            queue.add(fresh);
        }
    }

    private boolean isFull(String topic) {
        if (lost.size() >= MOST_TOPICS && !lost.containsKey(topic)) {
            lost.values().removeIf(Lost::isTold);
        }
        return lost.size() >= MOST_TOPICS && !lost.containsKey(topic);
    }

    @Override
    protected void hookOnComplete() {
        ended = true;
        drain();
    }

    @Override
    protected void hookOnError(Throwable error) { // Why it ended, the end of the connection tells.
        hookOnComplete();
    }

    private void drain() {
        if (work.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            Taker to = taker;
            if (to != null) {
                to.giveAll();
            }
            seen = work.addAndGet(-seen);
        } while (seen != 0);
    }

    private void acknowledge(Arrived arrived) {
        if (ended || !arrived.acknowledged().compareAndSet(false, true)) {
            return;
        }
        try {
            arrived.publish().acknowledge();
        } catch (RejectedExecutionException over) {
            ended = true; // The client's thread has ended with the connection, and the broker waits for nothing any
            // more.
        }
    }

    private static long sizeOf(Mqtt5Publish publish) {
        long size = (long) OBJECTS + publish.getTopic().toString().length();
        size += publish.getPayload().isPresent() ? publish.getPayload().get().remaining() : 0;
        for (Mqtt5UserProperty property : publish.getUserProperties().asList()) {
            size += property.getName().toString().length()
                    + property.getValue().toString().length();
        }
        return size;
    }

    /** Whoever takes what waits. */
    private final class Taker implements Subscription {
        private final Subscriber<? super InboundMessage> subscriber;
        private final AtomicLong requested = new AtomicLong();
        private volatile boolean done;

        Taker(Subscriber<? super InboundMessage> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                requested.accumulateAndGet(n, Operators::addCap);
                drain();
            }
        }

        @Override
        public void cancel() {
            done = true;
            Receiving.this.cancel();
            drain();
        }

        void giveAll() {
            while (!done) {
                boolean last = ended; // Before the queue: what came before the end is in it then.
                if (queue.isEmpty()) {
                    if (last) {
                        done = true;
                        subscriber.onComplete();
                    }
                    return;
                }
                if (requested.get() == 0) {
                    return;
                }
                give(queue.remove());
            }
            queue.clear();
        }

        private void give(Waiting next) {
            InboundMessage message;
            try {
                message = read(next);
            } catch (RuntimeException unreadable) {
                cancel();
                subscriber.onError(unreadable);
                return;
            }
            if (requested.get() != Long.MAX_VALUE) {
                requested.decrementAndGet();
            }
            subscriber.onNext(message);
        }

        private InboundMessage read(Waiting next) {
            if (next instanceof Lost dropped) {
                return dropped.tell();
            }
            Arrived arrived = (Arrived) next;
            waiting.addAndGet(-arrived.size());
            acknowledge(arrived);
            return reading.apply(arrived.publish());
        }
    }
}
