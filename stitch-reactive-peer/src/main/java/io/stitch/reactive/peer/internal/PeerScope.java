package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.mode.ClockWatch;
import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.HelloRhythm;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps one open scope in step with the other peers that hold it. On the worker, across connections. */
final class PeerScope implements HelloRhythm.Steps {
    /** How long something newer in a hello may take to arrive by itself before it is asked for. */
    private static final long SHORTEST_TURN_MILLIS = 300;

    private static final long TURN_JITTER_MILLIS = 700;

    private final String id;
    private final PeerSession session;
    private final SyncContext context;
    private final Replica replica;
    private final Graves graves;
    private final Outbox outbox;
    private final Replies replies;
    private final Holders holders;
    private final KnownPeers peers;
    private final HelloBucket hellos;
    private final HelloRhythm rhythm;
    private final ClockWatch future;
    private final Disposable.Swap loading = Disposables.swap();
    private final Disposable.Swap turn = Disposables.swap();
    private final Map<RecordKey, Hlc> ahead = new HashMap<>();
    private boolean loaded;
    private boolean connected;
    private boolean asked;
    private boolean closed;

    PeerScope(String id, PeerSession session) {
        this.id = id;
        this.session = session;
        this.context = session.context();
        this.replica = session.replica();
        this.graves = session.graves();
        this.outbox = session.outbox();
        PeerSettings options = session.options();
        this.holders = new Holders(options.presenceTimeout());
        this.replies = new Replies(id, context, replica, graves, outbox, holders, options.publishesInFlight());
        this.peers = new KnownPeers(id, context);
        this.hellos =
                new HelloBucket(context); // Its own: others answer a few in a row, so one opened again need not wait.
        this.rhythm = new HelloRhythm(
                context,
                id,
                new HelloRhythm.Settings(options.helloSpacing(), options.quietPeriod(), options.compareInterval()),
                hellos,
                this);
        this.future = new ClockWatch(context, rhythm::compare);
        graves.open(id);
    }

    /** Reads what was kept beside the records; the scope is subscribed to after that. */
    void open() {
        var persistence = context.persistence();
        loading.update(context.journal()
                .settled()
                .onErrorComplete() // The journal has told; what is on disk is all there is.
                .thenMany(persistence.tombstones(id))
                .publishOn(context.serial())
                .doOnNext(graves::restore)
                .thenMany(persistence.peers(id))
                .publishOn(context.serial())
                .doOnNext(peers::restore)
                .subscribe(
                        unused -> {},
                        failure -> {
                            context.diagnostics()
                                    .report(
                                            DiagnosticCode.PERSISTENCE_FAILED,
                                            id,
                                            "the deletes of the scope could not be read: " + failure.getMessage());
                            opened();
                        },
                        this::opened));
    }

    private void opened() {
        loaded = true;
        for (StoredRecord record : context.records().serverRecords(id)) {
            Hlc buried = graves.stampOf(id, record.key());
            if (buried != null && Replica.stampOf(record).isAfter(buried)) {
                graves.forget(id, record.key());
            }
        }
        session.opened(this);
        if (connected) {
            rhythm.connected();
        }
    }

    String id() {
        return id;
    }

    KnownPeers peers() {
        return peers;
    }

    void connected() {
        connected = true;
        if (loaded) {
            rhythm.connected();
        }
    }

    void disconnected() {
        connected = false;
        asked = false;
        ahead.clear();
        future.stop();
        turn.update(Disposables.disposed());
        replies.disconnected();
        rhythm.disconnected();
    }

    boolean isLoaded() {
        return loaded;
    }

    void close() {
        MqttConnection current = outbox.connection();
        if (asked && current != null) {
            current.unsubscribe(List.of(session.topics().scopeFilter(id)))
                    .subscribe(
                            unused -> {},
                            error -> context.diagnostics()
                                    .report(
                                            DiagnosticCode.COMPARE_FAILED,
                                            id,
                                            "unsubscribing failed; its events are dropped: " + error.getMessage()));
        }
        closed = true;
        disconnected();
        hellos.close();
        loading.dispose();
        peers.close();
        graves.close(id);
    }

