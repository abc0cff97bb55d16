package io.stitch.simulation.server;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.DropResult;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestFailedException.Reason;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.simulation.AppFault;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Run;
import io.stitch.simulation.server.Write.Told;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What everybody wrote, and what they were told of it: each is judged when it is told, shown and done. */
final class Ledger {
    private static final long LONGEST_UNDER_WAY = 300_000;

    private final World world;
    private final Run run;
    private final ReadYourWrites readYourWrites;
    private final List<Write> writes = new ArrayList<>();
    private final Map<String, Integer> figures = new TreeMap<>();

    Ledger(World world) {
        this.world = world;
        this.run = world.run();
        this.readYourWrites = new ReadYourWrites(world);
    }

    List<Write> writes() {
        return writes;
    }

    Map<String, Integer> figures() {
        return figures;
    }

    void count(String what) {
        figures.merge(what, 1, Integer::sum);
    }

    int nextNumber() {
        return writes.size() + 1;
    }

    private Write write(int number) {
        return writes.get(number - 1);
    }

    boolean knows(int number) {
        return number <= writes.size();
    }

    Write find(int number) {
        return write(number);
    }

    /** The writes of a device of one record. */
    Stream<Write> of(Device device, String record) {
        return writes.stream()
                .filter(write -> write.device.equals(device) && write.record().equals(record));
    }

    Write issue(StoreProcess process, WriteSpec spec) {
        Write write = new Write(
                nextNumber(),
                process.device(),
                spec.kind(),
                spec.entity(),
                spec.id(),
                Entities.isScoped(spec.entity()) ? spec.scope() : null,
                spec.marked(),
                process.login().possible(),
                run.time().elapsed());
        write.perishable = process.device().disk() == null && !process.isRunning();
        write.adds = spec.adds();
        write.tellingFails = spec.manner() == WriteSpec.Manner.THROWS;
        writes.add(write);
        run.trace(() -> "writes " + write);
        return write;
    }

    // ---- what writers are told ----

    /**
     * A writer is told.
     *
     * @param behindOthers whether it was told only after others of its batch were, so that more may have come of it since
     */
    void told(Write write, MutationResult<?> result, boolean behindOthers) {
        if (write.told == Told.GONE) {
            return;
        }
        tell(write, Told.valueOf(result.status().name()));
        count(write.kind.name().toLowerCase(java.util.Locale.ROOT) + ' ' + write.told);
        if (write.isCompared()) {
            count("compared " + write.told);
        }
        switch (write.told) {
            case SYNCED -> {
                requireExecuted(write);
                readYourWrites.synced(write);
            }
            case QUEUED -> {
                if (write.onlineOnly) {
                    run.problem("queued though it was not to be", write + " was told to be queued");
                }
                if (!behindOthers || write.kind != WriteKind.DELETE) { // A delete may be done without a trace.
                    requireDurable(write);
                }
            }
            default -> {}
        }
    }

    private void tell(Write write, Told told) {
        write.told = told;
        write.toldAt = run.time().elapsed();
        run.trace(() -> "told " + write);
    }

    void failed(Write write, Throwable error) {
        if (write.told == Told.GONE) {
            return;
        }
        if (write.tellingFails && error instanceof AppFault) {
            gone(write);
            return;
        }
        write.error = error;
        write.openEnded = isOpenEnded(write, error);
        write.mayComeBack = write.device.process().isDiskBehind(Long.MAX_VALUE);
        tell(write, Told.FAILED);
        count(write.kind.name().toLowerCase(java.util.Locale.ROOT)
                + ' '
                + error.getClass().getSimpleName());
        if (write.isCompared()) {
            count("compared " + reason(error));
        }
        requireUndone(write, error);
    }

    private static String reason(Throwable error) {
        if (error instanceof RequestRefusedException refused) {
            return refused.reason().name();
        }
        return error instanceof RequestFailedException failed
                ? failed.reason().name()
                : error.getClass().getSimpleName();
    }

