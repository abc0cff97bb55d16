package io.stitch.samples.benchmarks;

import io.stitch.reactive.peer.PeerSync;

import java.util.List;

/**
 * A fresh peer opens a scope that another peer holds, against two bare clients, one of which asks and takes the messages that the other
 * publishes as fast as it can.
 *
 * @param tasks the size of the scope
 * @param protection against whom the peers protect themselves; the bare clients never do
 * @param rounds how often
 */
record PeerScopeOpen(int tasks, PeerProtection protection, Rounds rounds) implements Scenario {
    @Override
    public String name() {
        return "peer/scope-open/" + tasks + protection.suffix();
    }

    @Override
    public ServerSpec server() {
        return ServerSpec.BROKER;
    }

    @Override
    public List<Figure> measure(String brokerUrl) {
        List<Pair<OpenTimes>> pairs;
        try (StoreClient holder = StoreClient.peer(brokerUrl, protection.mode());
                BarePeer bareHolder = BarePeer.connected(brokerUrl)) {
            holder.fill(tasks);
            bareHolder.hold(tasks);
            pairs = rounds.run(index -> round(brokerUrl, index));
        }
        return List.of(new Figure(
                name(),
                Pair.ratio(pairs, OpenTimes::last),
                "ratio",
                protection.scopeOpen(),
                "first event after %s; %s"
                        .formatted(
                                ScopeOpen.millis(Pair.store(pairs, OpenTimes::first)),
                                ScopeOpen.lastRecordNote(pairs, tasks))));
    }

    private Pair<OpenTimes> round(String brokerUrl, int index) {
        return Pair.inTurn(index, () -> fresh(brokerUrl, tasks, protection.mode()), () -> bare(brokerUrl));
    }

    /** Opens a scope with a peer that has nothing. */
    static OpenTimes fresh(String brokerUrl, int tasks, PeerSync mode) {
        System.gc();
        try (StoreClient fresh = StoreClient.peer(brokerUrl, mode)) {
            return fresh.open(tasks);
        }
    }

    private OpenTimes bare(String brokerUrl) {
        System.gc();
        try (BarePeer fresh = BarePeer.connected(brokerUrl)) {
            return fresh.open(tasks);
        }
    }
}