    Mono<Void> compared() {
        return rhythm.compared();
    }

    void compare() {
        rhythm.compare();
    }

    /** Forgets the records that others have been told of; they send them again. */
    void clear() {
        for (StoredRecord record : context.records().serverRecords(id)) {
            if (!context.records().isPending(record.key())) {
                context.records().remove(record.key(), Origin.LOCAL);
            }
        }
        context.records().flush();
        rhythm.compare();
    }

    /** Forgets everything: it was another user's. */
    void forget() {
        SyncContext.forget(context.records(), id);
        graves.prune(id, grave -> true);
        peers.clear();
        holders.clear();
        context.records().flush();
    }

    /** A peer said goodbye, or the broker for it. */
    void gone(String peer) {
        holders.gone(peer);
    }

    // ---- what the rhythm does ----

    @Override
    public Mono<Void> subscribe() {
        MqttConnection current = outbox.connection();
        asked = true;
        return current == null
                ? Mono.never()
                : current.subscribeToOthers(List.of(session.topics().scopeFilter(id)))
                        .publishOn(context.serial());
    }

    @Override
    public Mono<Void> guessingHello() {
        return Mono.defer(() -> {
            List<PeerPayloads.Entry> manifest = new ArrayList<>();
            for (StoredRecord record : context.records().serverRecords(id)) {
                manifest.add(new PeerPayloads.Entry(record.entity(), record.id(), Replica.stampOf(record)));
            }
            byte[] hello = PeerPayloads.hello(
                    context.clientId(),
                    session.signatures().key(),
                    session.goodbyes().connectedAt(),
                    manifest);
            if (hello.length > session.options().maxMessageBytes() || !outbox.fits(hello)) {
                context.diagnostics()
                        .report(
                                DiagnosticCode.MANIFEST_TOO_LARGE,
                                id,
                                ("the manifest of %d records has %d bytes, more than the broker or the other peers take, so what is"
                                                + " missing here is not asked for; raise maxMessageBytes at all peers and the broker's"
                                                + " largest packet, or split the scope")
                                        .formatted(manifest.size(), hello.length));
                return Mono.empty();
            }
            session.announced(id); // What is published here does not come back.
            return outbox.publish(context.topics().hello(id), hello)
                    .doOnSuccess(unused -> context.observer().saidHello());
        });
    }

    @Override
    public boolean isFinal(Throwable error) {
        return session.refused(id, error);
    }

    // ---- what others say ----

    void received(PeerInbound.Event arrived) {
        ChangeEvent event = arrived.event();
        RecordKey key = new RecordKey(event.entity(), event.id());
        if (!arrived.sender().equals(context.clientId())) {
            holders.heard(arrived.sender(), context.now());
        }
        if (session.closedCopies().mayHold(key)) {
            session.closedCopies().find(key, kept -> {
                if (!closed) {
                    take(arrived, key, kept);
                }
            });
        } else {
            take(arrived, key, ClosedCopies.Kept.NOTHING);
        }
    }

    private void take(PeerInbound.Event arrived, RecordKey key, ClosedCopies.Kept closedCopy) {
        ChangeEvent event = arrived.event();
        Replica.Verdict verdict =
                replica.take(id, key, event.operation(), event.json(), arrived.stamp(), Origin.REMOTE, closedCopy);
        if (!arrived.sender().equals(context.clientId())) {
            replies.seen(key, arrived.stamp());
        }
        switch (verdict) {
            case APPLIED -> {
                session.hear(arrived.stamp());
                if (event.replay()) {
                    rhythm.changed();
                }
            }
            case DEAD, LOST_TIE -> {
                replies.owe(key, false);
                replies.begin(arrived.sender());
                report(DiagnosticCode.OUTDATED, event, "it was deleted since, or moved, or lost a tie");
            }
            case OUTDATED -> report(DiagnosticCode.OUTDATED, event, "a newer copy is held here");
            case DUPLICATE -> report(DiagnosticCode.DUPLICATE, event, "it is known");
        }
    }

