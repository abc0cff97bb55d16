package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.ScopeDigest;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.peer.internal.hello.HelloLimits;
import io.stitch.reactive.peer.internal.hello.RootAnswers;
import io.stitch.reactive.peer.internal.hello.RoundEnds;
import io.stitch.reactive.peer.internal.safety.Holdings;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerHelloReader;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What others say on the hello topic of an open scope, and what is done about it: each hello is bounded, compared and answered, and each answer is
 * given to whatever was asked. On the worker, across connections.
 */
final class Conversation {
    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final boolean answers;
    private final ScopeDigest digest;
    private final Holders holders;
    private final KnownPeers peers;
    private final HelloLimits limits;
    private final RoundEnds ends;
    private final RootAnswers rootAnswers;
    private final Acquaintances acquaintances;
    private final HelloSpeech speech;
    private final OwnHello own;
    private final Replies replies;
    private final EarlyStamps early;
    private final ManifestComparison comparison;
    private final ShownMerges merges;
    private final Comparisons comparisons;
    private final Holdings holdings;
    private Runnable moreIsKnown = () -> {};

    /**
     * Begins with silence.
     *
     * @param compare says hello as soon as that may be
     */
    Conversation(String scope, PeerSession session, KnownPeers peers, Holdings holdings, Runnable compare) {
        PeerSettings options = session.options();
        this.scope = scope;
        this.session = session;
        this.context = session.context();
        this.answers = session.answers();
        this.peers = peers;
        this.holdings = holdings;
        this.digest = new ScopeDigest(context.records(), scope, session.replica()::version);
        this.holders = new Holders(options.presenceTimeout());
        this.limits = new HelloLimits(context, options.maxMessageBytes(), this::take);
        this.acquaintances = new Acquaintances(scope, session, peers);
        this.early = new EarlyStamps(context, stamp -> session.isTooFarAhead(stamp, context.now()), compare);
        this.speech = new HelloSpeech(scope, session, acquaintances, early::any, compare);
        this.own = new OwnHello(scope, session, holdings, digest::tree, acquaintances, speech, compare);
        this.ends = new RoundEnds(context, speech);
        this.rootAnswers = new RootAnswers(context, digest::tree, speech);
        this.replies = new Replies(
                scope,
                context,
                session.replica(),
                session.graves(),
                session.outbox(),
                holders,
                ends,
                options.publishesInFlight(),
                key -> holdings.published(key, true));
        this.merges = new ShownMerges(scope, session);
        this.comparison = new ManifestComparison(scope, session, digest::tree, replies, early, compare, this::show);
        this.comparisons = new Comparisons(context, comparison, this::compared);
    }

    void disconnected() {
        comparisons.disconnected();
        comparison.disconnected();
        replies.disconnected();
        rootAnswers.disconnected();
        own.disconnected();
        early.disconnected();
    }

    void close() {
        merges.close();
        limits.close();
        digest.close();
    }

    /** Forgets everybody. */
    void forget() {
        peers.clear();
        holders.clear();
        acquaintances.clear();
    }

    /** {@return whether all who were heard here within the peer memory say how their answers end: what was lost is known then} */
    boolean isAnsweredByAll() {
        return acquaintances.allAnswer();
    }

    // ---- who holds it ----

    /** {@return how many records there are} */
    int records() {
        return digest.tree().size();
    }

    /** Sets who hears that others were found to hold something, or to lack it. */
    void whenMoreIsKnown(Runnable hears) {
        moreIsKnown = hears;
    }

    /** Asks who holds all that is held here. */
    void askWhoHoldsIt() {
        own.askWhoHoldsIt();
    }

    private void holdsAll(String peer, long upTo) {
        holdings.holdsAll(peer, upTo, context.now());
        moreIsKnown.run();
    }

    // ---- what this peer says ----

    /** {@return says hello} Cold. */
    Mono<Void> hello() {
        return own.say();
    }