    /** Whether it was sent and not answered, and is not to be settled. */
    private static boolean isOpenEnded(Write write, Throwable error) {
        return write.onlineOnly
                && error instanceof RequestFailedException failed
                && List.of(Reason.TIMEOUT, Reason.CONNECTION_LOST, Reason.UNEXPECTED_REPLY)
                        .contains(failed.reason());
    }

    /** A batch failed: what it was about, if it never got so far; else nobody says which it was. */
    void failed(List<Write> rest, Throwable error) {
        boolean whole = error instanceof ValidationException || error instanceof ClosedException;
        for (Write write : rest) {
            if (whole && write.executions.isEmpty()) {
                failed(write, error);
            } else {
                gone(write);
            }
        }
    }

    void gone(Write write) {
        if (write.told == Told.NOTHING) {
            tell(write, Told.GONE);
        }
    }

    /**
     * A process has ended. If its disk said of the last batch that it failed, though it is on it, nobody has been able to take back what is
     * on it since.
     */
    void ended(StoreProcess process) {
        requireNoneOnDisk(process.device());
        of(process)
                .filter(write -> write.error instanceof PersistenceException && process.isDiskBehind(write.toldAt))
                .forEach(write -> write.excused = true);
        // What was refused, and is off the disk, may not have been told by then.
        Disk disk = process.device().disk();
        writes.stream()
                .filter(write -> write.device.equals(process.device()) && write.told == Told.QUEUED)
                .filter(write -> process.hasDropped() || isOnWhatWasRefused(write))
                .filter(write -> disk != null && disk.rows().stream().noneMatch(row -> Tags.isIn(row.payload(), write)))
                .forEach(write -> write.undone = true);
    }

    private Stream<Write> of(StoreProcess process) {
        return writes.stream()
                .filter(write -> write.device.equals(process.device()) && write.process == process.number());
    }

    /** A process has died: what it had not told is never told. */
    void died(StoreProcess process) {
        ended(process);
        for (Write write : writes) {
            if (write.device.equals(process.device()) && write.process == process.number()) {
                gone(write);
                write.perishable |= process.device().disk() == null;
            }
        }
    }

    /** Whether it was refused, or lies on top of what was. */
    private boolean isOnWhatWasRefused(Write write) {
        return of(write.device, write.record())
                .anyMatch(each -> !each.refusedAs.isEmpty() && (each.equals(write) || each.isBefore(write)));
    }

    /** A store that keeps nothing ends: its writes may be lost. */
    void perished(StoreProcess process) {
        writes.stream()
                .filter(write -> write.device.equals(process.device()))
                .forEach(write -> write.perishable = true);
    }

    /** What a device had kept is deleted. */
    void cleared(Device device) {
        writes.stream().filter(write -> write.device.equals(device)).forEach(write -> write.perishable = true);
    }

    void rejected(StoreProcess process, Rejection rejection) {
        Device device = process.device();
        run.trace(() -> "rejected on " + device.name() + ": " + rejection);
        count("rejected " + rejection.reason());
        Set<Integer> tags = Tags.in(rejection.written());
        List<Write> about = rejection.kind() == WriteKind.DELETE
                ? deletes(process, rejection)
                : tags.stream()
                        .filter(this::knows)
                        .map(this::write)
                        .filter(write -> write.device.equals(device))
                        .toList();
        for (Write write : about) {
            if (!process.login().mayBe(write.users)) {
                run.problem(
                        "rejection told to another user",
                        "%s was told to %s".formatted(write, process.login().possible()));
            }
            boolean known = write.process == process.number(); // The disk of one that died may not have learnt of it.
            if (write.told == Told.SYNCED && known) {
                run.problem("rejected though synced", write + " is rejected: " + rejection);
            }
            write.rejected = String.valueOf(rejection.reason());
            write.openEnded |= isOpenEnded(write, rejection.error());
            if (rejection.reason() == Rejection.Reason.PRECONDITION_FAILED && !write.isCompared()) {
                run.problem("compared though it names no version", write + " is rejected: " + rejection);
            }
            write.mayComeBack = process.isDiskBehind(Long.MAX_VALUE);
        }
        if (rejection.reason() == Rejection.Reason.OVERTAKEN && !about.isEmpty()) {
            requireSomebodyElse(about, rejection);
        }
    }

