package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.peer.internal.hello.OwnRound;
import io.stitch.reactive.peer.internal.hello.RootAnswers;
import io.stitch.reactive.peer.internal.hello.RoundEnds;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerHellos;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * This peer's voice on the hello topic of an open scope: whatever is said there says who says it, when, and what they can do, and fits into a message.
 * On the worker, across connections.
 */
final class HelloSpeech implements OwnRound.Speech, RootAnswers.Sayer, RoundEnds.Sayer {
    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final Outbox outbox;
    private final Acquaintances acquaintances;
    private final BooleanSupplier waits;
    private final Runnable compare;
    private final Set<String> features;
    private boolean newcomer = true;

    /**
     * Begins with silence.
     *
     * @param waits whether what came of a hello now would not be taken
     * @param compare says hello as soon as that may be
     */
    HelloSpeech(
            String scope, PeerSession session, Acquaintances acquaintances, BooleanSupplier waits, Runnable compare) {
        this.scope = scope;
        this.session = session;
        this.context = session.context();
        this.outbox = session.outbox();
        this.acquaintances = acquaintances;
        this.waits = waits;
        this.compare = compare;
        this.features = features(session.mergesByField());
    }

    private static Set<String> features(boolean byField) {
        Set<String> features = new LinkedHashSet<>(List.of(PeerHello.DIGEST));
        if (byField) {
            features.add(PeerHello.FIELDS);
        }
        return Collections.unmodifiableSet(features);
    }

    // ---- hellos ----

    /** How a hello begins that greets some newcomers by name. */
    PeerHellos.Head head(List<String> inTurn) {
        String key = session.signatures().key();
        long connectedAt = session.goodbyes().connectedAt();
        return session.answers()
                ? new PeerHellos.Head(
                        context.clientId(), key, connectedAt, session.saysAt(), features, newcomer, inTurn)
                : new PeerHellos.Head(context.clientId(), key, connectedAt);
    }

    List<PeerPayloads.Entry> entries(Collection<StoredRecord> records) {
        List<PeerPayloads.Entry> manifest = new ArrayList<>(records.size());
        for (StoredRecord record : records) {
            manifest.add(new PeerPayloads.Entry(
                    record.entity(),
                    record.id(),
                    Replica.stampOf(record),
                    session.replica().sum(record)));
        }
        return manifest;
    }

    /** Whether the broker and other peers take it. */
    boolean fits(byte[] hello) {
        return outbox.size(scope, hello) <= session.options().maxMessageBytes() && outbox.fits(scope, hello);
    }

    /** {@return says a hello of all that is held here} Cold. */
    Mono<Void> hello(byte[] hello) {
        return outbox.publish(scope, session.topics().hello(scope), hello).doOnSuccess(unused -> {
            newcomer = false; // Who was there has heard it, and who comes later says so.
            context.observer().saidHello();
        });
    }

    @Override
    public void ask(String round, String to, List<String> prefixes) {
        say(PeerHellos.ask(head(List.of()), round, to, prefixes));
    }

    @Override
    public boolean part(String round, List<String> prefixes, List<StoredRecord> held) {
        byte[] hello = PeerHellos.part(head(List.of()), round, prefixes, entries(held));
        if (hello.length > DigestNode.MAX_BYTES || !fits(hello)) {
            return false;
        }
        say(hello);
        return true;
    }

    @Override
    public void again() {
        compare.run();
    }

    @Override
    public void compared() {
        session.statuses().compared(scope, false);
    }

    @Override
    public boolean isAnyoneThere() {
        return acquaintances.isAnyoneThere();
    }

    // ---- answers ----

    @Override
    public void say(String asker, String round, int events) {
        say(PeerHellos.events(context.clientId(), features, asker, round, events));
    }

    @Override
    public void same(String asker, String round) {
        say(asker, round, 0);
    }

    @Override
    public void nodes(String asker, String round, Map<String, List<DigestNode>> nodes) {
        say(PeerHellos.nodes(context.clientId(), features, asker, round, nodes));
    }

    @Override
    public void whole() {
        if (!waits.getAsBoolean()) { // Else what comes of it would not be taken.
            compare.run();
        }
    }

    private void say(byte[] payload) {
        outbox.publish(scope, session.topics().hello(scope), payload, error -> {
            if (error != null) {
                context.diagnostics()
                        .report(
                                DiagnosticCode.COMPARE_FAILED,
                                scope,
                                "a part of a comparison was not said: " + error.getMessage());
            }
        });
    }
}
