package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.HelloRhythm;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.DiskReading;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.safety.Holdings;
import io.stitch.reactive.peer.internal.safety.OnlyCopies;
import io.stitch.reactive.peer.internal.safety.SafetyWatch;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;

/** Keeps one open scope in step with the other peers that hold it. On the worker, across connections. */
final class PeerScope implements HelloRhythm.Steps {
    private final String id;
    private final PeerSession session;
    private final SyncContext context;
    private final Replica replica;
    private final Graves graves;
    private final Outbox outbox;
    private final KnownPeers peers;
    private final KeptBeside kept;
    private final Conversation conversation;
    private final Holdings holdings = new Holdings(KnownPeers.BOUND);
    private final SafetyWatch safety;
    private final HelloBucket hellos;
    private final HelloRhythm rhythm;
    private final Disposable.Swap loading = Disposables.swap();
    private final Disposable.Swap judging = Disposables.swap();
    /** How often trust had changed when the reading began. */
    private final int trustTurns;

    /** Whether what counts again could not be read. */
    private boolean unread;

    /** How much of it nobody had heard of when it was closed last. */
    private int unheard;

    private boolean loaded;
    private boolean connected;
    private boolean asked;

    /**
     * Knows nothing yet.
     *
     * @param unheard how much of it nobody had heard of when it was closed
     */
    PeerScope(String id, PeerSession session, int unheard) {
        this.id = id;
        this.unheard = unheard;
        this.session = session;
        this.trustTurns = session.trustTurns();
        this.context = session.context();
        this.replica = session.replica();
        this.graves = session.graves();
        this.outbox = session.outbox();
        PeerSettings options = session.options();
        this.peers = new KnownPeers(id, context);
        this.kept = new KeptBeside(id, context);
        this.hellos =
                new HelloBucket(context); // Its own: others answer a few in a row, so one opened again need not wait.
        this.rhythm = new HelloRhythm(
                context,
                id,
                new HelloRhythm.Settings(options.helloSpacing(), options.quietPeriod(), options.compareInterval()),
                hellos,
                HelloBucket.BURST,
                this);
        this.conversation = new Conversation(id, session, peers, holdings, rhythm::compare);
        this.safety = new SafetyWatch(
                id,
                context,
                holdings,
                conversation::records,
                () -> !peers.any(0, peer -> true),
                new SafetyWatch.Asking(options.helloSpacing(), options.compareInterval(), conversation::askWhoHoldsIt));
        conversation.whenMoreIsKnown(safety::stir);
        graves.open(id);
    }

