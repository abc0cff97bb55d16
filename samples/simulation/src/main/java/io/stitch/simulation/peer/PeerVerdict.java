package io.stitch.simulation.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Promise;
import io.stitch.simulation.Run;
import tools.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks whether all is as it must be: first among those who hold a scope, when the network has healed and nobody has done anything else, and
 * only then with every scope open everywhere, for opening one is a cure of its own.
 */
final class PeerVerdict {
    private static final long MINUTE = 60_000;
    private static final long HEALING = 25 * MINUTE;
    /** Where all answer, what one comparison finds is right at once: it is as long as it takes until there is one. */
    private static final long HEALING_OF_THOSE_WHO_ANSWER = 8 * MINUTE;

    private static final int LONGEST_WAIT = 12;
    private static final long MOMENT = 400;

    private final PeerWorld world;
    private final Run run;

    PeerVerdict(PeerWorld world) {
        this.world = world;
        this.run = world.run();
    }

    /** Waits until nothing happens on a peer, for a while, and looks then. */
    void look(Peer peer) {
        for (int i = 0; i < LONGEST_WAIT; i++) {
            run.time().pass(MOMENT);
            PeerProcess process = peer.process();
            if (process.isRunning() && process.isQuiet(MOMENT)) {
                compareWithDisk(peer);
                PeerWorld.SCOPES.forEach(scope -> process.held(scope)
                        .forEach((record, json) -> world.ledger().held(process, record, json)));
                return;
            }
        }
    }

    private void compareWithDisk(Peer peer) {
        Disk disk = peer.disk();
        PeerProcess process = peer.process();
        if (disk == null || !disk.faults().isWell() || !process.isStarted()) {
            return;
        }
        List<PendingWrite> rows = disk.rows();
        // That several have become one is written with the next batch.
        if (process.store().pendingWrites() > rows.size()) {
            run.problem(
                    "pendingCount differs from the disk",
                    "%s counts %d, and its disk has %s"
                            .formatted(process.name(), process.store().pendingWrites(), rows));
        }
        for (String scope : PeerWorld.SCOPES) {
            if (process.scope(scope) != null && world.vault().lacks(peer, scope)) {
                requireNothing(process, scope);
            } else if (process.scope(scope) != null) {
                Map<String, JsonNode> kept = new TreeMap<>();
                for (String entity : List.of("project", "task")) {
                    disk.records(entity).stream()
                            .filter(record -> record.scope().equals(scope))
                            .forEach(record -> kept.put(
                                    scope + '/' + entity + '/' + record.id(),
                                    PeerLedger.shown(PeerLedger.MAPPER.readTree(record.json()))));
                }
                Map<String, JsonNode> shown = process.held(scope);
                // What counts no more is hidden, and stays on the disk.
                boolean fits = world.protection().grants()
                        ? kept.entrySet().containsAll(shown.entrySet())
                        : shown.equals(kept);
                if (!process.mayShowLess() && !fits) {
                    run.problem(
                            "shown differs from the disk",
                            "%s shows %s, and its disk has %s".formatted(process.name(), shown, kept));
                }
            }
        }
    }

    private void requireNothing(PeerProcess process, String scope) {
        Map<String, JsonNode> shown = process.held(scope);
        if (!shown.isEmpty()) {
            run.problem(
                    "shown without a key", "%s has no key of %s, and shows %s".formatted(process.name(), scope, shown));
        }
    }

    void pass() {
        heal();
        world.peers().forEach(peer -> world.vault().heal(peer, false));
        run.time().pass(MINUTE); // What had failed has been told by now, and can be tried again.
        startAgain();
        run.time().pass(world.haveAllAnsweredAlways() ? HEALING_OF_THOSE_WHO_ANSWER : HEALING);
        world.peers().stream().filter(peer -> !world.vault().lacksAny(peer)).forEach(this::requireSettled);
        if (agree()) {
            requireSame(Members.TEAM);
            PeerWorld.SCOPES.forEach(this::requireSame);
        }
        world.peers().forEach(this::look);

        run.trace(() -> "everybody comes back, and opens everything");
        world.peers().forEach(peer -> world.vault().heal(peer, true));
        world.peers().forEach(Peer::restart);
        startAgain();
        world.peers().forEach(peer -> PeerWorld.SCOPES.forEach(peer.process()::open));
        run.time().pass(HEALING);
        world.peers().forEach(this::requireSettled);
        agree();
        Map<String, JsonNode> held = new TreeMap<>(requireSame(Members.TEAM));
        PeerWorld.SCOPES.forEach(scope -> held.putAll(requireSame(scope)));
        world.peers().forEach(this::requireOnlyWhatCounts);
        world.ledger().judge(held);
        world.peers().forEach(this::look);
        world.peers().forEach(peer -> peer.process().stop());
        run.time().pass(MINUTE);
        world.peers().forEach(this::requireEnded);
    }