    /** {@return whether nobody was heard here lately, or nobody answers any more} */
    boolean isAlone() {
        return !session.isAnyoneIn(scope) || own.round().isGivenUp();
    }

    /** {@return whether nobody owes this peer anything for its last hello} */
    boolean isSettled() {
        return own.round().isSettled();
    }

    // ---- what others say ----

    /** Somebody published an event. */
    void heard(PeerInbound.Event arrived) {
        String sender = arrived.sender();
        boolean vouched = !session.signatures().isOn(); // Else the sender may be anybody, and name anybody.
        if (vouched) {
            heardOf(sender);
        }
        if (arrived.event().replay() && !sender.equals(context.clientId()) && !sender.isEmpty()) {
            own.round().replayed(sender);
        }
    }

    private void heardOf(String sender) {
        if (sender.equals(context.clientId()) || sender.isEmpty()) {
            return;
        }
        holders.heard(sender, context.now());
        acquaintances.sent(sender);
    }

    /** An event is not taken, because its stamp is from the future. */
    void isEarly(Hlc stamp) {
        early.saw(stamp);
    }

    /**
     * Somebody else said something of a record.
     *
     * @param same whether that is all that is known here
     */
    void seen(RecordKey key, Hlc stamp, boolean same) {
        replies.seen(key, stamp, same);
    }

    /** A record was merged, and nobody has written it so: whoever looks at its stamp alone would never see it (protocol section 5.4). */
    void merged(RecordKey key) {
        if (acquaintances.anyWhole()) {
            show(key);
        }
    }

    private void show(RecordKey key) {
        merges.show(key);
    }

    /** Somebody published what has lost: whoever holds it is told what won. */
    void correct(RecordKey key, String sender) {
        replies.owe(key, false);
        replies.begin(sender, null, true);
    }

    /** A peer said goodbye, or the broker for it. */
    void gone(String peer) {
        holders.gone(peer);
    }

    void heard(PeerInbound.Hello hello) {
        HelloLimits.Verdict verdict = limits.heard(hello);
        boolean later = answers && verdict == HelloLimits.Verdict.LATER;
        if (verdict == HelloLimits.Verdict.NOW) {
            take(hello);
        } else {
            context.diagnostics()
                    .report(
                            DiagnosticCode.HELLO_TOO_OFTEN,
                            scope + '/' + hello.peer(),
                            later ? "this hello is answered in some seconds" : "this hello is not answered");
        }
    }

    private void take(PeerInbound.Hello arrived) {
        PeerHello hello = read(arrived);
        if (hello == null) {
            return;
        }
        String peer = arrived.peer();
        boolean proved = session.signatures().isOn() && hello.saidAt() >= 0;
        if (proved
                && !(hello.said() instanceof PeerHello.Part)
                && !session.goodbyes().isOver(peer, hello.connectedAt())
                && peers.isThereNow(peer, hello.saidAt(), session.options().maxDrift())) {
            session.isThereNow(scope, peer);
        }
        session.goodbyes().heardOn(peer, hello.connectedAt());
        acquaintances.said(peer, hello);
        if (hello.said() instanceof PeerHello.Whole said) {
            comparisons.ask(new Comparisons.Asked(arrived, hello, said));
        } else if (hello.said() instanceof PeerHello.Part said) {
            ManifestComparison.Part part = comparison.compare(
                    new ManifestComparison.Held(said.manifest(), hello.mergesByField()), said.prefixes());
            holdings.holdsSome(peer, part.here(), part.different());
            moreIsKnown.run();
            holds(peer, said.manifest().entries().size());
            replies.begin(peer, said.round(), false);
            known(arrived, hello, false);
        } else if (hello.said() instanceof PeerHello.Root said) {
            boolean same = said.node().equals(digest.tree().node(""));
            holds(peer, said.node().n());
            if (same) {
                holdsAll(peer, holdings.sequence());
            }
            if (!own.round().isBeingFilled()) { // What is held here is more in a moment.
                rootAnswers.asked(
                        peer, said.round(), said.node(), isQuiet(hello), !holders.anyBut(peer, context.now()));
            }
            known(arrived, hello, same);
            own.greet(peer, hello);
        } else if (hello.said() instanceof PeerHello.Ask said) {
            answer(peer, said);
        }
    }

