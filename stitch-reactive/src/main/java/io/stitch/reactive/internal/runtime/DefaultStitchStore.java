package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.DropResult;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.PresentClient;
import io.stitch.reactive.QueryRange;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.Share;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
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
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.server.ServerMode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Ids;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.TimeOrderedIds;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.SyncMode;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Puts the parts together: the worker, the records, the sync session and the connection. */
public final class DefaultStitchStore implements StitchStore {
    /** No set of records in particular. */
    private static final Set<String> ANYTHING_KEPT = Set.of("");

    private static final Logger LOG = LoggerFactory.getLogger(DefaultStitchStore.class);

    private final StitchSchema schema;
    private final RecordMapper mapper;
    private final StoreObserver observer;
    private final StoreEnding ending;
    private final GuardedScheduler serial;
    private final LocalState local;
    private final TypedWrites typedWrites;
    private final RecordStore records;
    private final RecordStore roots;
    private final Predicate<StoredRecord> listedRoot;
    private final Diagnostics diagnostics;
    private final SyncSession session;
    private final StoreConnection connection;
    private final TimeOrderedIds ids;
    private final Supplier<Optional<String>> user;
    private final RecordViews views;
    private final ScopeHandles handles;
    private final LiveRoots liveRoots;
    private final Logout logout;
    private final LocalReads kept;
    private final int maxPendingWrites;
    private final RemoteOptions remote;