    /** What is pending is listed to whoever uses a process: is it theirs to see? */
    void listed(StoreProcess process, List<QueuedWrite> list) {
        Disk disk = process.device().disk();
        if (disk == null) {
            return;
        }
        Map<Long, PendingWrite> rows = new HashMap<>();
        disk.rows().forEach(row -> rows.put(row.sequence(), row));
        for (QueuedWrite each : list) {
            PendingWrite row = rows.get(each.sequence());
            String user = row == null ? null : row.user();
            if (user != null && !process.login().mayBe(Set.of(user))) {
                run.problem(
                        "listed to another user",
                        "%s is listed to %s".formatted(row, process.login().possible()));
            }
        }
    }

    /** Drops a write. If that is reported, it is on no disk, and never executed from then on. */
    void drop(StoreProcess process, QueuedWrite chosen) {
        Disk disk = process.device().disk();
        List<PendingWrite> meant = disk == null
                ? List.of()
                : disk.rows().stream()
                        .filter(row -> row.sequence() == chosen.sequence())
                        .toList();
        List<Write> about = meant.stream()
                .flatMap(row -> Tags.in(World.MAPPER.readTree(row.payload())).stream())
                .filter(this::knows)
                .map(this::write)
                .toList();
        process.ask(
                "dropWrite()",
                store -> store.dropWrite(chosen.sequence()).doOnNext(result -> {
                    count("drop " + result);
                    if (result == DropResult.DROPPED) {
                        about.forEach(write -> write.dropped = true);
                        if (!about.isEmpty()
                                && disk != null
                                && disk.rows().stream()
                                        .anyMatch(row ->
                                                about.stream().anyMatch(write -> Tags.isIn(row.payload(), write)))) {
                            run.problem("dropped but on disk", "%s is dropped: %s".formatted(about, disk.rows()));
                        }
                    }
                }));
    }

    /** Nothing tells which delete it is; those of another user are out of sight. */
    private List<Write> deletes(StoreProcess process, Rejection rejection) {
        return of(process.device(), rejection.entity() + '/' + rejection.id())
                .filter(write -> write.kind == WriteKind.DELETE && !write.isSettled())
                .filter(write -> write.told != Told.SYNCED && process.login().mayBe(write.users))
                .limit(1)
                .toList();
    }

    /** A store says of a record that a write of it was refused. If its writer has logged out by then, nobody else is told. */
    void undone(Device device, String record) {
        of(device, record)
                .filter(write -> write.told == Told.QUEUED || (write.told == Told.NOTHING && write.toldInTurn))
                .filter(write -> !write.isSettled())
                .forEach(write -> write.undone = true);
    }

    /** Whether a record may be deleted together with what it refers to, which a user deletes. */
    boolean isEntailed(Device device, String record, String user) {
        return isEntailed(device, record, user, new HashSet<>());
    }

    private boolean isEntailed(Device device, String record, String user, Set<String> seen) {
        return writes.stream()
                .filter(write -> write.record().equals(record))
                .flatMap(Ledger::named)
                .filter(seen::add)
                .anyMatch(target ->
                        of(device, target).anyMatch(write -> write.kind == WriteKind.DELETE && write.mayBeOf(user))
                                || isEntailed(device, target, user, seen));
    }

    private static Stream<String> named(Write write) {
        Stream<String> root = Entities.isChild(write.entity) ? Stream.of("project/" + write.scope) : Stream.empty();
        return Stream.concat(root, write.refersTo.stream());
    }

