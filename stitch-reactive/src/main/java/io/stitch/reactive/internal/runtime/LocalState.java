package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.records.DiskReading;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.internal.writes.WriteRules;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a store holds and keeps: the records, the pending writes, and the persistence behind them. */
final class LocalState {
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
    private final Authentication authentication;
    private final Duration tombstoneRetention;
    private final Duration peerMemory;
    private final @Nullable String givenClientId;
    /** What is kept, as soon as that is known. */
    private @Nullable String keptUser;

    private Runnable thenOpened = () -> {};
    private volatile boolean opening;
    private volatile String clientId;
    private volatile Map<String, String> facts = Map.of();

    LocalState(
            StoreSettings settings,
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
        this.givenClientId = settings.clientId();
        this.clientId = clientId;
        this.authentication = authentication;
        this.rejections = new RejectionFeed(serial, this::unseen);
        ScopeKeys keys = new ScopeKeys(entities, mode.scopedKeys());
        WriteRules rules = new WriteRules(settings.schema().rules(), keys);
        this.journal = new Journal(persistence, serial, this::notKept, clock, settings.observer());
        this.records = new RecordStore(keys, journal, rules.index(), settings.observer());
        this.writes = new PendingWrites(
                records,
                journal,
                serial,
                clock,
                rules,
                settings.schema().localOnly(),
                this::user,
                settings.maxPendingWrites(),
                new Fate());
        authentication.whenUserChanges(this::userChanged);
        this.schema.localOnly().forEach(entity -> records.open(WireSchema.topLevelKey(entity)));
        this.opened = persistence
                .open(new OpenRequest(mode.name(), keptEntities(settings.schema()), mode.scopedKeys()))
                .doOnSubscribe(unused -> opening = true)
                .publishOn(serial)
                .doOnNext(this::restore)
                .flatMap(this::restoreWritten)
                .thenMany(Flux.defer(this::loadUnscoped))
                .then()
                .doOnSuccess(unused -> opened())
                .doOnError(writes::unusable)
                .doFinally(signal -> opening = false)
                // What failed, because another process had the file, say, is tried again by the next who asks.
                .cache(unused -> FOREVER, failure -> Duration.ZERO, () -> FOREVER);
        this.reading = new ScopeReading(opened, this::load, serial, writes::loaded, this::notKept);
        writes.waitFor(reading::isUnderWay);
    }