    /**
     * Puts a store together; nothing is opened before {@link #start()}.
     *
     * @param settings what it is built with
     */
    public DefaultStitchStore(StoreSettings settings) {
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
        this.roots = new RecordStore(
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
                        new ConnectedSession(context, session),
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
        this.liveRoots = new LiveRoots(roots, session, inOrder(), this::onWorker);
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

    @Override
    public Mono<Void> start() {
        return ending.untilEnded(Mono.defer(() -> {
            int disconnects = connection.disconnects();
            return local.open()
                    .then(Mono.fromRunnable(connection::started).subscribeOn(serial))
                    .then(warned(remote))
                    .then(logout.then(Mono.<Void>fromRunnable(() -> connection.start(disconnects))
                            .subscribeOn(serial)));
        }));
    }

    private Mono<Void> warned(RemoteOptions to) {
        return Mono.fromRunnable(() -> to.plainSecret().ifPresent(problem -> {
            LOG.warn("{}, or RemoteOptions.allowPlain() if the network is trusted: {}", problem, to);
            diagnostics.report(DiagnosticCode.PLAIN_SECRET, to.toString(), problem);
        }));
    }

    @Override
    public Mono<Void> close() {
        return ending.close();
    }

    @Override
    public Mono<Void> clearLocalData() {
        return ending.clear();
    }

    @Override
    public Mono<Void> onClose() {
        return ending.onEnd();
    }

    @Override
    public String clientId() {
        return local.clientId();
    }

    @Override
    public Scope replaceScope(String id) {
        return handles.replace(id);
    }

    @Override
    public Scope openScope(String id) {
        return handles.open(id);
    }

    @Override
    public Scope openScope(String id, Duration keepWarm) {
        return handles.open(id, StoreSettings.KeepWarm.checked(keepWarm));
    }

    void release(DefaultScope scope) {
        handles.release(scope);
    }

    @Override
    public List<Scope> openScopes() {
        return handles.open();
    }

    @Override
    public Flux<Scope> activeScope() {
        return handles.active();
    }

    @Override
    public Flux<RecordEvent> events() {
        return activeScope().switchMap(Scope::events);
    }

    @Override
    public <T> RecordCollection<T> collection(EntityType<T> type) {
        if (!(schema.topLevel().contains(type.name()) || schema.localOnly().contains(type.name()))) {
            throw new SchemaException(
                    "'%s' is neither a top-level nor a local-only entity of the schema. Its records are found in scopes."
                            .formatted(type.name()));
        }
        ScopeRecords stored = records.scope(WireSchema.topLevelKey(type.name()));
        if (stored == null || ending.isClosing()) { // It is there from the beginning until the store ends.
            throw Errors.storeClosed();
        }
        return new DefaultRecordCollection<>(this, type, stored);
    }

    @Override
    public <T> Mono<T> read(EntityType<T> type, String id, String... fields) {
        Ids.require(type.name(), id);
        return opened().then(ending.whileOpen(
                session.read(type.name(), id, List.of(fields)).map(json -> mapper.read(type, json))));
    }

    @Override
    public <T> Mono<List<T>> list(EntityType<T> type, ListQuery query) {
        requireNoGroups(query);
        return opened().then(ending.whileOpen(session.list(type.name(), query)
                .map(list -> list.stream().map(json -> mapper.read(type, json)).toList())));
    }

    /** What is asked waits, as a write does, until what was kept has been read; who starts the store sees to that. */
    private Mono<Void> opened() {
        return ending.untilEnded(Mono.<Void>create(sink -> local.writes().inOrder(ANYTHING_KEPT, sink::success)))
                .onErrorMap(RejectedExecutionException.class, workerEnded -> Errors.storeClosed());
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type) {
        requireRoot(type);
        return opened().thenMany(ending.whileOpen(session.listRoots().map(json -> mapper.read(type, json))));
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type, ListQuery query) {
        requireRoot(type);
        requireNoGroups(query);
        return opened().thenMany(ending.whileOpen(Flux.defer(() -> {
                    Optional<String> owner = user.get();
                    ListQuery own = schema.userScopeField().isPresent() && owner.isPresent()
                            ? query.where(schema.userScopeField().get(), ListQuery.Operator.EQ, owner.get())
                            : query;
                    return session.listRoots(query, own).flatMapIterable(list -> list);
                })
                .map(json -> mapper.read(type, json))));
    }

    @Override
    public Mono<Integer> childCount(EntityType<?> type, String scopeId) {
        String scopeField = schema.children().get(type.name());
        if (scopeField == null) {
            throw new SchemaException("'%s' is not a child of the schema.".formatted(type.name()));
        }
        ListQuery children = ListQuery.all()
                .where(scopeField, ListQuery.Operator.EQ, Ids.require(schema.root(), scopeId))
                .fields("id");
        return opened().then(
                        ending.whileOpen(session.list(type.name(), children).map(List::size)));
    }

    @Override
    public Flux<RecordEvent> events(EntityType<?> type) {
        requireScoped(type);
        return handles.opened(scope -> views.here().events(scope, new Object())).filter(event -> event.isOf(type));
    }

    @Override
    public <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query, QueryRange range) {
        if (!isScoped(type.name())) {
            return collection(type).query(query);
        }
        return range == QueryRange.KEPT && kept.keepsRecords()
                ? views.queryKept(type, query, kept, serial)
                : views.queryOpen(type, query);
    }

    @Override
    public String newId() {
        return ids.next();
    }

    @Override
    public <T> Flux<List<T>> roots(EntityType<T> type) {
        requireRoot(type);
        return liveRoots.watched(watched -> views.roots(watched, type, listedRoot));
    }

    void onWorker(Runnable cleanUp) {
        ending.onWorker(cleanUp);
    }

    @Override
    public Flux<MutationResult<?>> batch(Publisher<? extends Mutation<?>> mutations) {
        // One more than the queue takes is refused there, with a reason.
        return ending.whileOpen(Flux.from(mutations)
                        .take(maxPendingWrites + 1L)
                        .collectList()
                        .flatMapMany(this::writeAll))
                .transform(observer::watchBatch);
    }

    private Flux<MutationResult<?>> writeAll(List<? extends Mutation<?>> mutations) {
        List<StoreMutation<?>> ours = new ArrayList<>(mutations.size());
        for (Mutation<?> mutation : mutations) {
            StoreMutation<?> our = (StoreMutation<?>) mutation;
            ClosedException closed = our.closed();
            if (closed != null) {
                return Flux.error(closed);
            }
            ours.add(our);
        }
        List<LocalWrite> writes = new ArrayList<>(ours.size());
        ours.forEach(mutation -> writes.add(mutation.write()));
        return local.writes().writeAll(writes).zipWithIterable(ours, (result, mutation) -> mutation.read(result));
    }

    @Override
    public Flux<Integer> pendingCount() {
        return local.writes().counts().all();
    }

    @Override
    public int pendingWrites() {
        return local.writes().counts().now();
    }

    @Override
    public Flux<List<QueuedWrite>> queuedWrites() {
        return local.writes()
                .view()
                .lists(
                        connection.statuses(),
                        () -> connection.status().status() == ConnectionStatus.Status.ERROR,
                        Errors::translate);
    }

    @Override
    public Mono<DropResult> dropWrite(long sequence) {
        return ending.untilEnded(local.writes().view().drop(sequence));
    }

    @Override
    public Mono<Boolean> retryWrite(long sequence) {
        return ending.untilEnded(local.writes().view().retry(sequence));
    }

    @Override
    public Mono<Void> idle() {
        return ending.untilEnded(pendingCount()
                .filter(count -> count == 0)
                .next()
                .switchIfEmpty(Mono.error(Errors::storeClosed))
                .then());
    }

    @Override
    public Flux<Rejection> rejections() {
        return local.rejections();
    }

    @Override
    public Mono<Integer> retryParked() {
        return ending.whileOpen(
                Mono.fromSupplier(() -> local.writes().retryParked()).subscribeOn(inOrder()));
    }

    @Override
    public Mono<Void> loadScope(String id) {
        return ending.untilEnded(local.read(id).then(session.loadScope(id)));
    }

    @Override
    public Mono<Void> clearScope(String id) {
        return ending.untilEnded(local.read(id).then(session.clearScope(id)));
    }

    @Override
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        if (topic.isEmpty() || topic.chars().anyMatch(c -> c == '+' || c == '#' || c == 0)) {
            throw new IllegalArgumentException(
                    "'%s' is not a topic to publish on: it must not be empty or contain + or #.".formatted(topic));
        }
        return ending.whileOpen(session.request(topic, payload));
    }

