package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.Batch.Place;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What is kept of records whose scope is closed. A record is one whatever its scope, so an event of a record that no open scope holds is
 * compared with what is on disk before it takes its place there: with a copy, and with the tombstones. It waits here until the disk was
 * asked, for all that came meanwhile at once; the journal holds the broker back while much waits. As long as nothing is kept of any
 * closed scope, nothing waits. On the worker.
 */
final class ClosedCopies {
    private final SyncContext context;
    private final Replica replica;
    private final Predicate<String> isLoaded;
    private final Disposable.Swap looking = Disposables.swap();
    private List<Waiting> waiting = new ArrayList<>();
    private boolean busy;
    private Elsewhere elsewhere = Elsewhere.UNKNOWN;
    /** How often something was left behind: an answer of the disk to a question from before is no answer to the next one. */
    private long departures;

    /** Whether anything is kept of a closed scope. */
    private enum Elsewhere {
        /** Ask the disk. */
        UNKNOWN,
        NOTHING,
        /** At least until another scope is open. */
        SOMETHING
    }

    /**
     * What is kept of one record.
     *
     * @param copy its copy, or {@code null}
     * @param deleted its last delete in a closed scope, or {@code null}
     */
    record Kept(@Nullable StoredRecord copy, @Nullable Hlc deleted) {
        static final Kept NOTHING = new Kept(null, null);
    }

    /** An event that waits for what is kept of its record. */
    private record Waiting(RecordKey key, Consumer<Kept> taker) {}

    /**
     * Knows nothing yet.
     *
     * @param isLoaded whether all that is kept of a scope is in memory
     */
    ClosedCopies(SyncContext context, Replica replica, Predicate<String> isLoaded) {
        this.context = context;
        this.replica = replica;
        this.isLoaded = isLoaded;
    }

    /** Whether something may be kept of a record that is not in memory. */
    boolean mayHold(RecordKey key) {
        return elsewhere != Elsewhere.NOTHING && context.persistence().keepsRecords() && replica.get(key) == null;
    }

    /** All that is kept of a scope is in memory now. */
    void loaded() {
        if (elsewhere == Elsewhere.SOMETHING) {
            elsewhere = Elsewhere.UNKNOWN;
        }
    }

    /** Something is kept of a scope that is closed. */
    void left() {
        departures++;
        elsewhere = Elsewhere.SOMETHING;
    }

    /** Looks for what is kept of a record; if the disk cannot be read, what waited for it is dropped, and a later comparison brings it again. */
    void find(RecordKey key, Consumer<Kept> taker) {
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
        Found found = new Found();
        asked.forEach(each -> found.keys.add(each.key()));
        Mono<Void> looked = isAnythingElsewhere().flatMap(any -> any ? found.read() : Mono.empty());
        looking.update(looked.subscribe(
                unused -> {},
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
                    found.addUnwritten();
                    found.compare();
                    asked.forEach(each -> each.taker().accept(found.of(each.key())));
                    context.records().flush();
                    looked(asked.size());
                }));
    }

    private Mono<Boolean> isAnythingElsewhere() {
        if (elsewhere == Elsewhere.UNKNOWN) {
            lookAtUnwritten();
        }
        long asked = departures;
        return elsewhere != Elsewhere.UNKNOWN
                ? Mono.just(elsewhere == Elsewhere.SOMETHING)
                : context.persistence()
                        .scopes()
                        .publishOn(context.serial(), 1)
                        .any(this::isElsewhere)
                        .map(any -> {
                            if (elsewhere == Elsewhere.UNKNOWN && departures == asked) {
                                elsewhere = any ? Elsewhere.SOMETHING : Elsewhere.NOTHING;
                            }
                            return elsewhere != Elsewhere.NOTHING;
                        });
    }

    private void lookAtUnwritten() {
        context.journal().eachUnwritten(batch -> {
            boolean any = batch.keptRecords().stream().anyMatch(record -> isElsewhere(record.scope()))
                    || batch.keptTombstones().stream().anyMatch(each -> isElsewhere(each.scope()));
            elsewhere = any ? Elsewhere.SOMETHING : elsewhere;
        });
    }

    private boolean isElsewhere(String scope) {
        return !ScopeKeys.isTopLevel(scope) && !isLoaded.test(scope);
    }

    private void looked(int count) {
        busy = false;
        context.journal().awaits(-count);
        lookLater();
    }

    void close() {
        looking.dispose();
    }

    /** What was found of some records, the newest last; empty where it is not kept any more. */
    private final class Found {
        private final Set<RecordKey> keys = new HashSet<>();
        private final Map<RecordKey, Optional<StoredRecord>> copies = new HashMap<>();
        private final Map<Place, Optional<Tombstone>> tombstones = new HashMap<>();
        private final Map<RecordKey, Hlc> deleted = new HashMap<>();

        Mono<Void> read() {
            // What is being written now may be read before it is there, and be there before that was answered.
            Found unwritten = new Found();
            unwritten.keys.addAll(keys);
            unwritten.addUnwritten();
            return context.persistence()
                    .find(keys)
                    .publishOn(context.serial())
                    .doOnNext(copy -> copies.put(copy.key(), Optional.of(copy)))
                    .thenMany(context.persistence().findTombstones(keys))
                    .publishOn(context.serial())
                    .doOnNext(each -> tombstones.put(new Place(each.scope(), each.key()), Optional.of(each)))
                    .then(Mono.fromRunnable(() -> {
                        copies.putAll(unwritten.copies);
                        tombstones.putAll(unwritten.tombstones);
                    }));
        }

        void addUnwritten() {
            context.journal().eachUnwritten(batch -> {
                for (RecordKey key : keys) {
                    if (batch.changes(key)) {
                        copies.put(key, batch.kept(key));
                    }
                }
                batch.removedTombstones().forEach(place -> tombstones.put(place, Optional.empty()));
                batch.keptTombstones()
                        .forEach(each -> tombstones.put(new Place(each.scope(), each.key()), Optional.of(each)));
            });
        }

        /** Finds the last delete of each record in a closed scope: of the others, memory knows better. */
        void compare() {
            for (Optional<Tombstone> each : tombstones.values()) {
                each.filter(kept -> !isLoaded.test(kept.scope())).ifPresent(this::compare);
            }
        }

        private void compare(Tombstone kept) {
            Hlc stamp = Hlc.parse(kept.stamp());
            if (stamp != null && stamp.isAfter(deleted.get(kept.key()))) {
                deleted.put(kept.key(), stamp);
            }
        }

        Kept of(RecordKey key) {
            return new Kept(copies.getOrDefault(key, Optional.empty()).orElse(null), deleted.get(key));
        }
    }
}
