package io.stitch.reactive.peer;

import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.sync.SyncContext;
import io.stitch.reactive.wire.DiagnosticCode;
import io.stitch.reactive.wire.Hlc;
import io.stitch.reactive.wire.Operation;
import io.stitch.reactive.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What this peer owes the others of a scope: events for what somebody lacks or holds older (protocol section 5.3).
 *
 * <p>All peers that hold the scope owe the same, so each waits a random time first, and leaves out what somebody else has said
 * meanwhile. Then it says one thing and goes on when that has come back to it: on a slow network somebody else may have begun before,
 * and is heard first. While somebody else is saying it, it goes on waiting: so mostly one peer answers, and another takes over if
 * that one falls silent. At most a window of publishes is unacknowledged. What is owed is at most one entry per record or tombstone. On the
 * worker.
 */
final class Replies {
    private static final long LONGEST_WAIT_MILLIS = 200;
    /** Longer than between two events of one who is answering. */
    private static final long GAP_MILLIS = 100;
    /** After this an own event that has not come back was lost. */
    private static final long LONGEST_ECHO_MILLIS = 1_000;

    private final String scope;
    private final SyncContext context;
    private final Replica replica;
    private final Graves graves;
    private final Outbox outbox;
    private final int window;
    /** Whether the others lack it altogether, by record. */
    private final Map<RecordKey, Boolean> owed = new LinkedHashMap<>();

    private final Disposable.Swap timer = Disposables.swap();
    private final Runnable pump = this::pump;
    private Disposable.Composite publishing = Disposables.composite();
    private boolean waiting;
    private boolean answering;
    private boolean probing;
    /** What was said first, as long as it has not come back. */
    private @Nullable RecordKey probe;

    private int underWay;

    Replies(String scope, SyncContext context, Replica replica, Graves graves, Outbox outbox, int window) {
        this.scope = scope;
        this.context = context;
        this.replica = replica;
        this.graves = graves;
        this.outbox = outbox;
        this.window = window;
    }

    /** Owes an event for a record; {@link #begin} says that this was all. */
    void owe(RecordKey key, boolean lacking) {
        owed.merge(key, lacking, Boolean::logicalOr);
    }

    void begin() {
        if (!owed.isEmpty() && !waiting && !answering) {
            await(0);
        }
    }

    /** Somebody said something: what is at least as new need not be said again. */
    void seen(RecordKey key, Hlc stamp, boolean own) {
        if (own) {
            if (key.equals(probe)) {
                goOn();
            }
            return;
        }
        if (!owed.containsKey(key) && !key.equals(probe)) {
            return;
        }
        Hlc ours = stampHere(key);
        if (ours != null && ours.isAfter(stamp)) {
            return;
        }
        owed.remove(key);
        stop();
        if (!owed.isEmpty()) {
            await(GAP_MILLIS);
        }
    }

    private void goOn() {
        timer.update(Disposables.disposed());
        probing = false;
        probe = null;
        pump();
    }

    private @Nullable Hlc stampHere(RecordKey key) {
        StoredRecord held = replica.in(scope, key);
        return held == null ? graves.stampOf(scope, key) : Replica.stampOf(held);
    }

    private void await(long atLeast) {
        waiting = true;
        long jitter = (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
        timer.update(context.after(Duration.ofMillis(atLeast + jitter), () -> {
            waiting = false;
            answering = true;
            probing = true;
            pump();
        }));
    }

    private void stop() {
        waiting = false;
        answering = false;
        probing = false;
        probe = null;
        timer.update(Disposables.disposed());
    }

    void disconnected() {
        stop();
        owed.clear();
        publishing.dispose();
        publishing = Disposables.composite();
        for (; underWay > 0; underWay--) {
            outbox.free();
        }
    }

    private void pump() {
        while (answering && probe == null && !owed.isEmpty() && outbox.take(window, pump)) {
            underWay++;
            Iterator<Map.Entry<RecordKey, Boolean>> next = owed.entrySet().iterator();
            Map.Entry<RecordKey, Boolean> entry = next.next();
            next.remove();
            Mono<Void> event = event(entry.getKey(), entry.getValue());
            if (event == null) {
                underWay--;
                outbox.free();
            } else {
                if (probing && !owed.isEmpty()) {
                    probe = entry.getKey();
                    timer.update(context.after(Duration.ofMillis(LONGEST_ECHO_MILLIS), this::goOn));
                }
                publish(entry.getKey(), event);
            }
        }
        answering &= !owed.isEmpty();
    }

    private void publish(RecordKey key, Mono<Void> event) {
        Disposable.Composite current = publishing;
        Disposable.Swap one = Disposables.swap();
        current.add(one);
        // Nothing is said that might be forgotten in a crash.
        one.update(context.journal()
                .settled()
                .then(event)
                .subscribe(
                        unused -> {},
                        error -> {
                            context.diagnostics()
                                    .report(
                                            DiagnosticCode.COMPARE_FAILED,
                                            scope + '/' + key.entity() + '/' + key.id(),
                                            "it was not replayed: " + error.getMessage());
                            published(current, one);
                        },
                        () -> published(current, one)));
    }

    private void published(Disposable.Composite current, Disposable one) {
        current.remove(one);
        if (current.equals(publishing)) {
            underWay--;
            outbox.free();
            pump();
        }
    }

    /** The event that says what is known of a record in this scope now. */
    private @Nullable Mono<Void> event(RecordKey key, boolean lacking) {
        StoredRecord held = replica.in(scope, key);
        Hlc stamp = stampHere(key);
        if (stamp == null) {
            return null;
        }
        Operation operation = held == null ? Operation.DELETE : lacking ? Operation.CREATE : Operation.UPDATE;
        byte[] payload = PeerPayloads.event(
                operation, key.entity(), key.id(), held == null ? null : held.json(), stamp, context.clientId(), true);
        String topic = context.topics().event(scope, key.entity(), operation);
        return Mono.defer(() -> outbox.publish(topic, payload)).then();
    }
}