    /** Sets what follows, on the worker, when what was kept is read, before any write. */
    void whenOpened(Runnable then) {
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

    RecordStore records() {
        return records;
    }

    PendingWrites writes() {
        return writes;
    }

    String clientId() {
        return clientId;
    }

    /** Opens what was kept; once, however often it is subscribed. Completes on the worker. */
    Mono<Void> open() {
        return opened;
    }

    Journal journal() {
        return journal;
    }

    Map<String, String> facts() {
        return facts;
    }

    private void restore(Persistence.Opened kept) {
        facts = kept.facts();
        String known = kept.facts().get(Persistence.CLIENT_ID);
        if (known != null && givenClientId == null) {
            clientId = known;
        } else if (persistence.keepsRecords() && !clientId.equals(known)) {
            journal.put(Persistence.CLIENT_ID, clientId);
        }
        String lastUser = kept.facts().getOrDefault(Persistence.USER, "");
        if (!lastUser.isEmpty()) {
            authentication.assume(lastUser);
        }
        keptUser = lastUser;
        keepUser();
        writes.restore(readable(kept), lastOf(kept));
    }

    /** The writes that can be taken up. One that cannot is left where it is, and said. */
    private List<PendingWrite> readable(Persistence.Opened kept) {
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

    private static long lastOf(Persistence.Opened kept) {
        return Stream.concat(
                        kept.pending().stream().map(PendingWrite::sequence),
                        kept.setAside().stream().map(Persistence.SetAside::sequence))
                .max(Long::compare)
                .orElse(0L);
    }

    private void setAside(RecordKey key, String why) {
        setAside(key.entity() + '/' + key.id(), why);
    }

    private void setAside(String subject, String why) {
        diagnostics.report(DiagnosticCode.SET_ASIDE, subject, "what is kept of it on disk cannot be read: " + why);
    }

    /** On any thread: what is damaged is left out, and does not keep the rest from being shown. */
    private boolean isReadable(StoredRecord record) {
        String problem = JsonBounds.problem(record.json());
        if (problem != null) {
            setAside(record.key(), problem);
        }
        return problem == null;
    }

    private @Nullable String user() {
        return authentication.user().orElse(null);
    }

    private void userChanged() {
        rejections.forget();
        writes.userChanged();
        keepUser();
    }

    /** Offline and with tickets, nobody says who the user is; what they wrote is shown all the same after a restart. */
    private void keepUser() {
        String now = authentication.user().orElse("");
        if (persistence.keepsRecords() && keptUser != null && !now.equals(keptUser)) {
            keptUser = now;
            journal.put(Persistence.USER, now);
        }
    }

    /** What the server held of the records with pending writes: writes are settled against it, whether their scope is open or not. */
    private Mono<Void> restoreWritten(Persistence.Opened kept) {
        Set<RecordKey> written = kept.pending().stream().map(PendingWrite::key).collect(Collectors.toSet());
        return persistence
                .find(written)
                .filter(this::isReadable)
                .publishOn(serial)
                .doOnNext(records::restore)
                .then();
    }

    private Flux<Void> loadUnscoped() {
        if (!persistence.keepsRecords()) {
            return Flux.empty();
        }
        return Flux.fromStream(Stream.concat(schema.topLevel().stream(), schema.localOnly().stream()))
                .concatMap(entity -> load(WireSchema.topLevelKey(entity)));
    }

    /** On the worker, so that nothing changes between looking at what is not written yet and reading what is. */
    private Mono<Void> load(String scope) {
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

    /** Opens a scope and shows what was kept of it; then, on the worker, the rest follows. On the worker. */
    void openScope(String id, Runnable then) {
        records.open(id);
        if (persistence.keepsRecords()) {
            reading.open(id, then);
        } else {
            then.run();
        }
    }

    /** Stops what {@link #openScope} began, and frees the scope's records. On the worker. */
    void closeScope(String id) {
        reading.close(id);
        records.drop(id);
    }

    /** Stops what {@link #openScope} began, and shows nothing of the scope any more. On the worker. */
    void concealScope(String id) {
        reading.close(id);
        records.conceal(id);
    }

    /** Completes when what is kept of a scope is there: before that the mode does not know the scope. Cold. */
    Mono<Void> read(String scope) {
        return Mono.defer(() -> reading.over(scope)).subscribeOn(writes.inOrder());
    }

    /** Forgets every record that is kept, also below pending writes, which stay. On the worker. */
    void forgetRecords() {
        journal.forgetRecords();
        writes.forgetHereOnly();
        records.forgetServerStates();
        records.flush();
    }

    Flux<Rejection> rejections() {
        return rejections.rejections();
    }

    /** Ends everything, on the worker, when all that was collected is kept. */
    Mono<Void> close() {
        return openingOver()
                .then(Mono.<Void>fromRunnable(this::stop).subscribeOn(serial))
                .then(journal.close())
                .doOnTerminate(this::end)
                .transform(this::thenClose);
    }

    /** Ends everything, on the worker, and deletes what was kept. */
    Mono<Void> clear() {
        return openingOver()
                .then(Mono.<Void>fromRunnable(() -> {
                    stop();
                    journal.abandon();
                    end();
                }))
                .then(deleteKept());
    }

    /** What opens a database cannot be stopped half-way, and what it answers is for the worker, which ends after this. */
    Mono<Void> openingOver() {
        return Mono.defer(() -> opening ? opened.onErrorComplete() : Mono.empty());
    }

    /** Deletes what was kept, also after {@link #close()}. */
    Mono<Void> deleteKept() {
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
        diagnostics.report(DiagnosticCode.PERSISTENCE_FAILED, clientId, String.valueOf(failure.getMessage()));
    }

    private void unseen(Rejection rejection) {
        diagnostics.report(
                DiagnosticCode.REJECTION_UNSEEN,
                rejection.entity() + '/' + rejection.id(),
                "%d rejections wait for a subscriber of rejections()".formatted(RejectionFeed.BOUND));
    }

    /** Tells of writes that nobody waits for. */
    private final class Fate implements PendingWrites.Listener {
        @Override
        public void rejected(WriteRejection rejection) {
            PendingWrite write = rejection.write();
            String subject = write.key().entity() + '/' + write.key().id();
            diagnostics.report(
                    DiagnosticCode.WRITE_REJECTED,
                    subject,
                    String.valueOf(rejection.error().getMessage()));
            if (write.user() != null && !write.user().equals(user())) {
                return; // It is nobody's business who is logged in now.
            }
            boolean scoped = write.key().entity().equals(schema.root())
                    || schema.children().containsKey(write.key().entity());
            rejections.tell(RejectionFeed.told(rejection, scoped));
        }

        @Override
        public void setAside(PendingWrite write, Throwable why) {
            LocalState.this.setAside(write.key(), String.valueOf(why.getMessage()));
        }

        @Override
        public void outOfOrder(List<RecordKey> circle) {
            RecordKey first = circle.get(0);
            diagnostics.report(
                    DiagnosticCode.WRITE_ORDER_CYCLE,
                    first.entity() + '/' + first.id(),
                    "it is sent before what it names, for that waits for it: "
                            + circle.stream()
                                    .limit(8)
                                    .map(key -> key.entity() + '/' + key.id())
                                    .collect(Collectors.joining(", ")));
        }

        @Override
        public void parked(PendingWrite write, Throwable why) {
            diagnostics.report(
                    DiagnosticCode.WRITE_PARKED,
                    write.key().entity() + '/' + write.key().id(),
                    "it is sent again on retryParked(): " + why.getMessage());
        }
    }
}
