package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.hello.RoundEnds;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What this peer owes the others of a scope: events for what somebody lacks or holds older (protocol section 5.3).
 *
 * <p>All peers that hold the scope owe the same, so each waits a random time first, and leaves out what somebody else has said
 * meanwhile. Then it says one thing and goes on when the broker has it: on a slow network somebody else may have begun before,
 * and is heard first. While somebody else is saying it, it goes on waiting: so mostly one peer answers, and another takes over if
 * that one falls silent. Who knows of nobody else that could answer does so at once. At most a window of publishes is unacknowledged. What is owed is at most one entry per record or tombstone. On the
 * worker.
 */
final class Replies {
    private static final long LONGEST_WAIT_MILLIS = 200;
    /** Longer than between two events of one who is answering. */
    private static final long GAP_MILLIS = 100;

    private final String scope;
    private final SyncContext context;
    private final PeerTopics topics;
    private final Replica replica;
    private final Graves graves;
    private final Outbox outbox;
    private final Holders holders;
    private final RoundEnds ends;
    private final int window;
    /** Hears of what the broker took. */
    private final Consumer<RecordKey> told;
    /** Whether the others lack it altogether, by record. */
    private final Map<RecordKey, Boolean> owed = new LinkedHashMap<>();

    private final Disposable.Swap timer = Disposables.swap();
    private final Runnable pump = this::pump;
    private boolean waiting;
    private boolean answering;
    private boolean probing;
    /** What was said first, as long as the broker has not acknowledged it. */
    private @Nullable RecordKey probe;

    private int underWay;
    /** Of the connection: what is told of an earlier one's publishes is not heard any more. */
    private int generation;

    /** What is said of one record. */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    private record Event(RecordKey key, Hlc stamp, String topic, byte[] payload) {}

    Replies(
            String scope,
            SyncContext context,
            Replica replica,
            Graves graves,
            Outbox outbox,
            Holders holders,
            RoundEnds ends,
            int window,
            Consumer<RecordKey> told) {
        this.scope = scope;
        this.context = context;
        this.topics = new PeerTopics(context.topics());
        this.replica = replica;
        this.graves = graves;
        this.outbox = outbox;
        this.holders = holders;
        this.ends = ends;
        this.window = window;
        this.told = told;
    }

    /** Owes an event for a record; {@link #begin} says that this was all. */
    void owe(RecordKey key, boolean lacking) {
        owed.merge(key, lacking, Boolean::logicalOr);
    }

    /**
     * Begins to say it to somebody: after a random time, or at once if nobody else could.
     *
     * @param round the round of the hello that this answers; {@code null} if its end need not be told
     * @param quiet whether its end need not be told if there is nothing to say
     */
    void begin(String asker, @Nullable String round, boolean quiet) {
        boolean others = holders.anyBut(asker, context.now());
        if (round != null) {
            ends.begin(asker, round, quiet, !others);
        }
        if (owed.isEmpty()) {
            tellEnd();
        }
        if (owed.isEmpty() || waiting || answering) {
            return;
        }
        if (others) {
            await(0);
        } else {
            answering = true;
            pump();
        }
    }

    /**
     * Somebody else said something: what is at least as new need not be said again.
     *
     * @param same whether it is all that is known here; with the same stamp it may be less, where records are merged field by field
     */
    void seen(RecordKey key, Hlc stamp, boolean same) {
        if (!owed.containsKey(key) && !key.equals(probe)) {
            return;
        }
        Hlc ours = stampHere(key);
        if (ours != null && (!same || ours.isAfter(stamp))) {
            return;
        }
        owed.remove(key);
        stop();
        if (owed.isEmpty()) {
            tellEnd();
        } else {
            await(GAP_MILLIS);
        }
    }

    private void tellEnd() {
        if (underWay == 0) {
            ends.over();
        }
    }

    private @Nullable Hlc stampHere(RecordKey key) {
        return stamp(key, replica.get(key));
    }

    private @Nullable Hlc stamp(RecordKey key, @Nullable StoredRecord held) {
        return held == null ? graves.stampOf(key) : Replica.stampOf(held);
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
        ends.disconnected();
        generation++;
        for (; underWay > 0; underWay--) {
            outbox.free();
        }
    }

    private void pump() {
        List<Event> events = new ArrayList<>();
        while (answering && probe == null && !owed.isEmpty() && outbox.take(window, pump)) {
            Iterator<Map.Entry<RecordKey, Boolean>> next = owed.entrySet().iterator();
            Map.Entry<RecordKey, Boolean> entry = next.next();
            next.remove();
            Event event = event(entry.getKey(), entry.getValue());
            if (event == null) {
                outbox.free();
            } else {
                underWay++;
                ends.published();
                events.add(event);
                probe = probing && !owed.isEmpty() ? event.key() : null;
            }
        }
        answering &= !owed.isEmpty();
        if (!events.isEmpty()) {
            publish(events);
        } else if (owed.isEmpty()) {
            tellEnd();
        }
    }

    private void publish(List<Event> events) {
        int current = generation;
        // Nothing is said that might be forgotten in a crash.
        context.journal()
                .settled()
                .subscribe(
                        unused -> {}, error -> events.forEach(event -> published(current, event.key(), error)), () -> {
                            if (current == generation) {
                                events.forEach(event -> publish(current, event));
                            }
                        });
    }

    private void publish(int current, Event event) {
        Hlc now = stampHere(event.key());
        if (now == null || event.stamp().isAfter(now)) { // It could not be kept, and was undone meanwhile.
            published(current, event.key(), null);
        } else {
            outbox.publish(scope, event.topic(), event.payload(), error -> published(current, event.key(), error));
        }
    }

    private void published(int connection, RecordKey key, @Nullable Throwable error) {
        if (connection != generation) {
            return;
        }
        if (error != null) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.COMPARE_FAILED,
                            scope + '/' + key.entity() + '/' + key.id(),
                            "it was not replayed: " + error.getMessage());
        }
        underWay--;
        outbox.free();
        if (error == null) {
            told.accept(key);
        }
        if (key.equals(probe)) {
            probing = false;
            probe = null;
            pump();
        }
        if (owed.isEmpty()) {
            tellEnd();
        }
    }

    /** The event that says what is known of a record in this scope now. */
    private @Nullable Event event(RecordKey key, boolean lacking) {
        StoredRecord held = replica.get(key);
        Hlc stamp = stamp(key, held);
        if (stamp == null) {
            return null;
        }
        Operation operation = held == null ? Operation.DELETE : lacking ? Operation.CREATE : Operation.UPDATE;
        byte[] payload = PeerPayloads.event(
                operation,
                key.entity(),
                key.id(),
                held == null ? null : held.json(),
                stamp,
                held == null ? graves.proofOf(key) : null,
                context.clientId(),
                true);
        return new Event(key, stamp, topics.event(scope, key.entity(), operation), payload);
    }
}