    @Override
    public Flux<ConnectionStatus> connection() {
        return connection.statuses();
    }

    @Override
    public ConnectionStatus connectionStatus() {
        return connection.status();
    }

    @Override
    public Mono<Void> connect() {
        return ending.untilEnded(logout.thenLogin(connection.connect()));
    }

    @Override
    public Mono<Void> disconnect() {
        return connection.disconnect();
    }

    @Override
    public Mono<Void> reconnect() {
        return ending.untilEnded(logout.thenLogin(connection.reconnect()));
    }

    @Override
    public Mono<Void> reconnect(RemoteOptions remote) {
        return ending.untilEnded(warned(remote).then(logout.thenLogin(connection.reconnect(remote, () -> {
            handles.letGoOfWarm();
            session.loggingIn();
        }))));
    }

    @Override
    public Mono<Void> resetForLogout(boolean onlyCopyToo) {
        return logout.now(onlyCopyToo);
    }

    @Override
    public Flux<StitchException> sessionInvalid() {
        return connection.sessionInvalid();
    }

    @Override
    public Flux<Optional<AuthenticatedUser>> authenticatedUser() {
        return connection.users();
    }

    @Override
    public Flux<List<PresentClient>> presence() {
        return ending.whileOpen(session.people().presence());
    }

    @Override
    public Mono<Share> share(
            EntityType<?> type, String id, String grantee, SharePermission permission, boolean cascade) {
        Ids.require(type.name(), id);
        Ids.requireGrantee(grantee);
        return opened().then(ending.whileOpen(session.people().share(type.name(), id, grantee, permission, cascade)));
    }

    @Override
    public Mono<Void> unshare(EntityType<?> type, String id, String grantee) {
        Ids.require(type.name(), id);
        Ids.requireGrantee(grantee);
        return opened().then(ending.whileOpen(session.people().unshare(type.name(), id, grantee)));
    }

    @Override
    public Mono<List<Share>> shares(EntityType<?> type, String id) {
        Ids.require(type.name(), id);
        return opened().then(ending.whileOpen(session.people().shares(type.name(), id)));
    }

    @Override
    public Flux<ScopeRefusal> scopeErrors() {
        return session.refusals();
    }

    @Override
    public Flux<Diagnostic> diagnostics() {
        return diagnostics.reports();
    }

    @Override
    public Map<DiagnosticCode, Long> diagnosticCounts() {
        return diagnostics.counts();
    }

    @Override
    public String toString() {
        return "StitchStore[" + clientId() + (ending.isClosing() ? ", closed]" : "]");
    }

    // ---- what scopes and collections need ----

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

    private boolean isScoped(String entity) {
        return entity.equals(schema.root()) || schema.children().containsKey(entity);
    }

    void requireScoped(EntityType<?> type) {
        if (!isScoped(type.name())) {
            throw new SchemaException(
                    "'%s' is not part of a scope: the schema has neither a root nor a child of that name."
                            .formatted(type.name()));
        }
    }

    private static void requireNoGroups(ListQuery query) {
        query.grouping().ifPresent(field -> {
            throw new SchemaException(
                    "A list has no groups: leave groupBy(\"%s\") out, or ask by query(), which counts them."
                            .formatted(field));
        });
    }

    private void requireRoot(EntityType<?> type) {
        if (!type.name().equals(rootEntity())) {
            throw new SchemaException("The root entity is '%s', not '%s'.".formatted(rootEntity(), type.name()));
        }
    }
}
