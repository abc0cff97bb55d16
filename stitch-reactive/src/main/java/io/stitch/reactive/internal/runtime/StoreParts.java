package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.GuardedScheduler;
import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.connection.ConnectionSettings;
import io.stitch.reactive.internal.connection.ConnectionSupervisor;
import io.stitch.reactive.internal.connection.HiveMqConnector;
import io.stitch.reactive.internal.connection.Route;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.internal.mode.ConnectedSession;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.FieldIndex;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.server.ServerMode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.TimeOrderedIds;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.SyncMode;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The parts of a store, put together: the worker, the records, the sync session, the connection, and what shows and asks them. Nothing is opened
 * before the store starts. Whoever gives a store its face, as it is to be used or as a scope of it, has these.
 */
final class StoreParts {
    /** No set of records in particular. */
    private static final Set<String> ANYTHING_KEPT = Set.of("");

    final StitchSchema schema;
    final RecordMapper mapper;
    final StoreObserver observer;
    final StoreEnding ending;
    final GuardedScheduler serial;
    final LocalState local;
    private final TypedWrites typedWrites;
    final RecordStore records;
    final Predicate<StoredRecord> listedRoot;
    final Diagnostics diagnostics;
    final SyncSession session;
    final StoreConnection connection;
    final TimeOrderedIds ids;
    final Supplier<Optional<String>> user;
    final RecordViews views;
    final ScopeHandles handles;
    final LiveRoots liveRoots;
    final Logout logout;
    final LocalReads kept;
    final int maxPendingWrites;
    final RemoteOptions remote;

    StoreParts(StoreSettings settings) {
        this.schema = settings.schema();
        this.remote = settings.remote();
        this.maxPendingWrites = settings.maxPendingWrites();
        boolean userNeeded = schema.userScopeField().isPresent();
        Route route = StoreConnection.route(settings.remote(), userNeeded && settings.addressed());
        this.mapper = new RecordMapper(settings.mapper());
        schema.types().forEach(mapper::prepare);
        Scheduler givenScheduler = settings.scheduler();
        boolean ownsScheduler = givenScheduler == null;
        String clientId = settings.clientId() == null
                ? "stitch-" + Long.toHexString(ThreadLocalRandom.current().nextLong())
                : settings.clientId();
        Scheduler scheduler = givenScheduler == null
                ? GuardedScheduler.ownThread("stitch-worker-" + clientId, settings.daemonThreads())
                : givenScheduler;
        this.observer = settings.observer();
        this.ending = new StoreEnding(scheduler, ownsScheduler, observer);
        this.serial = ending.serial();
        this.diagnostics = ending.diagnostics();
        Authentication authentication =
                new Authentication(route, settings.remote().tickets().orElse(null), serial, userNeeded);
        this.ids = new TimeOrderedIds(scheduler);
        this.user = authentication::user;
        Mode mode = mode(settings.syncMode());
        WireSchema entities = new WireSchema(schema.root(), schema.children(), schema.topLevel());
        this.local = new LocalState(
                new LocalState.Settings(
                        schema, settings.persistence(), settings.clientId(), maxPendingWrites, observer),
                clientId,
                mode,
                entities,
                scheduler,
                serial,
                diagnostics,
                authentication);
        this.records = local.records();
        this.typedWrites = new TypedWrites(
                schema,
                records.scopeKeys(),
                mapper,
                mode,
                scheduler,
                new StoreMutation.Writer(
                        local.writes(),
                        observer,
                        ending::closed,
                        (key, misfit) -> diagnostics.report(
                                DiagnosticCode.UNREADABLE_RECORD,
                                key.entity() + '/' + key.id(),
                                "it is written, and cannot be shown: " + misfit.getMessage())));
        // Kept apart, because its records are in their scopes too; and in memory only, for they are kept there.
        RecordStore roots = new RecordStore(
                records.scopeKeys(),
                new Journal(Persistence.none(), serial, failure -> {}),
                new FieldIndex(Map.of()),
                StoreObserver.NONE);
        SyncContext context = new SyncContext(
                records,
                local.writes(),
                local.journal(),
                settings.persistence(),
                local::facts,
                roots,
                entities,
                new Topics(mode.topicPrefix(), mode.responsePrefix(), schema.root()),
                local::clientId,
                scheduler,
                serial,
                diagnostics,
                settings.random(),
                schema.userScopeField().orElse(null),
                authentication::user,
                observer);
        SyncSession opened = mode.open(context);
        this.session = opened;
        this.listedRoot = root -> context.isOwnRoot(Json.readObject(root.json()))
                || opened.people().isShared(root.id());
        MqttConnector given = settings.connector();
        this.connection = new StoreConnection(
                new ConnectionSupervisor(
                        new ConnectionSettings(
                                local::clientId,
                                mode.topicPrefix(),
                                scheduler,
                                serial,
                                diagnostics,
                                settings.random(),
                                settings.reconnectValidator()),
                        new ConnectedSession(
                                context,
                                session,
                                // Not the parallel one, where others' work would wait for a large message.
                                GuardedScheduler.beside(
                                        ownsScheduler ? Schedulers.boundedElastic() : scheduler, ending::fail)),
                        given == null
                                ? new HiveMqConnector(serial, "stitch-mqtt-" + clientId, settings.daemonThreads())
                                : given,
                        authentication),
                authentication,
                userNeeded,
                settings.autoConnect(),
                settings.addressed());
        if (!observer.equals(StoreObserver.NONE)) {
            observe();
        }
        this.views = new RecordViews(
                records,
                mapper,
                inOrder(),
                GuardedScheduler.beside(ownsScheduler ? Schedulers.parallel() : scheduler, ending::fail),
                diagnostics);
        this.kept = new LocalReads(context, List::of);
        this.handles =
                new ScopeHandles(this, local, session, records, observer, settings.keepWarm(), serial, scheduler);
        this.liveRoots = new LiveRoots(roots, session, inOrder(), ending::onWorker);
        this.logout = new Logout(ending, connection, handles, session, local, schema.localOnly());
        ending.of(
                new StoreEnding.Parts(local, connection, List.of(session::close, liveRoots::close, handles::complete)));
    }

