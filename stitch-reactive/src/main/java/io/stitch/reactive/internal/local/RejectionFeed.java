package io.stitch.reactive.internal.local;

import io.stitch.reactive.Rejection;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Tells every subscriber of the writes that were undone, each at its own pace. What is refused right after the start waits for the
 * first of them. Everything but subscribing and cancelling is on the worker.
 */
final class RejectionFeed {
    static final int BOUND = 256;

    private final Scheduler serial;
    private final Consumer<Rejection> lost;
    private final Queue<Rejection> unseen = new ArrayDeque<>();
    private final List<FluxSink<Rejection>> subscribers = new CopyOnWriteArrayList<>();
    private boolean completed;

    /**
     * Makes a feed without subscribers.
     *
     * @param serial the worker
     * @param lost hears of a rejection that found no place
     */
    RejectionFeed(Scheduler serial, Consumer<Rejection> lost) {
        this.serial = serial;
        this.lost = lost;
    }

    /** What applications are told of a rejection. */
    static Rejection told(WriteRejection rejection, boolean scoped) {
        PendingWrite write = rejection.write();
        return new Rejection(
                scoped ? write.scope() : null,
                write.key().entity(),
                write.key().id(),
                write.kind(),
                rejection.reason(),
                Errors.translate(rejection.error()),
                written(rejection),
                json(rejection.localCopy()),
                json(rejection.serverState()));
    }

    /** What was written, as values: of a change what it came to. */
    private static ObjectNode written(WriteRejection rejection) {
        PendingWrite write = rejection.write();
        ObjectNode fields = Bookkeeping.read(write.payload());
        if (!FieldChange.mayBeIn(write.payload())) {
            return fields;
        }
        StoredRecord after = rejection.localCopy();
        return FieldChange.told(fields, after == null ? Json.object() : Json.readObject(after.json()));
    }

    private static @Nullable ObjectNode json(@Nullable StoredRecord record) {
        return record == null ? null : Bookkeeping.read(record.json());
    }

    Flux<Rejection> rejections() {
        // IGNORE, because the buffer behind it requests without bound and does the counting.
        return Flux.push(this::add, FluxSink.OverflowStrategy.IGNORE)
                .onBackpressureBuffer(BOUND, lost, BufferOverflowStrategy.DROP_LATEST)
                .subscribeOn(serial)
                // A closed store has no worker any more, and nothing to tell.
                .onErrorComplete(RejectedExecutionException.class);
    }

    private void add(FluxSink<Rejection> subscriber) {
        if (completed) { // Nobody would complete who is added now.
            subscriber.complete();
            return;
        }
        subscribers.add(subscriber);
        subscriber.onDispose(() -> subscribers.remove(subscriber));
        while (!unseen.isEmpty() && !subscriber.isCancelled()) {
            subscriber.next(unseen.remove());
        }
    }

    void tell(Rejection rejection) {
        if (!subscribers.isEmpty()) {
            subscribers.forEach(subscriber -> Subscribers.tell(() -> subscriber.next(rejection)));
        } else if (unseen.size() < BOUND) {
            unseen.add(rejection);
        } else {
            lost.accept(rejection);
        }
    }

    /** Somebody else is logged in: what nobody has seen is nothing to them. */
    void forget() {
        unseen.forEach(lost);
        unseen.clear();
    }

    void complete() {
        completed = true;
        subscribers.forEach(FluxSink::complete);
    }
}
