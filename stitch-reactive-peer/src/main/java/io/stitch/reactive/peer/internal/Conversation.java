package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.DigestTree;
import io.stitch.reactive.internal.mode.ScopeDigest;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.peer.internal.hello.HelloLimits;
import io.stitch.reactive.peer.internal.hello.OwnRound;
import io.stitch.reactive.peer.internal.hello.RootAnswers;
import io.stitch.reactive.peer.internal.hello.RoundEnds;
import io.stitch.reactive.peer.internal.safety.Holdings;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerHelloReader;
import io.stitch.reactive.peer.internal.wire.PeerHellos;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is said on the hello topic of an open scope: the own hellos and what comes of them, and what is answered to those of others. On the
 * worker, across connections.
 */
final class Conversation implements OwnRound.Speech, RootAnswers.Sayer, RoundEnds.Sayer {
    private static final long LONGEST_WAIT_MILLIS = 200;

    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final Outbox outbox;
    private final Runnable compare;
    private final boolean answers;
    private final Set<String> features;
    private final ScopeDigest digest;
    private final Holders holders;
    private final KnownPeers peers;
    private final HelloLimits limits;
    private final RoundEnds ends;
    private final RootAnswers rootAnswers;
    private final OwnRound own;
    private final Replies replies;
    private final EarlyStamps early;
    private final ManifestComparison comparison;
    private final ShownMerges merges;
    private final Comparisons comparisons;
    private final Disposable.Swap greeting = Disposables.swap();
    /** Those who were heard since the scope was opened. */
    private final Set<String> acquainted = new LinkedHashSet<>();
    /** Those who published something, and have not said what they can do. */
    private final Set<String> strangers = new LinkedHashSet<>();

    private final Set<String> newcomers = new LinkedHashSet<>();
    private List<String> greeted = List.of();
    private String lastSender = "";
    private boolean newcomer = true;
    private boolean allAnswer = true;
    private final Holdings holdings;
    private Runnable moreIsKnown = () -> {};
    private boolean asksWhoHoldsIt;
    /** What the last own hello with a fingerprint said, and as of which change. */
    private String saidRound = "";