    /** Reads what was kept beside the records; the scope is subscribed to after that. */
    void open() {
        loading.update(kept.deletes(deletes -> graves.restore(id, deletes))
                .then(kept.peers(peers::restore))
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
        removeBuried();
        session.opened(this);
        // Else what was read while the grants were being read, too, would stay hidden until trust changes again.
        if (session.mayCountNow(id, trustTurns)) {
            judge();
        }
        if (connected) {
            begin();
        } else {
            session.statuses().offline(id);
        }
    }

    private void removeBuried() {
        for (StoredRecord record : context.records().serverRecords(id)) {
            Hlc buried = graves.stampOf(record.key());
            if (buried != null && Replica.stampOf(record).isAfter(buried)) {
                graves.forget(record.key());
            } else if (buried != null) {
                context.records().remove(record.key(), Origin.STORED);
            }
        }
    }

    /**
     * Somebody is trusted who was not, or no more: what counts no more is hidden, and what counts again is read from where it was kept, or
     * comes from others.
     */
    void judge() {
        if (!loaded) {
            return;
        }
        graves.hide(id);
        context.records().judge(id);
        context.records().flush();
        judging.update(Mono.using(context.records()::read, this::readAgain, DiskReading::over)
                .subscribe(
                        unused -> {},
                        failure -> {
                            context.diagnostics()
                                    .report(
                                            DiagnosticCode.PERSISTENCE_FAILED,
                                            id,
                                            "what counts again could not be read, and is read with the next"
                                                    + " comparison: "
                                                    + failure.getMessage());
                            unread = true;
                            judgedAgain();
                        },
                        this::judgedAgain));
    }

    private void judgedAgain() {
        removeBuried();
        context.records().flush();
        session.judged(this);
        rhythm.compare();
    }

    private Mono<Void> readAgain(DiskReading reading) {
        return context.journal()
                .settled()
                .then(kept.deletes(deletes -> graves.restore(id, deletes)))
                .thenMany(Flux.defer(() -> context.persistence().load(id)))
                .publishOn(context.serial())
                .doOnNext(reading::restore)
                .then();
    }

    /** A write by somebody who is not trusted. */
    void untrusted(PeerInbound.Event arrived) {
        conversation.heard(arrived);
    }

    String id() {
        return id;
    }

    KnownPeers peers() {
        return peers;
    }

    void connected() {
        if (connected) { // Opened while the connection was taken over, which tells all scopes when that is done.
            return;
        }
        connected = true;
        if (loaded) {
            begin();
        }
    }

    private void begin() {
        session.statuses().comparing(id);
        rhythm.connected();
    }

    void disconnected() {
        connected = false;
        asked = false;
        safety.disconnected();
        conversation.disconnected();
        rhythm.disconnected();
        if (loaded) {
            session.statuses().offline(id);
        }
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
        disconnected();
        hellos.close();
        loading.dispose();
        judging.dispose();
        conversation.close();
        safety.close();
        graves.close(id);
    }

    Mono<Void> compared() {
        return rhythm.compared();
    }

    void compare() {
        rhythm.compare();
    }

    /** Forgets everything: it was another user's. */
    void forget() {
        SyncContext.forget(context.records(), id);
        kept.forget();
        graves.prune(id, grave -> true);
        conversation.forget();
        holdings.clear();
        unheard = 0;
        session.statuses().forgotten(id);
        context.records().flush();
    }

    /** A peer said goodbye, or the broker for it. */
    void gone(String peer) {
        conversation.gone(peer);
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
            if (unread) {
                unread = false;
                judge();
            }
            session.judged(this); // Grants that were read late, because a disk had failed, are known by now.
            return conversation.hello();
        });
    }

    /** Nothing came of a hello for a while. Whoever is there and owes an answer is asked again. */
    @Override
    public void wasCompared() {
        if (conversation.isAlone()) {
            session.statuses().compared(id, true);
        } else if (conversation.isSettled()) {
            session.statuses().compared(id, false);
        }
    }

    @Override
    public boolean isFinal(Throwable error) {
        return session.refused(id, error);
    }

    // ---- what others say ----

    void received(PeerInbound.Event arrived) {
        ChangeEvent event = arrived.event();
        RecordKey key = new RecordKey(id, event.entity(), event.id());
        conversation.heard(arrived);
        // Where writes are signed, an event is its author's word, and its sender may be anybody's: who holds it is
        // known from signed hellos.
        boolean vouched = !session.signatures().isOn();
        Replica.Verdict verdict = safety.saidBy(
                vouched ? arrived.sender() : null,
                () -> replica.take(
                        key, event.operation(), event.json(), arrived.stamp(), arrived.proof(), Origin.REMOTE));
        if (!arrived.sender().equals(context.clientId())) {
            boolean same = verdict == Replica.Verdict.APPLIED || verdict == Replica.Verdict.DUPLICATE;
            conversation.seen(key, arrived.stamp(), same);
        }
        switch (verdict) {
            case APPLIED, MERGED -> {
                session.hear(arrived.stamp());
                if (event.replay() && conversation.isAnsweredByAll()) {
                    context.observer().replayed();
                } else if (event.replay()) {
                    rhythm.changed(); // Nobody says how much there was.
                }
                if (verdict == Replica.Verdict.MERGED) {
                    merged(key, arrived.sender());
                }
            }
            case DEAD, LOST_TIE -> {
                conversation.correct(key, arrived.sender());
                report(DiagnosticCode.OUTDATED, event, "it was deleted since, or lost a tie");
            }
            case OUTDATED -> outdated(key, arrived);
            case DUPLICATE -> {
                if (vouched) {
                    holdings.holds(key, arrived.sender());
                    safety.stir();
                }
                report(DiagnosticCode.DUPLICATE, event, "it is known");
            }
        }
    }

    /** Who said it lacks something, and so may others: they are told, unless an own write of it is about to do that. */
    private void merged(RecordKey key, String sender) {
        safety.changed(key, false); // Who said it holds less than that.
        if (!context.records().pending().has(key)) {
            conversation.correct(key, sender);
        }
        conversation.merged(key);
    }

    private void outdated(RecordKey key, PeerInbound.Event arrived) {
        StoredRecord held = replica.get(key);
        if (held != null && session.mergesByField() && Replica.compare(arrived.stamp(), held) == 0) {
            conversation.correct(key, arrived.sender());
        }
        report(DiagnosticCode.OUTDATED, arrived.event(), "a newer copy is held here");
    }

    private void report(DiagnosticCode code, ChangeEvent event, String detail) {
        context.diagnostics().report(code, event.entity() + '/' + event.id(), detail);
    }

    /** A record was changed, here or by others. */
    void changed(RecordKey key, boolean deleted) {
        safety.changed(key, deleted);
    }

    SafetyWatch safety() {
        return safety;
    }

    /** What of it nobody else is known to hold. */
    OnlyCopies.Here here() {
        if (unheard > 0 && holdings.isRestHeld()) {
            unheard = 0;
        }
        return new OnlyCopies.Here(
                !peers.any(0, peer -> true), conversation.records(), Math.max(unheard, safety.onlyHere()));
    }

    void hello(PeerInbound.Hello hello) {
        conversation.heard(hello);
    }

    void answered(PeerInbound.Answer answer) {
        conversation.heard(answer);
    }

    /** An event came too early: its stamp is from the future. */
    void tooEarly(PeerInbound.Event arrived) {
        conversation.heard(arrived);
        conversation.isEarly(arrived.stamp());
    }

    /** Takes a write of an earlier run that others were not told of. */
    void apply(RecordKey key, Operation operation, byte @Nullable [] json, Hlc stamp, @Nullable String proof) {
        replica.take(key, operation, json, stamp, proof, Origin.STORED);
    }
}
