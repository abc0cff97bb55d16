package io.stitch.reactive.internal.local;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteRules;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a store holds and keeps: the records, the pending writes, and the persistence behind them. */
public final class LocalState {
    private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE);
    private static final Duration PRUNING_INTERVAL = Duration.ofHours(6);

    private final StitchSchema schema;
    private final Persistence persistence;
    private final Scheduler clock;
    private final Scheduler serial;
    private final Diagnostics diagnostics;
    private final Journal journal;
    private final RecordStore records;
    private final PendingWrites writes;
    private final Mono<Void> opened;
    private final RejectionFeed rejections;
    private final ScopeReading reading;

    private final Disposable.Swap pruning = Disposables.swap();
    private final Duration tombstoneRetention;
    private final Duration peerMemory;
    private final StoreIdentity identity;
    private final KeptRecords disk;

    private Runnable thenOpened = () -> {};
    private volatile boolean opening;

    /**
     * What a local state is made of.
     *
     * @param schema the entities
     * @param persistence keeps records and pending writes
     * @param givenClientId the client id that the application gave, or {@code null}
     * @param maxPendingWrites how many writes may wait for the server
     * @param observer is told what the store does
     */
    public record Settings(
            StitchSchema schema,
            Persistence persistence,
            @Nullable String givenClientId,
            int maxPendingWrites,
            StoreObserver observer) {}

    /**
     * Begins with nothing; what was kept is read by {@link #open}.
     *
     * @param settings what it is made of
     * @param clientId the given client id, or one that counts until another one is found to be kept
     * @param mode the sync mode
     * @param entities what the wire knows of the schema
     * @param clock what time it is
     * @param serial the store's worker
     * @param diagnostics is told what went wrong
     * @param authentication who is logged in
     */
    public LocalState(
            Settings settings,
            String clientId,
            Mode mode,
            WireSchema entities,
            Scheduler clock,
            Scheduler serial,
            Diagnostics diagnostics,
            Authentication authentication) {
        this.schema = settings.schema();
        this.persistence = settings.persistence();
        this.clock = clock;
        this.serial = serial;
        this.diagnostics = diagnostics;
        this.tombstoneRetention = mode.tombstoneRetention();
        this.peerMemory = mode.peerMemory();
        this.rejections = new RejectionFeed(serial, this::unseen);
        ScopeKeys keys = new ScopeKeys(entities, mode.scopedKeys());
        WriteRules rules = new WriteRules(schema.rules(), keys);
        this.journal = new Journal(persistence, serial, this::notKept, clock, settings.observer());
        this.identity = new StoreIdentity(
                authentication, journal, persistence.keepsRecords(), settings.givenClientId(), clientId);
        this.records = new RecordStore(keys, journal, rules.index(), settings.observer());
        this.disk = new KeptRecords(persistence, journal, records, serial, diagnostics);
        this.writes = new PendingWrites(
                records,
                journal,
                serial,
                clock,
                rules,
                schema.localOnly(),
                identity::user,
                settings.maxPendingWrites(),
                new WriteReports(schema, diagnostics, rejections, identity::user, disk::setAside));
        authentication.whenUserChanges(this::userChanged);
        this.schema.localOnly().forEach(entity -> records.open(WireSchema.topLevelKey(entity)));
        this.opened = persistence
                .open(new OpenRequest(mode.name(), keptEntities(schema), mode.scopedKeys()))
                .doOnSubscribe(unused -> opening = true)
                .publishOn(serial)
                .doOnNext(this::restore)
                .flatMap(disk::restoreWritten)
                .thenMany(Flux.defer(this::loadUnscoped))
                .then()
                .doOnSuccess(unused -> opened())
                .doOnError(writes::unusable)
                .doFinally(signal -> opening = false)
                // What failed, because another process had the file, say, is tried again by the next who asks.
                .cache(unused -> FOREVER, failure -> Duration.ZERO, () -> FOREVER);
        this.reading = new ScopeReading(opened, disk::load, serial, writes::loaded, this::notKept);
        writes.waitFor(reading::isUnderWay);
    }

    /**
     * Sets what follows, on the worker, when what was kept is read, before any write.
     *
     * @param then what follows
     */
    public void whenOpened(Runnable then) {
        thenOpened = then;
    }

    private void opened() {
        thenOpened.run();
        writes.restored();
        reading.opened();
        pruneNowAndThen();
    }

    /** What a database is told of the entities: where their records belong, and what they are looked up by. */
    private static Map<String, KeptEntity> keptEntities(StitchSchema schema) {
        Map<String, KeptEntity> kept = new HashMap<>();
        schema.rules().forEach((entity, rules) -> {
            Set<String> indexed = new HashSet<>(WriteRules.lookedUp(rules));
            indexed.addAll(rules.indexed());
            if (entity.equals(schema.root())) {
                schema.userScopeField().ifPresent(indexed::add);
            }
            kept.put(entity, new KeptEntity(schema.children().get(entity), indexed));
        });
        return kept;
    }

    /** {@return the records in memory} */
    public RecordStore records() {
        return records;
    }

    /** {@return the pending writes} */
    public PendingWrites writes() {
        return writes;
    }

    /** {@return the client id; it is final when the store has started} Any thread. */
    public String clientId() {
        return identity.clientId();
    }

    /** {@return opens what was kept; once, however often it is subscribed} Completes on the worker. */
    public Mono<Void> open() {
        return opened;
    }

    /** {@return what brings changes to the disk} */
    public Journal journal() {
        return journal;
    }

    /** {@return the facts that were kept, by their names; none before the store has started} Any thread. */
    public Map<String, String> facts() {
        return identity.facts();
    }

    private void restore(Persistence.Opened kept) {
        identity.restore(kept.facts());
        writes.restore(disk.writes(kept), lastOf(kept));
    }

    private static long lastOf(Persistence.Opened kept) {
        return Stream.concat(
                        kept.pending().stream().map(PendingWrite::sequence),
                        kept.setAside().stream().map(Persistence.SetAside::sequence))
                .max(Long::compare)
                .orElse(0L);
    }

    private void userChanged() {
        rejections.forget();
        writes.userChanged();
        identity.keepUser();
    }

    private Flux<Void> loadUnscoped() {
        if (!persistence.keepsRecords()) {
            return Flux.empty();
        }
        return Flux.fromStream(Stream.concat(schema.topLevel().stream(), schema.localOnly().stream()))
                .concatMap(entity -> disk.load(WireSchema.topLevelKey(entity)));
    }

    /**
     * Opens a scope and shows what was kept of it. On the worker.
     *
     * @param id its key
     * @param then what follows, on the worker, when that is shown
     */
    public void openScope(String id, Runnable then) {
        records.open(id);
        if (persistence.keepsRecords()) {
            reading.open(id, then);
        } else {
            then.run();
        }
    }

    /**
     * Stops what {@link #openScope} began, and frees the scope's records. On the worker.
     *
     * @param id its key
     */
    public void closeScope(String id) {
        reading.close(id);
        records.drop(id);
    }

    /**
     * Stops what {@link #openScope} began, and shows nothing of the scope any more. On the worker.
     *
     * @param id its key
     */
    public void concealScope(String id) {
        reading.close(id);
        records.conceal(id);
    }

    /**
     * Waits for what is kept of a scope: before that is there the mode does not know the scope. Cold.
     *
     * @param scope its key
     * @return completes on the worker when it is there
     */
    public Mono<Void> read(String scope) {
        return Mono.defer(() -> reading.over(scope)).subscribeOn(writes.inOrder());
    }

    /** Forgets every record that is kept, also below pending writes, which stay. On the worker. */
    public void forgetRecords() {
        journal.forgetRecords();
        writes.forgetHereOnly();
        records.forgetServerStates();
        records.flush();
    }

    /** {@return the writes that were undone when nobody waited for them} */
    public Flux<Rejection> rejections() {
        return rejections.rejections();
    }

    /** {@return ends everything, on the worker, when all that was collected is kept} Cold. */
    public Mono<Void> close() {
        return openingOver()
                .then(Mono.<Void>fromRunnable(this::stop).subscribeOn(serial))
                .then(journal.close())
                .doOnTerminate(this::end)
                .transform(this::thenClose);
    }

    /** {@return ends everything, on the worker, and deletes what was kept} Cold. */
    public Mono<Void> clear() {
        return openingOver()
                .then(Mono.<Void>fromRunnable(() -> {
                    stop();
                    journal.abandon();
                    end();
                }))
                .then(deleteKept());
    }

    /** What opens a database cannot be stopped half-way, and what it answers is for the worker, which ends after this. */
    private Mono<Void> openingOver() {
        return Mono.defer(() -> opening ? opened.onErrorComplete() : Mono.empty());
    }

    /** {@return deletes what was kept, also after {@link #close()}} Cold. */
    public Mono<Void> deleteKept() {
        return persistence.clear().transform(this::thenClose);
    }

    private void stop() {
        pruning.dispose();
        writes.stop();
        reading.stop();
    }

    private void end() {
        writes.end();
        records.close();
        rejections.complete();
    }

    private Mono<Void> thenClose(Mono<Void> last) {
        return last.then(persistence.close())
                .onErrorResume(failure -> persistence.close().then(Mono.error(failure)));
    }

    private void pruneNowAndThen() {
        if (persistence.keepsRecords()) {
            pruning.update(Mono.defer(this::pruneTombstones)
                    .then(Mono.delay(PRUNING_INTERVAL, serial))
                    .repeat()
                    .subscribe());
        }
    }

    private Mono<Integer> pruneTombstones() {
        long now = clock.now(TimeUnit.MILLISECONDS);
        return persistence
                .pruneTombstones(now - tombstoneRetention.toMillis(), now - peerMemory.toMillis())
                .publishOn(serial)
                .doOnError(this::notKept)
                .onErrorComplete();
    }

    private void notKept(Throwable failure) {
        diagnostics.report(
                DiagnosticCode.PERSISTENCE_FAILED, identity.clientId(), String.valueOf(failure.getMessage()));
    }

    private void unseen(Rejection rejection) {
        diagnostics.report(
                DiagnosticCode.REJECTION_UNSEEN,
                rejection.entity() + '/' + rejection.id(),
                "%d rejections wait for a subscriber of rejections()".formatted(RejectionFeed.BOUND));
    }
}