    private static Mode mode(SyncMode chosen) {
        if (chosen instanceof ServerSync server) {
            return new ServerMode(server);
        }
        if (chosen instanceof Mode mode) {
            return mode;
        }
        throw new SchemaException(
                "syncMode: %s is none of this library's modes. Use ServerSync.create(), or PeerSync.create() from stitch-reactive-peer."
                        .formatted(chosen.getClass().getName()));
    }

    private void observe() {
        local.writes().counts().all().subscribe(observer::pendingWrites);
        connection
                .statuses()
                .map(ConnectionStatus::isConnected)
                .distinctUntilChanged()
                .skip(1) // A store begins without a connection.
                .index()
                .subscribe(each -> {
                    if (each.getT2()) {
                        observer.connected(each.getT1() > 0);
                    } else {
                        observer.disconnected();
                    }
                });
    }

    // ---- what is asked of all of them ----

    /** What is asked waits, as a write does, until what was kept has been read; who starts the store sees to that. */
    Mono<Void> opened() {
        return ending.untilEnded(Mono.<Void>create(sink -> local.writes().inOrder(ANYTHING_KEPT, sink::success)))
                .onErrorMap(RejectedExecutionException.class, workerEnded -> Errors.storeClosed());
    }

    void release(DefaultScope scope) {
        handles.release(scope);
    }

    boolean isClosing() {
        return ending.isClosing();
    }

    Flux<Integer> pendingCountIn(String scopeId) {
        return local.writes().counts().in(scopeId);
    }

    Flux<ScopeSafety> safetyOf(String scopeId) {
        return local.read(scopeId).thenMany(session.safety(scopeId));
    }

    Flux<RecordSafety> safetyOf(String scopeId, String entity, String id) {
        return local.read(scopeId).thenMany(session.safety(scopeId, entity, id));
    }

    /** Of records that are open as long as the store is: what was kept is read before. */
    Flux<ScopeSafety> safetyOfStanding(String key) {
        return onceOpened(session.safety(key));
    }

    /** Of records that are open as long as the store is: what was kept is read before. */
    Flux<RecordSafety> safetyOfStanding(String key, String entity, String id) {
        return onceOpened(session.safety(key, entity, id));
    }

    private <T> Flux<T> onceOpened(Flux<T> states) {
        // A closed store has nothing to tell.
        return opened().thenMany(states)
                .onErrorComplete(ClosedException.class)
                .onErrorComplete(RejectedExecutionException.class);
    }

    /** On the worker. */
    Flux<ScopeStatus> statusOf(String scopeId) {
        return session.statuses().of(scopeId);
    }

    RecordViews views() {
        return views;
    }

    TypedWrites writes() {
        return typedWrites;
    }

    StitchSchema schema() {
        return schema;
    }

    /** {@return the worker, for what must not overtake a write that was subscribed before} */
    Scheduler inOrder() {
        return local.writes().inOrder();
    }

    String rootEntity() {
        return schema.root();
    }

    boolean isScoped(String entity) {
        return entity.equals(schema.root()) || schema.children().containsKey(entity);
    }

    void requireScoped(EntityType<?> type) {
        if (!isScoped(type.name())) {
            throw new SchemaException(
                    "'%s' is not part of a scope: the schema has neither a root nor a child of that name."
                            .formatted(type.name()));
        }
    }
}
