package io.stitch.reactive;

import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.WriteLedger.Entry;
import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Holds what clients were told against what the server executed and what it holds at the end. */
final class ChaosVerdict {
    private final List<WriteLedger> ledgers;
    private final List<Executed> executed;
    private final Map<String, ObjectNode> records;
    private final boolean oldServer;
    private final List<String> problems = new ArrayList<>();

    /** A request that the server executed. */
    private record Executed(String client, WriteKind kind, String id, String request, Set<String> marks) {
        static Executed of(StitchServer.Published published) {
            String[] levels = published.message().topic().split("/", -1);
            ObjectNode payload = (ObjectNode)
                    JsonMapper.shared().readTree(published.message().payload());
            WriteKind kind = levels[2].equals("create")
                    ? WriteKind.CREATE
                    : levels[3].equals("update") ? WriteKind.UPDATE : WriteKind.DELETE;
            return new Executed(
                    published.clientId(),
                    kind,
                    kind == WriteKind.CREATE ? payload.path("id").asString() : levels[2],
                    new String(Objects.requireNonNull(published.message().correlation()), StandardCharsets.UTF_8),
                    marksOf(payload));
        }
    }

    ChaosVerdict(StitchServer server, boolean oldServer, List<WriteLedger> ledgers) {
        this.ledgers = ledgers;
        this.oldServer = oldServer;
        this.records = new HashMap<>();
        server.records("task").forEach(record -> records.put(record.path("id").asString(), record));
        this.executed = server.executedWrites().stream()
                .filter(write -> write.message().topic().startsWith("$DB/task/"))
                .map(Executed::of)
                .toList();
    }

    /** {@return what is wrong, in words} */
    List<String> problems() {
        nothingWasExecutedTwice();
        ledgers.forEach(ledger -> ledger.entries.forEach(entry -> hasItsFate(ledger, entry)));
        ledgers.forEach(this::ownRecordsAreAsWritten);
        for (int i = 0; i < ChaosClient.SHARED; i++) {
            sharedRecordIsWhatWasExecuted(ChaosClient.sharedId(i));
        }
        return problems;
    }

    private static Set<String> marksOf(ObjectNode data) {
        Set<String> marks = new TreeSet<>();
        data.propertyNames().forEach(name -> {
            if (name.startsWith("w-")) {
                marks.add(name);
            }
        });
        return marks;
    }

    private void nothingWasExecutedTwice() {
        Map<String, Executed> requests = new HashMap<>();
        Map<String, Executed> marks = new HashMap<>();
        Map<String, Integer> deletes = new HashMap<>();
        for (Executed each : executed) {
            require(requests.put(each.client + '/' + each.request, each) == null, "executed twice:", each);
            each.marks.forEach(
                    mark -> require(marks.put(mark, each) == null, "executed twice under two names:", mark, each));
            if (each.kind == WriteKind.DELETE) {
                deletes.merge(each.client + '/' + each.id, 1, Integer::sum);
            }
        }
        for (WriteLedger ledger : ledgers) {
            for (Entry entry : ledger.entries) {
                if (entry.kind == WriteKind.DELETE) {
                    deletes.merge(ledger.client + '/' + entry.id, -1, Integer::sum);
                }
            }
        }
        deletes.forEach(
                (record, more) -> require(more <= 0, "deleted more often than asked for, by how much:", record, more));
    }

    private void hasItsFate(WriteLedger ledger, Entry entry) {
        Rejection rejection = ledger.rejectionOf(entry);
        if (entry.error != null || rejection != null) {
            require(entry.isShared(), "refused, though nobody else writes it:", entry, rejection);
            if (rejection != null) {
                isJustified(ledger, entry, rejection);
            }
        } else if (entry.status == null) {
            require(false, "nobody was told what became of", entry);
        } else if (entry.kind == WriteKind.DELETE) {
            require(!entry.isShared() || !records.containsKey(entry.id), "deleted and still there:", entry);
        } else {
            isOnTheServer(ledger, entry);
        }
    }

