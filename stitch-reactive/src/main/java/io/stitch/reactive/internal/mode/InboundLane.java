package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.spi.InboundMessage;
import org.reactivestreams.Subscription;
import reactor.core.Exceptions;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Decodes messages where they arrive, large ones beside that, and brings them to the store's worker in batches.
 *
 * <p>A subscriber of its own rather than {@code publishOn}, whose drain loop keeps a worker for as long as messages come:
 * here the worker turns to its other tasks after each batch, and the end of a batch is known, which is when lists are
 * shown. At most {@link #BOUND} messages wait, and no more once they have {@link #BYTES}, for what is decoded may take several times as much; so one
 * is asked for at a time. What is beyond stays with the connection, and with the broker.
 */
final class InboundLane extends BaseSubscriber<InboundMessage> {
    private static final int BOUND = 1_024;
    private static final long BYTES = 4L * 1024 * 1024;
    private static final int BATCH = 256;
    /**
     * To decode more takes longer than to hand it to another thread, and a message of 16 MiB may take a fifth of a second: so long a connection would
     * not answer a ping. Nothing is asked for meanwhile, so the order stays.
     */
    private static final int LARGE = 256 * 1024;

    private final Queue<Decoded> queue = Queues.<Decoded>get(BOUND).get();
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    /** None was asked for after the last one, because so much waited. */
    private final AtomicBoolean held = new AtomicBoolean();

    private final Function<InboundMessage, Inbound> decoding;
    private final Scheduler beside;
    private final Scheduler serial;
    private final Consumer<Inbound> consumer;
    private final Runnable endOfBatch;
    private final Consumer<Runnable> gate;
    private final MonoSink<Void> done;

    private record Decoded(Inbound inbound, int bytes) {}

    private InboundLane(
            Function<InboundMessage, Inbound> decoding,
            Scheduler beside,
            Scheduler serial,
            Consumer<Inbound> consumer,
            Runnable endOfBatch,
            Consumer<Runnable> gate,
            MonoSink<Void> done) {
        this.decoding = decoding;
        this.beside = beside;
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
     * @param decoding decodes a message; what it throws ends the consuming
     * @param beside decodes large ones
     * @param serial the worker
     * @param consumer takes each message; must not throw
     * @param endOfBatch runs after each batch
     * @param gate runs what asks for more messages, now or when the store can take them
     * @return completes when the messages end; cancelling it stops consuming
     */
    static Mono<Void> consume(
            Flux<InboundMessage> messages,
            Function<InboundMessage, Inbound> decoding,
            Scheduler beside,
            Scheduler serial,
            Consumer<Inbound> consumer,
            Runnable endOfBatch,
            Consumer<Runnable> gate) {
        return Mono.create(sink -> {
            InboundLane lane = new InboundLane(decoding, beside, serial, consumer, endOfBatch, gate, sink);
            sink.onDispose(lane);
            messages.subscribe(lane);
        });
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        request(1);
    }

    @Override
    protected void hookOnNext(InboundMessage message) {
        int size = message.payload().length;
        messages.incrementAndGet();
        bytes.addAndGet(size);
        if (size < LARGE) {
            decode(message);
        } else {
            beside.schedule(() -> decodeBeside(message));
        }
    }

    private void decodeBeside(InboundMessage message) {
        try {
            decode(message);
        } catch (RuntimeException end) {
            cancel();
            done.error(end);
        }
    }

    private void decode(InboundMessage message) {
        int size = message.payload().length;
        if (!queue.offer(new Decoded(decoding.apply(message), size))) {
            throw Exceptions.failWithOverflow("The transport delivered more messages than were requested.");
        }
        if (work.getAndIncrement() == 0) {
            serial.schedule(this::drain);
        }
        if (isFull()) {
            held.set(true);
            askAgain(); // The worker may have taken all of it before it could see that.
        } else {
            request(1);
        }
    }

    private boolean isFull() {
        return messages.get() >= BOUND || bytes.get() >= BYTES;
    }

    private void askAgain() {
        if (!isFull() && held.compareAndSet(true, false)) {
            request(1);
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
        long takenBytes = 0;
        Decoded next;
        while (taken < BATCH && !isDisposed() && (next = queue.poll()) != null) {
            consumer.accept(next.inbound());
            taken++;
            takenBytes += next.bytes();
        }
        endOfBatch.run();
        if (isDisposed()) {
            queue.clear();
            return;
        }
        if (taken > 0) {
            int fewer = taken;
            long less = takenBytes;
            gate.accept(() -> {
                messages.addAndGet(-fewer);
                bytes.addAndGet(-less);
                askAgain();
            });
        }
        if (!queue.isEmpty() || !work.compareAndSet(seen, 0)) {
            serial.schedule(this::drain);
        }
    }
}
