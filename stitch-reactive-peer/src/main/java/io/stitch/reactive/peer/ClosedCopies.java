package io.stitch.reactive.peer;

import io.stitch.reactive.persistence.Batch;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.sync.SyncContext;
import io.stitch.reactive.wire.DiagnosticCode;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What is kept of records whose scope is closed. A record is one whatever its scope, so an event of a record that no open scope holds is
 * compared with what is on disk before it takes its place there. It waits here until the disk was asked, for all that came
 * meanwhile at once; the journal holds the broker back while much waits. On the worker.
 */
final class ClosedCopies {
    private final SyncContext context;
    private final Replica replica;
    private final Disposable.Swap looking = Disposables.swap();
    private List<Waiting> waiting = new ArrayList<>();
    private boolean busy;

    /** An event that waits for the copy of its record, {@code null} if there is none. */
    private record Waiting(RecordKey key, Consumer<@Nullable StoredRecord> taker) {}

    ClosedCopies(SyncContext context, Replica replica) {
        this.context = context;
        this.replica = replica;
    }

    /** Whether there may be a copy that is not in memory. */
    boolean mayHold(RecordKey key) {
        return context.persistence().keepsRecords()
                && replica.get(key) == null
                && !context.records().isPending(key);
    }

    /** Looks for the copy of a record; if the disk cannot be read, what waited for it is dropped, and a later comparison brings it again. */
    void find(RecordKey key, Consumer<@Nullable StoredRecord> taker) {
        waiting.add(new Waiting(key, taker));
        context.journal().awaits(1);
        lookLater();
    }

    /** Behind what else arrived together with it. */
    private void lookLater() {
        if (!busy && !waiting.isEmpty()) {
            busy = true;
            looking.update(context.serial().schedule(this::look));
        }
    }

    private void look() {
        List<Waiting> asked = waiting;
        waiting = new ArrayList<>();
        Map<RecordKey, StoredRecord> copies = new HashMap<>();
        Set<RecordKey> onDisk = new HashSet<>();
        for (Waiting each : asked) {
            Batch newer = context.journal().unwritten(each.key());
            if (newer == null) {
                onDisk.add(each.key());
            } else {
                newer.kept(each.key()).ifPresent(copy -> copies.put(each.key(), copy));
            }
        }
        looking.update(context.persistence()
                .find(onDisk)
                .publishOn(context.serial())
                .subscribe(
                        copy -> copies.put(copy.key(), copy),
                        failure -> {
                            context.diagnostics()
                                    .report(
                                            DiagnosticCode.PERSISTENCE_FAILED,
                                            context.clientId(),
                                            "%d events were dropped, because what is kept of their records could not be read: %s"
                                                    .formatted(asked.size(), failure.getMessage()));
                            looked(asked.size());
                        },
                        () -> {
                            asked.forEach(each -> each.taker().accept(copy(each.key(), copies)));
                            context.records().flush();
                            looked(asked.size());
                        }));
    }

    /** What changed while the disk was asked is newer than its answer. */
    private @Nullable StoredRecord copy(RecordKey key, Map<RecordKey, StoredRecord> copies) {
        Batch newer = context.journal().unwritten(key);
        return newer == null ? copies.get(key) : newer.kept(key).orElse(null);
    }

    private void looked(int count) {
        busy = false;
        context.journal().awaits(-count);
        lookLater();
    }

    void close() {
        looking.dispose();
    }
}
