package io.stitch.simulation.peer;

import io.stitch.simulation.Disk;
import io.stitch.simulation.DiskFaults;
import io.stitch.simulation.Network;
import io.stitch.simulation.Run;
import io.stitch.simulation.Simulation;
import io.stitch.simulation.Weather;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A broker, the network around it, and peers. */
final class PeerWorld implements Simulation.Stage {
    static final List<String> SCOPES = List.of("p1", "p2");
    /** What the names of those who began with a copy of a disk have in them. */
    static final String COPY = "copy";

    /** Whoever signs with a key that nobody trusts. */
    static final String OUTSIDER = "outsider";

    private static final int MOST_PEERS = 8;

    private final Run run;
    private final Network network;
    private final Weather weather;
    private final Protection protection;
    private final Vault vault;
    private final Members members;
    private final Relay relay;
    private final Tallies tallies;
    private final PeerLedger ledger;
    private final List<Peer> peers = new ArrayList<>();

    PeerWorld(Run run, PeerConditions conditions) {
        this.run = run;
        this.weather = new Weather(new Random(run.random().nextLong()));
        this.protection = conditions.protection();
        this.vault = new Vault(run, protection.encrypts());
        this.members = new Members(this, protection, conditions.peers());
        this.relay = new Relay(this, protection);
        this.tallies = new Tallies(this);
        this.ledger = new PeerLedger(this);
        this.network = new Network(run, weather, ledger);
        network.withoutServer();
        for (int i = 0; i < conditions.peers(); i++) {
            long skew = conditions.skews().get(i);
            boolean one = conditions.oneScope().get(i);
            Disk disk = i < conditions.disks() ? disk(conditions) : null;
            add(
                    name(i),
                    disk,
                    one ? List.of(SCOPES.get(i % SCOPES.size())) : SCOPES,
                    conditions.plain().get(i),
                    conditions.whole().get(i),
                    skew,
                    null,
                    false);
        }
        if (conditions.outsider()) {
            add(OUTSIDER, disk(conditions), SCOPES, false, false, 0, null, true);
        }
        if (protection.grants()) {
            members.begin(new Random(run.random().nextLong()));
        }
        weather.loss = conditions.loss();
        weather.repetition = conditions.repetition();
        weather.longestDelayMillis = conditions.longestDelay();
    }

    private Disk disk(PeerConditions conditions) {
        DiskFaults faults = new DiskFaults(new Random(run.random().nextLong()));
        faults.longestDelayMillis = conditions.slowDisk();
        return new Disk(faults, "peer");
    }

    /** The name of a peer that is there from the beginning. */
    static String name(int index) {
        return "peer" + (index + 1);
    }

    private void add(
            String name,
            @Nullable Disk disk,
            List<String> scopes,
            boolean plain,
            boolean whole,
            long skew,
            @Nullable String copied,
            boolean outsider) {
        Peer peer = new Peer(this, name, disk, scopes, plain, whole, skew, copied, outsider);
        peers.add(peer);
        peer.process().start();
    }

    /** Somebody copies a disk, and begins with it as a peer of its own. */
    void copy(Peer peer) {
        Disk disk = peer.disk();
        if (disk == null || peer.isOutsider() || peers.size() >= MOST_PEERS) {
            return;
        }
        peer.process().stop();
        run.time().pass(5_000);
        Disk copy = new Disk(new DiskFaults(new Random(run.random().nextLong())), "peer");
        disk.copyTo(
                copy,
                List.of("project", "task", PeerProcess.GRANT.name()),
                List.of(SCOPES.get(0), SCOPES.get(1), Members.TEAM));
        peer.restart();
        add(
                peer.name() + COPY + peers.size(),
                copy,
                peer.scopes(),
                peer.plain(),
                peer.whole(),
                peer.skew(),
                peer.signer(),
                false);
    }

    /** Whether there was never a peer that knows hellos with manifests alone. */
    boolean haveAllAnsweredAlways() {
        return peers.stream().noneMatch(Peer::wasEverPlain);
    }

    Run run() {
        return run;
    }

    Network network() {
        return network;
    }

    Protection protection() {
        return protection;
    }

    Vault vault() {
        return vault;
    }

    Members members() {
        return members;
    }

    Relay relay() {
        return relay;
    }

    Tallies tallies() {
        return tallies;
    }

    PeerLedger ledger() {
        return ledger;
    }

    List<Peer> peers() {
        return peers;
    }

    @Override
    public Map<String, Integer> figures() {
        return ledger.figures();
    }

    @Override
    public void end() {
        peers.forEach(peer -> peer.process().drop());
    }
}
