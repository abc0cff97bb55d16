package io.stitch.reactive.internal.local;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.records.DiskReading;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings what is kept on disk into memory. What is damaged is left where it is, and said, and keeps nothing else from being shown; what memory
 * knows better, because it changed since or is not written yet, stays as it is.
 */
final class KeptRecords {
    private final Persistence persistence;
    private final Journal journal;
    private final RecordStore records;
    private final Scheduler serial;
    private final Diagnostics diagnostics;

    KeptRecords(
            Persistence persistence, Journal journal, RecordStore records, Scheduler serial, Diagnostics diagnostics) {
        this.persistence = persistence;
        this.journal = journal;
        this.records = records;
        this.serial = serial;
        this.diagnostics = diagnostics;
    }

    /** Shows what is kept of a set of records. On the worker, so that nothing changes between looking at what is not written yet and reading what is. */
    Mono<Void> load(String scope) {
        return Mono.using(records::read, reading -> load(scope, reading), DiskReading::over);
    }

    private Mono<Void> load(String scope, DiskReading reading) {
        Batch newer = journal.unwritten();
        Flux<StoredRecord> stored =
                persistence.load(scope).filter(record -> !newer.changes(record.key()) && isReadable(record));
        Flux<StoredRecord> unwritten = Flux.fromIterable(newer.keptRecords())
                .filter(record -> record.scope().equals(scope));
        return stored.concatWith(unwritten)
                .publishOn(serial)
                .doOnNext(reading::restore)
                .then(Mono.fromRunnable(records::flush));
    }

    /** What the server held of the records with pending writes: writes are settled against it, whether their scope is open or not. */
    Mono<Void> restoreWritten(Persistence.Opened kept) {
        Set<RecordKey> written = kept.pending().stream().map(PendingWrite::key).collect(Collectors.toSet());
        return persistence
                .find(written)
                .filter(this::isReadable)
                .publishOn(serial)
                .doOnNext(records::restore)
                .then();
    }

    /** The writes that can be taken up. */
    List<PendingWrite> writes(Persistence.Opened kept) {
        kept.setAside().forEach(row -> setAside(row.subject(), row.why()));
        return kept.pending().stream()
                .filter(write -> {
                    String problem = write.problem();
                    if (problem != null) {
                        setAside(write.key(), problem);
                    }
                    return problem == null;
                })
                .toList();
    }

    /** On any thread. */
    private boolean isReadable(StoredRecord record) {
        String problem = JsonBounds.problem(record.json());
        if (problem != null) {
            setAside(record.key(), problem);
        }
        return problem == null;
    }

    /** Something stays where it is, because it cannot be read. Any thread. */
    void setAside(RecordKey key, String why) {
        setAside(key.entity() + '/' + key.id(), why);
    }

    private void setAside(String subject, String why) {
        diagnostics.report(DiagnosticCode.SET_ASIDE, subject, "what is kept of it on disk cannot be read: " + why);
    }
}