    /** What the owner knows of the grants is what all know, if the owner is there. */
    private boolean agree() {
        PeerProcess owner = world.peers().get(0).process();
        if (owner.isRunning()) {
            world.members().agree(owner.held(Members.TEAM));
        }
        return !world.protection().grants() || owner.isRunning();
    }

    private void startAgain() {
        world.peers().stream().map(Peer::process).filter(PeerProcess::isRunning).forEach(PeerProcess::startAgain);
    }

    private void heal() {
        run.trace(() -> "everything heals");
        world.network().heal();
        for (Peer peer : world.peers()) {
            Disk disk = peer.disk();
            if (disk != null) {
                disk.faults().heal();
            }
            if (peer.process().isRunning() && peer.process().mayShowLess()) {
                peer.process().kill(); // What a scope could not read when it was opened is read by the next process.
                peer.restart();
            }
        }
    }

    private void requireSettled(Peer peer) {
        PeerProcess process = peer.process();
        if (!process.isRunning()) {
            return;
        }
        int pending = process.store().pendingWrites();
        Disk disk = peer.disk();
        if (pending > 0) {
            run.problem(
                    "pending for ever",
                    "%s still has %d pending writes: %s"
                            .formatted(process.name(), pending, disk == null ? "in memory" : disk.rows()));
        }
        if (!process.store().connectionStatus().isConnected()) {
            run.problem(
                    "not connected", process.name() + " is " + process.store().connectionStatus());
        }
        promisesEnded(process);
        peer.ended().stream().filter(each -> !each.wasKilled()).forEach(this::promisesEnded);
        for (DiagnosticCode code : List.of(DiagnosticCode.INTERNAL_ERROR, DiagnosticCode.CLOCK_AHEAD)) {
            Long count = process.store().diagnosticCounts().get(code);
            if (count != null) {
                run.problem("diagnostic " + code, "%s counts %d".formatted(process.name(), count));
            }
        }
    }

    private void promisesEnded(PeerProcess process) {
        process.promises().stream()
                .filter(Promise::isOpen)
                .findFirst()
                .ifPresent(promise -> run.problem("never told", promise + " has not ended"));
        process.promises().forEach(Promise::abandon);
    }

    /** Compares a scope at all who have it open, and returns what they hold. */
    private Map<String, JsonNode> requireSame(String scope) {
        world.peers().stream()
                .filter(peer -> world.vault().lacks(peer, scope))
                .forEach(peer -> requireNothing(peer.process(), scope));
        List<PeerProcess> holders = world.peers().stream()
                .filter(peer -> isHeard(peer, scope) && !world.vault().lacks(peer, scope))
                .map(Peer::process)
                .filter(process -> process.isRunning() && process.scope(scope) != null)
                .toList();
        if (holders.isEmpty()) {
            return Map.of();
        }
        Map<String, JsonNode> first = holders.get(0).held(scope);
        for (PeerProcess holder : holders) {
            Map<String, JsonNode> held = holder.held(scope);
            held.forEach((record, json) -> world.ledger().held(holder, record, json));
            if (!held.equals(first)) {
                run.problem(
                        "not the same in the end",
                        "of %s %s holds %s, and %s holds %s"
                                .formatted(
                                        scope,
                                        holder.name(),
                                        held,
                                        holders.get(0).name(),
                                        first));
            }
        }
        return first;
    }

    private boolean isHeard(Peer peer, String scope) {
        return scope.equals(Members.TEAM)
                ? world.members().isNamed(peer)
                : world.members().isHeard(peer);
    }

    /** Who is a member no more knows that, and shows nothing that does not count, though it may show less than there is. */
    private void requireOnlyWhatCounts(Peer peer) {
        if (world.members().isNamed(peer)) {
            for (String scope : PeerWorld.SCOPES) {
                peer.process()
                        .held(scope)
                        .forEach((record, json) -> world.ledger().held(peer.process(), record, json));
            }
        }
    }

    private void requireEnded(Peer peer) {
        promisesEnded(peer.process());
        if (peer.process().lane().waiting() > 0) {
            run.problem(
                    "timers left",
                    "%s is closed, and has %d timers"
                            .formatted(
                                    peer.process().name(), peer.process().lane().waiting()));
        }
    }
}
