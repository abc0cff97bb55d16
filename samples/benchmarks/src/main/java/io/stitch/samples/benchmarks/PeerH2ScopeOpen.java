package io.stitch.samples.benchmarks;

import io.stitch.reactive.peer.PeerSync;

import java.util.List;

/**
 * A fresh peer with a new H2 file opens a scope that another peer holds, against a fresh peer that keeps nothing.
 *
 * @param tasks the size of the scope
 * @param rounds how often
 */
record PeerH2ScopeOpen(int tasks, Rounds rounds) implements Scenario {
    @Override
    public String name() {
        return "peer/h2/scope-open/" + tasks;
    }

    @Override
    public ServerSpec server() {
        return ServerSpec.BROKER;
    }

    @Override
    public List<Figure> measure(String brokerUrl) {
        List<Pair<OpenTimes>> pairs;
        try (StoreClient holder = StoreClient.peer(brokerUrl)) {
            holder.fill(tasks);
            pairs = rounds.run(index -> Pair.inTurn(
                    index, () -> kept(brokerUrl), () -> PeerScopeOpen.fresh(brokerUrl, tasks, PeerSync.create())));
        }
        return List.of(H2ScopeOpen.figure(name(), pairs));
    }

    private OpenTimes kept(String brokerUrl) {
        System.gc();
        try (H2File file = H2File.create(false);
                StoreClient fresh = StoreClient.peer(brokerUrl, file.persistence())) {
            return fresh.open(tasks);
        }
    }
}