    /** All that a peer holds was compared. */
    private void compared(Comparisons.Asked asked, boolean clean, @Nullable Set<RecordKey> different) {
        String peer = asked.arrived().peer();
        if (different != null) {
            holdings.holdsAllBut(peer, different, context.now());
            moreIsKnown.run();
        }
        holds(peer, asked.said().manifest().entries().size());
        replies.begin(peer, answers ? asked.said().round() : null, isQuiet(asked.hello()));
        own.round().heardWhole(asked.hello().inTurn().contains(context.clientId()));
        known(asked.arrived(), asked.hello(), clean);
        own.greet(peer, asked.hello());
    }

    private static boolean isQuiet(PeerHello hello) {
        return !hello.inTurn().isEmpty();
    }

    private void known(PeerInbound.Hello arrived, PeerHello hello, boolean clean) {
        peers.heard(arrived.peer(), context.now(), cleanAt(arrived, hello, clean));
        acquaintances.count();
    }

    private @Nullable PeerHello read(PeerInbound.Hello arrived) {
        try {
            PeerHello hello = PeerHelloReader.read(arrived.payload());
            if (answers || hello.said() instanceof PeerHello.Whole) {
                return hello;
            }
            report(DiagnosticCode.MALFORMED_EVENT, arrived, "a hello needs a manifest");
        } catch (JacksonException e) {
            report(DiagnosticCode.MALFORMED_JSON, arrived, e.getOriginalMessage());
        } catch (RejectedMessage e) {
            report(e.code, arrived, e.detail);
        }
        return null;
    }

    private void report(DiagnosticCode code, PeerInbound.Hello hello, String detail) {
        context.diagnostics().report(code, scope + '/' + hello.peer(), detail);
    }

    private void holds(String peer, int records) {
        if (records > 0) {
            holders.heard(peer, context.now());
        }
    }

    private void answer(String asker, PeerHello.Ask said) {
        if (said.to().equals(context.clientId())) {
            DigestTree held = digest.tree();
            Map<String, List<DigestNode>> nodes = new LinkedHashMap<>();
            said.prefixes().forEach(prefix -> nodes.put(prefix, held.children(prefix)));
            speech.nodes(asker, said.round(), nodes);
        }
    }

    /**
     * As of when a peer is known to hold nothing that was deleted before; 0 if it is not. Never later than it said so itself: a hello can be sent
     * again by whoever has heard it, with its signature, though not by whoever cannot sign one with another time in it.
     */
    private long cleanAt(PeerInbound.Hello arrived, PeerHello hello, boolean clean) {
        long now = context.now();
        if (hello.saidAt() < 0) {
            return clean && !session.signatures().isOn() ? now : 0;
        }
        if (hello.said() instanceof PeerHello.Part
                || peers.isNews(
                        arrived.peer(), hello.saidAt(), session.options().maxDrift())) {
            return clean ? Math.min(now, hello.saidAt()) : 0;
        }
        report(
                DiagnosticCode.OUTDATED,
                arrived,
                "this hello was said at %d by its peer's clock; it is answered, but does not show which deletes that peer knows"
                        .formatted(hello.saidAt()));
        return 0;
    }

    /** Somebody answered a hello. */
    void heard(PeerInbound.Answer answer) {
        if (!answers || answer.from().equals(context.clientId())) {
            return;
        }
        if (answer.answers()) {
            acquaintances.answered(answer);
        }
        ends.heard(answer);
        if (rootAnswers.heard(answer)) {
            holdsAll(answer.from(), holdings.sequence());
        }
        own.answered(answer, this::holdsAll);
    }
}