    private void isJustified(WriteLedger ledger, Entry entry, Rejection rejection) {
        boolean others = executed.stream()
                .anyMatch(each -> each.id.equals(entry.id)
                        && (each.kind == WriteKind.DELETE
                                || (rejection.reason() == Reason.OVERTAKEN && !each.client.equals(ledger.client))));
        require(
                others && rejection.reason() != Reason.REFUSED,
                "rejected, and nobody else had written:",
                entry,
                rejection);
    }

    private void isOnTheServer(WriteLedger ledger, Entry entry) {
        ObjectNode told = entry.record;
        boolean done = executed.stream()
                .anyMatch(each -> each.client.equals(ledger.client) && each.marks.contains(entry.mark()));
        boolean synced = entry.status == MutationResult.Status.SYNCED && told != null;
        // A write that was never sent goes up in the delete that follows it.
        require(done || (!synced && wasDeletedLater(ledger, entry)), "never executed:", entry);
        require(!synced || told == null || told.has(entry.mark()), "confirmed without its field:", entry, told);
    }

    private static boolean wasDeletedLater(WriteLedger ledger, Entry entry) {
        return ledger.entries.stream()
                .skip(ledger.entries.indexOf(entry) + 1L)
                .anyMatch(later -> later.kind == WriteKind.DELETE && later.id.equals(entry.id));
    }

    private void ownRecordsAreAsWritten(WriteLedger ledger) {
        Map<String, @Nullable ObjectNode> expected = new HashMap<>();
        for (Entry entry : ledger.entries) {
            if (entry.isShared()) {
                continue;
            }
            ObjectNode record = entry.kind == WriteKind.UPDATE ? expected.get(entry.id) : Board.json();
            expected.put(
                    entry.id,
                    entry.kind == WriteKind.DELETE || record == null
                            ? null
                            : record.put("last", entry.mark()).put(entry.mark(), true));
        }
        expected.forEach((id, record) -> {
            ObjectNode there = records.get(id);
            if (record == null || there == null) {
                require(
                        record == null && there == null,
                        "not what was written: the record, expected, there:",
                        id,
                        record,
                        there);
                return;
            }
            require(
                    marksOf(there).equals(marksOf(record)) && there.path("last").equals(record.path("last")),
                    "not what was written: the record, expected, there:",
                    id,
                    record,
                    there);
            require(
                    there.path("_version").asLong() == executions(id),
                    "not as often as executed: the record, executions, there:",
                    id,
                    executions(id),
                    there);
        });
    }

    /** An old server counts from one again when it creates a record; a new one goes on. */
    private long executions(String id) {
        long count = 0;
        for (Executed each : executed) {
            if (each.id.equals(id)) {
                count = oldServer && each.kind == WriteKind.CREATE ? 1 : count + 1;
            }
        }
        return count;
    }

    private void sharedRecordIsWhatWasExecuted(String id) {
        ObjectNode there = records.get(id);
        Set<String> marks = new TreeSet<>();
        boolean deleted = false;
        for (Executed each : executed) {
            if (each.id.equals(id)) {
                require(each.kind != WriteKind.CREATE, "created by nobody:", each);
                marks.addAll(each.marks);
                deleted |= each.kind == WriteKind.DELETE;
            }
        }
        if (there == null) {
            require(deleted, "gone, and nobody deleted it:", id);
        } else {
            require(
                    !deleted && marksOf(there).equals(marks),
                    "not what was executed: the record, executed, there:",
                    id,
                    marks,
                    there);
            require(
                    there.path("_version").asLong() == 1 + executions(id),
                    "not as often as executed: the record, executions, there:",
                    id,
                    executions(id),
                    there);
        }
    }

    private void require(boolean holds, String problem, @Nullable Object... details) {
        if (!holds) {
            problems.add(problem + ' ' + Arrays.toString(details));
        }
    }
}
