package io.stitch.simulation.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.reactive.WriteKind;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Promise;
import io.stitch.simulation.Run;
import io.stitch.simulation.server.Write.Told;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Heals the world, and looks whether everything is as it was told. */
final class Verdict {
    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    /** Deletes are remembered for an hour, and some comparisons wait for five minutes. */
    private static final int LONGEST_HEALING_MINUTES = 75;

    private static final int LONGEST_FLUSH_MINUTES = 30;
    private static final int PATIENCE_MINUTES = 20;
    private static final int OPEN_TIMERS = 12;

    private final World world;
    private final Run run;
    private final Checks checks;

    Verdict(World world) {
        this.world = world;
        this.run = world.run();
        this.checks = new Checks(world);
    }

    void pass() {
        heal();
        world.devices().forEach(this::revive);
        run.time().pass(MINUTE);
        world.devices().forEach(this::reopen);
        converge();
        world.devices().forEach(this::flushOtherUsers);
        converge();
        world.devices().forEach(this::requireSettled);
        world.devices().forEach(this::requireSame);
        world.devices().forEach(device -> checks.compare(device.process()));
        judgeWrites();
        world.devices().forEach(this::closeScopes);
        world.devices().forEach(this::close);
        world.devices().forEach(this::requireEnded);
        run.requireNotLogged(
                List.of(World.password("ada"), World.password("ben"), World.ticket("ada"), World.ticket("ben")));
    }

    /** The network, the disks and the server are well from now on. */
    private void heal() {
        run.trace(() -> "everything heals");
        world.network().heal();
        world.executions().stopLying();
        world.failCommits(false);
        world.refuse(0, 0, "");
        world.server().dropReplies(0);
        world.server().dropEvents(false);
        world.server().delayReplies(0);
        world.server().startBroker();
        for (Device device : world.devices()) {
            Disk disk = device.disk();
            if (disk != null) {
                disk.faults().heal();
            }
            device.process().lane().stall(0);
        }
        run.time().pass(MINUTE);
    }

    private void revive(Device device) {
        StoreProcess process = device.process();
        if (!process.isRunning() || process.isClosing()) {
            if (process.isRunning()) {
                run.problem("never closed", process.device().name() + " is closing, and does not come to an end");
                device.kill();
            }
            device.restart();
        }
        StoreProcess now = device.process();
        now.login().comeBackBeforeLeaving();
        now.startAgain();
        now.login().logIn(device.user());
    }

    private void reopen(Device device) {
        StoreProcess process = device.process();
        world.scopes().forEach(scope -> process.open(scope, false));
        process.ask("retryParked()", store -> store.retryParked());
    }

    private void converge() {
        for (int minute = 0; minute < LONGEST_HEALING_MINUTES; minute++) {
            run.time().pass(MINUTE);
            boolean patient = minute < PATIENCE_MINUTES;
            if (world.devices().stream()
                    .allMatch(device ->
                            isSettled(device, patient) && differences(device).isEmpty())) {
                break;
            }
            if (minute % 10 == 9) {
                world.devices().forEach(device -> device.process().ask("retryParked()", store -> store.retryParked()));
            }
        }
        run.time().pass(2 * SECOND);
    }

    /** What was asked for and has not been answered after so long will not be. */
    private static boolean isSettled(Device device, boolean patient) {
        return device.process().store().pendingWrites() == 0
                && (!patient || device.process().promises().stream().noneMatch(Promise::isOpen));
    }

    /** Everybody who wrote on a device comes back, and has sent what waited for them. */
    private void flushOtherUsers(Device device) {
        StoreProcess process = device.process();
        String last = device.user();
        for (String user : List.copyOf(device.users())) {
            if (!user.equals(last)) {
                change(process, user);
                waitUntilSent(process);
            }
        }
        if (!device.user().equals(last)) {
            change(process, last);
            world.scopes().forEach(scope -> process.open(scope, false));
        }
    }

    private void change(StoreProcess process, String user) {
        process.login().logOut();
        run.time().pass(5 * SECOND);
        process.login().logIn(user);
        run.time().pass(10 * SECOND);
        process.ask("retryParked()", store -> store.retryParked());
    }

    private void waitUntilSent(StoreProcess process) {
        for (int minute = 0; minute < LONGEST_FLUSH_MINUTES; minute++) {
            run.time().pass(MINUTE);
            if (process.store().pendingWrites() == 0) {
                return;
            }
        }
        run.problem(
                "pending for ever",
                "%s still has %d pending writes of %s"
                        .formatted(
                                process.device().name(),
                                process.store().pendingWrites(),
                                process.device().user()));
    }

    private void requireSettled(Device device) {
        StoreProcess process = device.process();
        int pending = process.store().pendingWrites();
        if (pending > 0) {
            Disk disk = device.disk();
            run.problem(
                    "pending for ever",
                    "%s still has %d pending writes: %s"
                            .formatted(device.name(), pending, disk == null ? "in memory" : disk.rows()));
        }
        if (process.lastPending() != pending) {
            run.problem(
                    "pendingCount() differs",
                    "%s said %d, and has %d".formatted(device.name(), process.lastPending(), pending));
        }
        if (process.queued().size() != pending) {
            run.problem(
                    "queuedWrites() differs",
                    "%s listed %s, and has %d".formatted(device.name(), process.queued(), pending));
        }
        promisesEnded(process);
        device.ended().stream().filter(each -> !each.wasKilled()).forEach(this::promisesEnded);
        Long defects = process.store().diagnosticCounts().get(DiagnosticCode.INTERNAL_ERROR);
        if (defects != null && !process.mayHaveInternalErrors()) {
            run.problem("internal error", "%s counts %d internal errors".formatted(device.name(), defects));
        }
        if (!process.store().connectionStatus().isConnected()) {
            run.problem(
                    "not connected", device.name() + " is " + process.store().connectionStatus());
        }
    }