    private void requireSomebodyElse(List<Write> about, Rejection rejection) {
        Write first = about.get(0);
        // Of a record that was not known where it was deleted, nobody can say whether it is another one by now.
        boolean unknown = String.valueOf(rejection.error().getMessage()).contains("was not known here");
        if (!first.excused && !unknown && !world.others().wrote(first)) {
            run.problem(
                    "overtaken by nobody",
                    "%s is said to be overtaken, and nobody else wrote it: %s".formatted(first, rejection.error()));
        }
    }

    // ---- the truth ----

    private void requireExecuted(Write write) {
        if (write.isCompared()) {
            if (write.executions.isEmpty() && !write.excused) {
                run.problem(
                        "synced but not executed", write + " was told to be on the server, which never executed it");
            }
            return;
        }
        boolean known = !write.executions.isEmpty() || write.excused || isFolded(write) || isTakenAlong(write);
        // A delete of what is not there is done; it may have come again since.
        boolean gone = write.kind == WriteKind.DELETE
                && (world.serverRecord(write.entity, write.id).isEmpty()
                        || world.others().wroteSince(write)
                        || world.saidNotFoundSince(write.at)
                        || hadBegunIt(write));
        if (!known && !gone) {
            run.problem("synced but not executed", write + " was told to be on the server, which never executed it");
        }
    }

    /** Whether it creates its record, or may be sent as a part of what does. */
    boolean isOfCreate(Write write) {
        return write.kind == WriteKind.CREATE
                || of(write.device, write.record())
                        .anyMatch(earlier -> earlier.isBefore(write) && earlier.kind == WriteKind.CREATE);
    }

    /** Whether it became part of a create before it, or nothing together with it. */
    boolean hadBegunIt(Write write) {
        return of(write.device, write.record())
                .anyMatch(earlier -> earlier.isBefore(write)
                        && earlier.kind == WriteKind.CREATE
                        && (earlier.executions.isEmpty() || earlier.excused));
    }

    /** Whether it became part of something that was sent without showing it. */
    boolean isFolded(Write write) {
        return of(write.device, write.record())
                .anyMatch(later -> write.isBefore(later)
                        && !write.isCompared()
                        && !later.isCompared()
                        && (later.told != Told.FAILED || later.excused)
                        && (later.kind != WriteKind.UPDATE || !write.marked || write.kind == WriteKind.DELETE));
    }

    /** Whether an earlier write had made its record, which a store that was started anew need not know of. */
    boolean wasThere(Write write) {
        return of(write.device, write.record())
                .anyMatch(earlier -> earlier.isBefore(write) && !earlier.executions.isEmpty());
    }

    /** Whether it never came to be sent, because what it refers to was deleted after it, and takes it along. */
    boolean isTakenAlong(Write write) {
        return isTakenAlong(write, new HashSet<>());
    }

    private boolean isTakenAlong(Write write, Set<String> seen) {
        return targets(write)
                .filter(seen::add)
                .anyMatch(target -> of(write.device, target).anyMatch(later -> isDelete(later, write))
                        || of(write.device, target).anyMatch(other -> isTakenAlong(other, seen)));
    }

    private static boolean isDelete(Write later, Write write) {
        return later.kind == WriteKind.DELETE && write.isBefore(later) && later.told != Told.FAILED;
    }

    /** What a record may refer to at some time, whoever wrote that. */
    private Stream<String> targets(Write write) {
        return writes.stream()
                .filter(each -> each.record().equals(write.record()))
                .flatMap(Ledger::named);
    }