    private void report(DiagnosticCode code, ChangeEvent event, String detail) {
        context.diagnostics().report(code, event.entity() + '/' + event.id(), detail);
    }

    void hello(PeerInbound.Hello hello) {
        long now = context.now();
        if (!peers.mayAsk(hello.peer())) {
            context.diagnostics()
                    .report(DiagnosticCode.HELLO_TOO_OFTEN, id + '/' + hello.peer(), "this hello is not answered");
            return;
        }
        PeerPayloads.Manifest manifest = read(hello);
        if (manifest == null) {
            return;
        }
        session.goodbyes().heardOn(hello.peer(), manifest.connectedAt());
        if (!manifest.entries().isEmpty()) {
            holders.heard(hello.peer(), now);
        }
        peers.heard(hello.peer(), now, compare(manifest, now));
        replies.begin(hello.peer());
        if (!ahead.isEmpty()) {
            askInTurn();
        }
    }

    /** When its time has come, or the clock is set by which it has not, others are asked for it. */
    void fromTheFuture(Hlc stamp) {
        if (connected) {
            future.await(session.takenFrom(stamp));
        }
    }

    private PeerPayloads.@Nullable Manifest read(PeerInbound.Hello hello) {
        String problem = "a hello needs a manifest";
        DiagnosticCode code = DiagnosticCode.MALFORMED_EVENT;
        try {
            PeerPayloads.Manifest manifest = PeerPayloads.manifest(hello.payload());
            if (manifest != null) {
                return manifest;
            }
        } catch (JacksonException e) {
            problem = e.getOriginalMessage();
            code = DiagnosticCode.MALFORMED_JSON;
        }
        context.diagnostics().report(code, id + '/' + hello.peer(), problem);
        return null;
    }

    /** {@return whether nothing that was deleted is alive in the manifest} */
    private boolean compare(PeerPayloads.Manifest manifest, long now) {
        Set<RecordKey> held = new HashSet<>();
        boolean clean = true;
        int tooFarAhead = 0;
        int unknown = manifest.skipped();
        for (PeerPayloads.Entry entry : manifest.entries()) {
            RecordKey key = new RecordKey(entry.entity(), entry.id());
            if (!session.isOfScope(id, key)) {
                unknown++;
                continue;
            }
            held.add(key);
            if (session.isTooFarAhead(entry.stamp(), now)) {
                tooFarAhead++;
                fromTheFuture(entry.stamp());
                continue;
            }
            int order = replica.compareWith(id, key, entry.stamp());
            if (order < 0) {
                ahead.put(key, entry.stamp());
            } else if (replica.in(id, key) == null) {
                clean = false;
                replies.owe(key, false);
            } else if (order > 0) {
                replies.owe(key, false);
            }
        }
        for (StoredRecord record : context.records().serverRecords(id)) {
            if (!held.contains(record.key())) {
                replies.owe(record.key(), true);
            }
        }
        if (tooFarAhead > 0) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.CLOCK_AHEAD,
                            id,
                            "%d records of a hello are from the future".formatted(tooFarAhead));
        }
        if (unknown > 0) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.MALFORMED_EVENT,
                            id,
                            "%d entries of a hello are not of this scope".formatted(unknown));
        }
        return clean;
    }

    /** Somebody holds something newer. It mostly comes by itself, or somebody else asks for it; if not, it is asked for. */
    private void askInTurn() {
        long wait = SHORTEST_TURN_MILLIS
                + (long) (TURN_JITTER_MILLIS * context.jitter().getAsDouble());
        turn.update(context.after(Duration.ofMillis(wait), () -> {
            boolean missing = ahead.entrySet().stream()
                    .anyMatch(entry -> replica.compareWith(id, entry.getKey(), entry.getValue()) < 0);
            ahead.clear();
            if (missing) {
                rhythm.compare();
            }
        }));
    }

    /** Takes a write of an earlier run that others were not told of. */
    void apply(RecordKey key, Operation operation, byte @Nullable [] json, Hlc stamp) {
        replica.take(id, key, operation, json, stamp, Origin.STORED);
    }
}