    private long saidAt;

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
        this.outbox = session.outbox();
        this.compare = compare;
        this.answers = session.answers();
        this.features = features(session.mergesByField());
        this.peers = peers;
        this.holdings = holdings;
        this.digest = new ScopeDigest(context.records(), scope, session.replica()::version);
        this.holders = new Holders(options.presenceTimeout());
        this.limits = new HelloLimits(context, options.maxMessageBytes(), this::take);
        this.ends = new RoundEnds(context, this);
        this.rootAnswers = new RootAnswers(context, digest::tree, this);
        this.own = new OwnRound(context, options.helloSpacing(), digest::tree, this);
        this.replies = new Replies(
                scope,
                context,
                session.replica(),
                session.graves(),
                outbox,
                holders,
                ends,
                options.publishesInFlight(),
                key -> holdings.published(key, true));
        this.merges = new ShownMerges(scope, session);
        this.early = new EarlyStamps(context, stamp -> session.isTooFarAhead(stamp, context.now()), compare);
        this.comparison = new ManifestComparison(scope, session, digest::tree, replies, early, compare, this::show);
        this.comparisons = new Comparisons(context, comparison, this::compared);
    }

    void disconnected() {
        comparisons.disconnected();
        comparison.disconnected();
        replies.disconnected();
        rootAnswers.disconnected();
        own.stop();
        early.disconnected();
        newcomers.clear();
        greeting.update(Disposables.disposed());
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
        acquainted.clear();
        strangers.clear();
    }

    /** {@return whether all who were heard here within the peer memory say how their answers end: what was lost is known then} */
    boolean isAnsweredByAll() {
        return allAnswer;
    }

    private static Set<String> features(boolean byField) {
        Set<String> features = new LinkedHashSet<>(List.of(PeerHello.DIGEST));
        if (byField) {
            features.add(PeerHello.FIELDS);
        }
        return Collections.unmodifiableSet(features);
    }

    private void countWhoAnswers() {
        long heardSince = context.now() - session.options().peerMemory().toMillis();
        allAnswer = answers && strangers.isEmpty() && !peers.any(heardSince, session.plainPeers()::isPlain);
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

    /** Asks with a fingerprint, however few records there are: whoever holds the same says so, and others say what they hold. */
    void askWhoHoldsIt() {
        asksWhoHoldsIt = true;
        compare.run();
    }

    private void holdsAll(String peer, long upTo) {
        holdings.holdsAll(peer, upTo, context.now());
        moreIsKnown.run();
    }

    // ---- what this peer says ----

    /** {@return says hello} Cold. */
    Mono<Void> hello() {
        return Mono.defer(() -> {
            countWhoAnswers();
            DigestNode root = digest.tree().node("");
            boolean whole = (root.n() <= DigestNode.MAX_ITEMS && !asksWhoHoldsIt) || !allAnswer;
            PeerHellos.Head head = head(PeerHellos.Head.greeted(greeted))
                    .named(session.announced(scope)); // What is published here does not come back.
            String round = answers ? own.begin(whole, greeted.isEmpty()) : null;
            byte[] hello = whole || round == null
                    ? PeerHellos.whole(head, round, entries(context.records().serverRecords(scope)))
                    : PeerHellos.root(head, round, root);
            asksWhoHoldsIt = false;
            saidRound = whole || round == null ? "" : round;
            saidAt = holdings.sequence();
            newcomers.clear(); // Whoever they are, they hear this one.
            greeting.update(Disposables.disposed());
            if (outbox.size(scope, hello) > session.options().maxMessageBytes() || !outbox.fits(scope, hello)) {
                context.diagnostics()
                        .report(
                                DiagnosticCode.MANIFEST_TOO_LARGE,
                                scope,
                                ("the manifest of %d records has %d bytes, more than the broker or the other peers take, so what is"
                                                + " missing here is not asked for; update the peers that do not know digests, raise"
                                                + " maxMessageBytes at all peers and the broker's largest packet, or split the scope")
                                        .formatted(root.n(), outbox.size(scope, hello)));
                own.stop();
                return Mono.empty();
            }
            return outbox.publish(scope, session.topics().hello(scope), hello).doOnSuccess(unused -> {
                newcomer = false; // Who was there has heard it, and who comes later says so.
                context.observer().saidHello();
            });
        });
    }

    private PeerHellos.Head head(List<String> inTurn) {
        String key = session.signatures().key();
        long connectedAt = session.goodbyes().connectedAt();
        return answers
                ? new PeerHellos.Head(
                        context.clientId(), key, connectedAt, session.saysAt(), features, newcomer, inTurn)
                : new PeerHellos.Head(context.clientId(), key, connectedAt);
    }

    private List<PeerPayloads.Entry> entries(Collection<StoredRecord> records) {
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

    @Override
    public void ask(String round, String to, List<String> prefixes) {
        say(PeerHellos.ask(head(List.of()), round, to, prefixes));
    }

    @Override
    public boolean part(String round, List<String> prefixes, List<StoredRecord> held) {
        byte[] hello = PeerHellos.part(head(List.of()), round, prefixes, entries(held));
        if (hello.length > DigestNode.MAX_BYTES
                || outbox.size(scope, hello) > session.options().maxMessageBytes()
                || !outbox.fits(scope, hello)) {
            return false;
        }
        say(hello);
        return true;
    }

    @Override
    public void again() {
        compare.run();
    }

    /** {@return whether nobody was heard here lately, or nobody answers any more} */
    boolean isAlone() {
        return !session.isAnyoneIn(scope) || own.isGivenUp();
    }

    /** {@return whether nobody owes this peer anything for its last hello} */
    boolean isSettled() {
        return own.isSettled();
    }

    @Override
    public void compared() {
        session.statuses().compared(scope, false);
    }

    @Override
    public boolean isAnyoneThere() {
        return acquainted.stream()
                .anyMatch(peer -> !session.plainPeers().isPlain(peer) && session.isThere(scope, peer));
    }

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
        if (!early.any()) { // Else what comes of it would not be taken.
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

    // ---- what others say ----

    /** Somebody published an event. */
    void heard(PeerInbound.Event arrived) {
        String sender = arrived.sender();
        boolean vouched = !session.signatures().isOn(); // Else the sender may be anybody, and name anybody.
        if (vouched) {
            heardOf(sender);
        }
        if (arrived.event().replay() && !sender.equals(context.clientId()) && !sender.isEmpty()) {
            own.replayed(sender);
        }
    }

    private void heardOf(String sender) {
        if (sender.equals(context.clientId()) || sender.isEmpty()) {
            return;
        }
        holders.heard(sender, context.now());
        if (!sender.equals(lastSender)) {
            lastSender = sender;
            if (!peers.knows(sender) && !acquainted.contains(sender)) {
                remember(strangers, sender);
                countWhoAnswers();
            }
        }
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
        long heardSince = context.now() - session.options().peerMemory().toMillis();
        boolean anyWhole = !strangers.isEmpty() || peers.any(heardSince, session.wholePeers()::isPlain);
        if (anyWhole) {
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
        if (proved && !(hello.said() instanceof PeerHello.Part) && !peers.mayBeOld(peer, hello.saidAt())) {
            session.isThereNow(scope, peer);
        }
        session.goodbyes().heardOn(peer, hello.connectedAt());
        session.plainPeers().heard(peer, hello.answers());
        session.wholePeers().heard(peer, hello.mergesByField());
        strangers.remove(peer);
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
            if (!own.isBeingFilled()) { // What is held here is more in a moment.
                rootAnswers.asked(
                        peer, said.round(), said.node(), isQuiet(hello), !holders.anyBut(peer, context.now()));
            }
            known(arrived, hello, same);
            greet(peer, hello);
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
        own.heardWhole(asked.hello().inTurn().contains(context.clientId()));
        known(asked.arrived(), asked.hello(), clean);
        greet(peer, asked.hello());
    }

    private static boolean isQuiet(PeerHello hello) {
        return !hello.inTurn().isEmpty();
    }

    private void known(PeerInbound.Hello arrived, PeerHello hello, boolean clean) {
        peers.heard(arrived.peer(), context.now(), cleanAt(arrived, hello, clean));
        countWhoAnswers();
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
            nodes(asker, said.round(), nodes);
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

    /** Who does not know yet who is there is told: by a hello in turn, one for all who came together. */
    private void greet(String peer, PeerHello hello) {
        boolean isFirst = !acquainted.contains(peer);
        remember(acquainted, peer);
        boolean knowsThis = hello.inTurn().contains(context.clientId());
        if (answers && !knowsThis && (isFirst || hello.newcomer()) && newcomers.add(peer) && newcomers.size() == 1) {
            long jitter = (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
            greeting.update(context.after(Duration.ofMillis(jitter), () -> {
                greeted = List.copyOf(newcomers);
                compare.run();
                greeted = List.of();
            }));
        }
    }

    private static void remember(Set<String> names, String name) {
        names.remove(name);
        names.add(name);
        if (names.size() > KnownPeers.BOUND) {
            names.remove(names.iterator().next());
        }
    }

    /** Somebody answered a hello. */
    void heard(PeerInbound.Answer answer) {
        if (!answers || answer.from().equals(context.clientId())) {
            return;
        }
        if (answer.answers()) {
            session.plainPeers().heard(answer.from(), true);
            session.wholePeers().heard(answer.from(), answer.byField());
            remember(acquainted, answer.from());
            if (strangers.remove(answer.from())) {
                countWhoAnswers();
            }
        }
        ends.heard(answer);
        if (rootAnswers.heard(answer)) {
            holdsAll(answer.from(), holdings.sequence());
        }
        if (own.isMine(answer)) {
            session.isThereNow(scope, answer.from()); // Nobody else knows of the round before it is said.
            if (answer.events() == 0 && answer.round().equals(saidRound)) {
                holdsAll(answer.from(), saidAt);
            }
            own.heard(answer);
        }
    }
}
