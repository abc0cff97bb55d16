package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.peer.internal.hello.OwnRound;
import io.stitch.reactive.peer.internal.safety.Holdings;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerHellos;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The own hello of an open scope: of all that is held here, or the fingerprint of it where everybody knows these; whom it greets; and which change it
 * is as of, so that an answer tells what others hold. On the worker, across connections.
 */
final class OwnHello {
    private static final long LONGEST_WAIT_MILLIS = 200;

    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final Holdings holdings;
    private final Supplier<DigestTree> tree;
    private final Acquaintances acquaintances;
    private final HelloSpeech speech;
    private final Runnable compare;
    private final OwnRound round;
    private final Disposable.Swap greeting = Disposables.swap();
    private final Set<String> newcomers = new LinkedHashSet<>();
    /** Those who have answered the last one. */
    private final Set<String> answered = new HashSet<>();

    private List<String> greeted = List.of();
    private boolean asksWhoHoldsIt;
    /** What the last one with a fingerprint said, and as of which change. */
    private String saidRound = "";

    private long saidAt;

    /**
     * Begins with silence.
     *
     * @param tree what is held here
     * @param compare says hello as soon as that may be
     */
    OwnHello(
            String scope,
            PeerSession session,
            Holdings holdings,
            Supplier<DigestTree> tree,
            Acquaintances acquaintances,
            HelloSpeech speech,
            Runnable compare) {
        this.scope = scope;
        this.session = session;
        this.context = session.context();
        this.holdings = holdings;
        this.tree = tree;
        this.acquaintances = acquaintances;
        this.speech = speech;
        this.compare = compare;
        this.round = new OwnRound(context, session.options().helloSpacing(), tree, speech);
    }

    /** What comes of it. */
    OwnRound round() {
        return round;
    }

    void disconnected() {
        round.stop();
        newcomers.clear();
        greeting.update(Disposables.disposed());
    }

    /** Asks with a fingerprint, however few records there are: whoever holds the same says so, and others say what they hold. */
    void askWhoHoldsIt() {
        asksWhoHoldsIt = true;
        compare.run();
    }

    /** {@return says it} Cold. */
    Mono<Void> say() {
        return Mono.defer(() -> {
            acquaintances.count();
            DigestNode root = tree.get().node("");
            boolean whole = (root.n() <= DigestNode.MAX_ITEMS && !asksWhoHoldsIt) || !acquaintances.allAnswer();
            PeerHellos.Head head = speech.head(PeerHellos.Head.greeted(greeted))
                    .named(session.announced(scope)); // What is published here does not come back.
            String begun = session.answers() ? round.begin(whole, greeted.isEmpty()) : null;
            answered.clear();
            byte[] hello = whole || begun == null
                    ? PeerHellos.whole(
                            head, begun, speech.entries(context.records().serverRecords(scope)))
                    : PeerHellos.root(head, begun, root);
            asksWhoHoldsIt = false;
            saidRound = whole || begun == null ? "" : begun;
            saidAt = holdings.sequence();
            newcomers.clear(); // Whoever they are, they hear this one.
            greeting.update(Disposables.disposed());
            if (speech.fits(hello)) {
                return speech.hello(hello);
            }
            tooLarge(root.n(), session.outbox().size(scope, hello));
            round.stop();
            return Mono.empty();
        });
    }

    private void tooLarge(long records, long bytes) {
        context.diagnostics()
                .report(
                        DiagnosticCode.MANIFEST_TOO_LARGE,
                        scope,
                        ("the manifest of %d records has %d bytes, more than the broker or the other peers take, so what is"
                                        + " missing here is not asked for; update the peers that do not know digests, raise"
                                        + " maxMessageBytes at all peers and the broker's largest packet, or split the scope")
                                .formatted(records, bytes));
    }

    /** Who does not know yet who is there is told: by a hello in turn, one for all who came together. */
    void greet(String peer, PeerHello hello) {
        boolean isFirst = acquaintances.meet(peer);
        boolean knowsThis = hello.inTurn().contains(context.clientId());
        if (session.answers()
                && !knowsThis
                && (isFirst || hello.newcomer())
                && newcomers.add(peer)
                && newcomers.size() == 1) {
            long jitter = (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
            greeting.update(context.after(Duration.ofMillis(jitter), () -> {
                greeted = List.copyOf(newcomers);
                compare.run();
                greeted = List.of();
            }));
        }
    }

    /** Hears that somebody holds all that was held here when something was said. */
    interface HoldsAll {
        void holdsAll(String peer, long upTo);
    }

    /** Somebody answered something, and if it was this, perhaps that they hold the same. */
    void answered(PeerInbound.Answer answer, HoldsAll heard) {
        if (round.isMine(answer)) {
            // Nobody else knows of the round before it is said, but whoever heard an answer can say it again.
            if (answered.size() < KnownPeers.BOUND && answered.add(answer.from())) {
                session.isThereNow(scope, answer.from());
            }
            if (answer.events() == 0 && answer.round().equals(saidRound)) {
                heard.holdsAll(answer.from(), saidAt);
            }
            round.heard(answer);
        }
    }
}
