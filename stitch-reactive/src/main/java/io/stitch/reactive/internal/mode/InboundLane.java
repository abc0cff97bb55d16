package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.wire.Inbound;
import org.reactivestreams.Subscription;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Brings decoded messages to the store's worker in batches.
 *
 * <p>A subscriber of its own rather than {@code publishOn}, whose drain loop keeps a worker for as long as messages come:
 * here the worker turns to its other tasks after each batch, and the end of a batch is known, which is when lists are
 * shown. At most {@link #BOUND} messages wait; what is beyond stays with the broker.
 */
final class InboundLane extends BaseSubscriber<Inbound> {
    private static final int BOUND = 1_024;
    private static final int BATCH = 256;

    private final Queue<Inbound> queue = Queues.<Inbound>get(BOUND).get();
    private final AtomicInteger work = new AtomicInteger();
    private final Scheduler serial;
    private final Consumer<Inbound> consumer;
    private final Runnable endOfBatch;
    private final Consumer<Runnable> gate;
    private final MonoSink<Void> done;

    private InboundLane(
            Scheduler serial,
            Consumer<Inbound> consumer,
            Runnable endOfBatch,
            Consumer<Runnable> gate,
            MonoSink<Void> done) {
        this.serial = serial;
        this.consumer = consumer;
        this.endOfBatch = endOfBatch;
        this.gate = gate;
        this.done = done;
    }

    /**
     * Consumes messages on the worker.
     *
     * @param messages what arrives
     * @param serial the worker
     * @param consumer takes each message; must not throw
     * @param endOfBatch runs after each batch
     * @param gate runs what asks for more messages, now or when the store can take them
     * @return completes when the messages end; cancelling it stops consuming
     */
    static Mono<Void> consume(
            Flux<Inbound> messages,
            Scheduler serial,
            Consumer<Inbound> consumer,
            Runnable endOfBatch,
            Consumer<Runnable> gate) {
        return Mono.create(sink -> {
            InboundLane lane = new InboundLane(serial, consumer, endOfBatch, gate, sink);
            sink.onDispose(lane);
            messages.subscribe(lane);
        });
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        request(BOUND);
    }

    @Override
    protected void hookOnNext(Inbound value) {
        if (!queue.offer(value)) {
            throw Exceptions.failWithOverflow("The transport delivered more messages than were requested.");
        }
        if (work.getAndIncrement() == 0) {
            serial.schedule(this::drain);
        }
    }

    @Override
    protected void hookOnError(Throwable error) {
        done.error(error);
    }

    @Override
    protected void hookOnComplete() {
        done.success();
    }

    private void drain() {
        try {
            drainBatch();
        } catch (Throwable defect) { // Or the connection would stay, and nothing of it be heard any more.
            Exceptions.throwIfJvmFatal(defect);
            cancel();
            done.error(defect);
        }
    }

    private void drainBatch() {
        int seen = work.get();
        int taken = 0;
        Inbound next;
        while (taken < BATCH && !isDisposed() && (next = queue.poll()) != null) {
            consumer.accept(next);
            taken++;
        }
        endOfBatch.run();
        if (isDisposed()) {
            queue.clear();
            return;
        }
        if (taken > 0) {
            int more = taken;
            gate.accept(() -> request(more));
        }
        if (!queue.isEmpty() || !work.compareAndSet(seen, 0)) {
            serial.schedule(this::drain);
        }
    }
}