    private void requireDurable(Write write) {
        Disk disk = write.device.disk();
        if (disk == null || write.perishable || write.undone || write.isSettled()) {
            return;
        }
        for (PendingWrite row : disk.rows()) {
            boolean same =
                    row.key().entity().equals(write.entity) && row.key().id().equals(write.id);
            if (same && (write.kind == WriteKind.DELETE || Tags.isIn(row.payload(), write))) {
                return;
            }
        }
        if (!isFolded(write) && !(write.toldInTurn && isTakenAlong(write))) {
            run.problem("queued but not durable", write + " is not on its disk: " + disk.rows());
        }
    }

    private void requireUndone(Write write, Throwable error) {
        if (error instanceof ClosedException
                && String.valueOf(error.getMessage()).contains("not known")) {
            write.excused = true; // It was told the truth: that nobody knows.
            return;
        }
        boolean unknown = error instanceof RequestRefusedException refused
                // One that says that there is no such record may lie; and one that refuses the question too, tells
                // nothing.
                && (refused.code() == 404
                        || String.valueOf(error.getMessage()).contains("does not tell what became of that"));
        boolean answered =
                write.executions.stream().anyMatch(each -> world.executions().wasAnswered(each.request()));
        if (!write.executions.isEmpty() && !write.excused && !write.openEnded && (!unknown || answered)) {
            run.problem("failed but executed", "%s had been executed: %s".formatted(write, write.executions));
        }
    }

    /** What is never kept is on no disk at any time; and what is kept to be done at one version was written so. */
    void requireNoneOnDisk(Device device) {
        Disk disk = device.disk();
        if (disk == null) {
            return;
        }
        for (PendingWrite row : disk.rows()) {
            boolean known = of(device, row.key().entity() + '/' + row.key().id())
                    .filter(write -> write.kind == row.kind())
                    .filter(write -> row.kind() == WriteKind.DELETE || Tags.isIn(row.payload(), write))
                    .anyMatch(write -> !write.onlineOnly && write.expected == row.expectedVersion());
            if (row.isCompared() && !known) {
                run.problem("kept though it was not to be", "%s has %s on its disk".formatted(device.name(), row));
            }
        }
    }

    /** What is not to wait is told as soon as there is no connection. */
    void requireNoneWaits(StoreProcess process) {
        of(process)
                .filter(write -> write.onlineOnly && write.told == Told.NOTHING)
                .findFirst()
                .ifPresent(write -> run.problem(
                        "waits though it was not to", write + " waits for its answer, and there is no connection"));
    }

    /** Whether something is on its way that is pending, and on no disk. */
    boolean isAnyOnlineOnly(StoreProcess process) {
        long since = run.time().elapsed() - LONGEST_UNDER_WAY;
        return of(process)
                .anyMatch(write -> write.onlineOnly
                        && (write.told == Told.NOTHING || (write.told == Told.GONE && write.at > since)));
    }

    /** Something is shown to whoever uses a process: is it theirs to see? */
    void shown(StoreProcess process, String record, JsonNode json, String where) {
        readYourWrites.shown(process, record, json, where);
        for (int number : Tags.in(json)) {
            if (!knows(number)) {
                continue;
            }
            Write write = write(number);
            if (!write.record().equals(record)) {
                run.problem("shown in another record", "%s is shown in %s, %s".formatted(write, record, where));
            }
            // What is local only stays until somebody logs out.
            boolean local = write.entity.equals("draft") && (write.told != Told.FAILED || write.mayComeBack);
            boolean stays = local && !process.login().loggedOutSince(write);
            if (!write.executions.isEmpty() || stays) {
                continue;
            }
            if (!write.device.equals(process.device()) || !process.login().mayBe(write.users)) {
                run.problem(
                        "shown to another user",
                        "%s, which no server has, is shown to %s of %s: %s"
                                .formatted(
                                        write,
                                        process.login().possible(),
                                        process.device().name(),
                                        where));
            }
        }
    }

    void viewFailed(View view, Throwable error) {
        boolean end = view.process.isClosing() || view.process.hasFailed();
        if (!end) {
            run.problem("view failed", view + " failed: " + error);
        }
    }
}
