package io.stitch.reactive.peer.internal;

import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerInbound;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who was heard in a scope since it was opened, and what follows for what may be said there: whether all say how their answers end, and whether
 * anybody looks at a record's own stamp alone. The newest {@link KnownPeers#BOUND} of each kind. On the worker.
 */
final class Acquaintances {
    private final String scope;
    private final PeerSession session;
    private final KnownPeers peers;
    /** Those who said hello, or answered one. */
    private final Set<String> met = new LinkedHashSet<>();
    /** Those who published something, and have not said what they can do. */
    private final Set<String> strangers = new LinkedHashSet<>();

    private String lastSender = "";
    private boolean allAnswer = true;

    Acquaintances(String scope, PeerSession session, KnownPeers peers) {
        this.scope = scope;
        this.session = session;
        this.peers = peers;
    }

    /** {@return whether all who were heard here within the peer memory say how their answers end: what was lost is known then} */
    boolean allAnswer() {
        return allAnswer;
    }

    /** Looks again: time goes by, and what others can do is kept elsewhere too. */
    void count() {
        allAnswer = session.answers() && strangers.isEmpty() && !isAny(session.plainPeers()::isPlain);
    }

    /** Whether anybody who was heard lately merges records as a whole, or may. */
    boolean anyWhole() {
        return !strangers.isEmpty() || isAny(session.wholePeers()::isPlain);
    }

    private boolean isAny(Predicate<String> kind) {
        long heardSince =
                session.context().now() - session.options().peerMemory().toMillis();
        return peers.any(heardSince, kind);
    }

    /** Whether anybody is there who answers. */
    boolean isAnyoneThere() {
        return met.stream().anyMatch(peer -> !session.plainPeers().isPlain(peer) && session.isThere(scope, peer));
    }

    /** Somebody else published something. */
    void sent(String sender) {
        if (!sender.equals(lastSender)) {
            lastSender = sender;
            if (!peers.knows(sender) && !met.contains(sender)) {
                remember(strangers, sender);
                count();
            }
        }
    }

    /** Somebody said hello, and with it what they can do. */
    void said(String peer, PeerHello hello) {
        session.plainPeers().heard(peer, hello.answers());
        session.wholePeers().heard(peer, hello.mergesByField());
        strangers.remove(peer);
    }

    /** Somebody answered, and said with it what they can do. */
    void answered(PeerInbound.Answer answer) {
        session.plainPeers().heard(answer.from(), true);
        session.wholePeers().heard(answer.from(), answer.byField());
        remember(met, answer.from());
        if (strangers.remove(answer.from())) {
            count();
        }
    }

    /** {@return whether somebody was not met before} */
    boolean meet(String peer) {
        boolean isFirst = !met.contains(peer);
        remember(met, peer);
        return isFirst;
    }

    private static void remember(Set<String> names, String name) {
        names.remove(name);
        names.add(name);
        if (names.size() > KnownPeers.BOUND) {
            names.remove(names.iterator().next());
        }
    }

    void clear() {
        met.clear();
        strangers.clear();
    }
}