    private void promisesEnded(StoreProcess process) {
        process.promises().stream()
                .filter(Promise::isOpen)
                .findFirst()
                .ifPresent(promise ->
                        run.problem("never told" + process.whatCameAfter(promise.at()), promise + " has not ended"));
        process.promises().forEach(Promise::abandon);
    }

    private String differences(Device device) {
        StoreProcess process = device.process();
        for (EntityType<ObjectNode> type : Entities.SCOPED) {
            Map<String, List<ObjectNode>> byScope = world.server().records(type.name()).stream()
                    .collect(Collectors.groupingBy(record -> Entities.scopeOf(type.name(), record)));
            for (String id : world.scopes()) {
                Scope scope = process.handle(id);
                List<ObjectNode> records = scope == null ? List.of() : scope.snapshot(type);
                Map<String, JsonNode> shown = Checks.byId(records);
                Map<String, JsonNode> there = Checks.byId(byScope.getOrDefault(id, List.of()));
                Set<String> newer = staysNewer(type.name(), records);
                shown.keySet().removeAll(newer);
                there.keySet().removeAll(newer);
                if (!shown.equals(there)) {
                    return "of %s in %s it shows %s, and the server has %s".formatted(type.name(), id, shown, there);
                }
            }
        }
        Map<String, JsonNode> people =
                Checks.byId(process.store().collection(Entities.PERSON).snapshot());
        Map<String, JsonNode> there = Checks.byId(world.server().records("person"));
        return people.equals(there) ? "" : "of people it shows %s, and the server has %s".formatted(people, there);
    }

    /** What stays as it is shown though the server went back to older records, for nobody can know. */
    private Set<String> staysNewer(String entity, List<ObjectNode> shown) {
        if (!world.wasRestored() || world.conditions().legacy()) { // Of an old server everything is listed.
            return Set.of();
        }
        return shown.stream()
                .filter(record -> world.serverRecord(entity, record.path("id").asString())
                        .filter(there -> isHidden(there, record))
                        .isPresent())
                .map(record -> record.path("id").asString())
                .collect(Collectors.toSet());
    }

    /** Versions that are the same are taken for the same record, and that one is older is said in direct replays only. */
    private boolean isHidden(ObjectNode there, ObjectNode shown) {
        int order = Long.compare(
                there.path("_version").asLong(), shown.path("_version").asLong());
        return order == 0 || (order < 0 && world.conditions().withheldFeatures().contains("direct-replay"));
    }

    private void requireSame(Device device) {
        String differences = differences(device);
        if (!differences.isEmpty()) {
            run.problem("not the same in the end", device.name() + ": " + differences);
        }
    }

    private void judgeWrites() {
        for (EntityType<ObjectNode> type : Entities.SCOPED) {
            if (world.server().records(type.name()).stream().anyMatch(record -> record.has("_expected_version"))) {
                run.problem("a version stored as a field", "a " + type.name() + " has it: the server cannot compare");
            }
        }
        for (Write write : world.ledger().writes()) {
            boolean kept =
                    write.told == Told.QUEUED && !write.perishable && !write.undone && !write.entity.equals("draft");
            // A create that was not answered is taken for done where the record is, whoever created it.
            boolean created = write.kind == WriteKind.CREATE || world.ledger().hadBegunIt(write);
            boolean done =
                    created && (world.others().wrote(write) || world.ledger().wasThere(write));
            if (kept && !done && !write.isSettled() && !isNothing(write)) {
                run.problem("acknowledged and lost", write + " was never sent, and nobody was told");
            }
        }
    }

    /** Whether there was nothing to send: others took it in, or took it along, or it deletes what is not there any more. */
    private boolean isNothing(Write write) {
        return write.kind == WriteKind.DELETE
                || world.ledger().isFolded(write)
                || world.ledger().isTakenAlong(write);
    }

    private void closeScopes(Device device) {
        StoreProcess process = device.process();
        world.scopes().forEach(scope -> {
            while (process.handle(scope) != null) {
                process.closeScope(scope);
            }
        });
        process.views().forEach(View::cancel);
        run.time().pass(2 * MINUTE);
        Set<String> filters = world.network().filters(device.name());
        // That roots have expired is heard of outside of scopes, and always.
        if (filters.stream()
                .anyMatch(filter -> filter.contains("/project/") && !filter.endsWith("/project/events/#"))) {
            run.problem(
                    "subscriptions left",
                    "%s closed its scopes, and has subscribed to %s".formatted(device.name(), filters));
        }
        if (process.lane().waiting() > OPEN_TIMERS) {
            run.problem(
                    "timers left",
                    "%s has closed its scopes, and %d timers"
                            .formatted(device.name(), process.lane().waiting()));
        }
    }

    private void close(Device device) {
        device.process().close();
        run.time().pass(MINUTE);
    }

    private void requireEnded(Device device) {
        StoreProcess process = device.process();
        promisesEnded(process);
        if (process.isRunning()) {
            run.problem("never closed", device.name() + " does not come to an end");
        }
        if (process.lane().waiting() > 0) {
            run.problem(
                    "timers left",
                    "%s is closed, and has %d timers"
                            .formatted(device.name(), process.lane().waiting()));
        }
    }
}
