package io.stitch.reactive;

import io.stitch.reactive.persistence.Persistence;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.store.Journal;
import io.stitch.reactive.store.LocalWrite;
import io.stitch.reactive.store.RecordChange;
import io.stitch.reactive.store.RecordStore;
import io.stitch.reactive.store.ScopeKeys;
import io.stitch.reactive.store.ScopeRecords;
import io.stitch.reactive.store.StoreObserver;
import io.stitch.reactive.store.WriteRules;
import io.stitch.reactive.sync.Authentication;
import io.stitch.reactive.sync.ConnectionSupervisor;
import io.stitch.reactive.sync.Diagnostic;
import io.stitch.reactive.sync.Diagnostics;
import io.stitch.reactive.sync.ScopeRefusal;
import io.stitch.reactive.sync.SyncContext;
import io.stitch.reactive.sync.SyncSession;
import io.stitch.reactive.transport.AuthenticatedUser;
import io.stitch.reactive.transport.MqttConnector;
import io.stitch.reactive.wire.DiagnosticCode;
import io.stitch.reactive.wire.Json;
import io.stitch.reactive.wire.Topics;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Puts the parts together: the worker, the records, the sync session and the connection. */
final class DefaultStitchStore implements StitchStore {
    private final StitchSchema schema;
    private final JsonMapper mapper;
    private final Scheduler scheduler;
    private final StoreObserver observer;
    private final boolean ownsScheduler;
    private final Scheduler serial;
    private final LocalState local;
    private final TypedWrites typedWrites;
    private final RecordStore records;
    private final RecordStore roots;
    private final Predicate<StoredRecord> ownRoot;
    private final Diagnostics diagnostics;
    private final SyncSession session;
    private final StoreConnection connection;
    private final RecordViews views;
    private final ScopeHandles handles;
    private final LiveRoots liveRoots;
    private final int maxPendingWrites;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicReference<@Nullable Mono<Void>> ending = new AtomicReference<>();

    DefaultStitchStore(Builder builder, StitchSchema schema, RemoteOptions remote) {
        this.schema = schema;
        this.maxPendingWrites = builder.maxPendingWrites;
        this.mapper = builder.mapper;
        schema.types().forEach(type -> type.prepare(mapper));
        this.ownsScheduler = builder.scheduler == null;
        this.scheduler = builder.scheduler == null ? builder.ownScheduler() : builder.scheduler;
        this.serial = Schedulers.single(scheduler);
        this.observer = builder.observer;
        this.diagnostics = new Diagnostics(scheduler, observer);
        boolean userNeeded = schema.userScopeField() != null;
        Authentication authentication =
                new Authentication(remote.checked(userNeeded), remote.tickets(), serial, userNeeded);
        this.local = new LocalState(builder, schema, scheduler, serial, diagnostics, authentication);
        this.records = local.records();
        this.typedWrites = new TypedWrites(schema, mapper, new Mutation.Writer(local.writes(), observer));
        // Kept apart, because its records are in their scopes too; and in memory only, for they are kept there.
        this.roots = new RecordStore(
                new ScopeKeys(schema.wire()),
                new Journal(Persistence.none(), serial, failure -> {}),
                new WriteRules(Map.of()));
        SyncContext context = new SyncContext(
                records,
                local.writes(),
                local.journal(),
                builder.persistence,
                local::facts,
                roots,
                schema.wire(),
                new Topics(
                        builder.syncMode.topicPrefix(),
                        builder.syncMode.responsePrefix(),
                        schema.wire().root()),
                local::clientId,
                scheduler,
                serial,
                diagnostics,
                builder.random,
                schema.userScopeField(),
                authentication::user,
                observer);
        this.ownRoot = root -> schema.userScopeField() == null || context.isOwnRoot(Json.read(root.json()));
        this.session = builder.syncMode.open(context);
        MqttConnector connector = builder.connector == null ? MqttConnector.hiveMq(serial) : builder.connector;
        this.connection = new StoreConnection(
                new ConnectionSupervisor(context, session, connector, authentication, builder.reconnectValidator),
                authentication,
                userNeeded,
                builder.autoConnect);
        if (!observer.equals(StoreObserver.NONE)) {
            observe();
        }
        this.views = new RecordViews(
                records, mapper, serial, ownsScheduler ? Schedulers.parallel() : scheduler, diagnostics);
        this.handles = new ScopeHandles(this, local, session, records, observer);
        this.liveRoots = new LiveRoots(roots, session, serial, this::onWorker);
    }

    private void observe() {
        local.writes().counts().subscribe(observer::pendingWrites);
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
        return local.open()
                .onErrorMap(Errors::translate)
                .then(Mono.<Void>fromRunnable(connection::start).subscribeOn(serial));
    }

    @Override
    public Mono<Void> close() {
        return endOnce(local.close(), before -> before);
    }

    @Override
    public Mono<Void> clearLocalData() {
        return endOnce(
                local.clear(),
                before -> before.onErrorComplete().then(local.deleteKept()).onErrorMap(Errors::translate));
    }

    /** Ends the store, or does what is left to do where it ended before. */
    private Mono<Void> endOnce(Mono<Void> last, UnaryOperator<Mono<Void>> endedBefore) {
        return Mono.defer(() -> {
            Mono<Void> end = endWith(last).onErrorMap(Errors::translate).cache();
            Mono<Void> before = ending.compareAndExchange(null, end);
            return before == null ? end : endedBefore.apply(before);
        });
    }

    private Mono<Void> endWith(Mono<Void> last) {
        return Mono.<Void>fromRunnable(() -> closing.set(true))
                .then(connection.close())
                .then(Mono.<Void>fromRunnable(() -> {
                            session.close();
                            roots.close();
                            handles.complete();
                            diagnostics.complete();
                        })
                        .subscribeOn(serial))
                .then(last)
                .doFinally(signal -> {
                    serial.dispose();
                    if (ownsScheduler) {
                        scheduler.dispose();
                    }
                    observer.closed();
                });
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
        if (!schema.isUnscoped(type.name())) {
            throw new SchemaException(
                    "'%s' is neither a top-level nor a local-only entity of the schema. Its records are found in scopes."
                            .formatted(type.name()));
        }
        ScopeRecords stored = Objects.requireNonNull(records.scope(ScopeKeys.topLevel(type.name())));
        return new DefaultRecordCollection<>(this, type, stored);
    }

    @Override
    public <T> Mono<T> read(EntityType<T> type, String id, String... fields) {
        ValidationException.requireId(type.name(), id);
        return session.read(type.name(), id, List.of(fields))
                .map(json -> type.read(mapper, json))
                .onErrorMap(Errors::translate);
    }

    @Override
    public <T> Mono<List<T>> list(EntityType<T> type, ListQuery query) {
        return session.list(type.name(), query.toJson())
                .map(list -> list.stream().map(json -> type.read(mapper, json)).toList())
                .onErrorMap(Errors::translate);
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type) {
        requireRoot(type);
        return session.listRoots().map(json -> type.read(mapper, json)).onErrorMap(Errors::translate);
    }

    @Override
    public <T> Flux<List<T>> roots(EntityType<T> type) {
        requireRoot(type);
        return liveRoots.watched(watched -> views.roots(watched, type, ownRoot));
    }

    /** Runs a clean-up on the worker; a closed store has cleaned up already. */
    void onWorker(Runnable cleanUp) {
        try {
            serial.schedule(cleanUp);
        } catch (RejectedExecutionException e) {
            if (!closing.get()) {
                throw e;
            }
        }
    }

    @Override
    public Flux<MutationResult<?>> batch(Publisher<? extends Mutation<?>> mutations) {
        // One more than the queue takes is refused there, with a reason.
        return Flux.from(mutations)
                .take(maxPendingWrites + 1L)
                .collectList()
                .flatMapMany(this::writeAll)
                .onErrorMap(Errors::translate)
                .transform(observer::watchBatch);
    }

    private Flux<MutationResult<?>> writeAll(List<? extends Mutation<?>> mutations) {
        List<LocalWrite> writes = mutations.stream().map(Mutation::write).toList();
        return local.writes().writeAll(writes).zipWithIterable(mutations, (result, mutation) -> mutation.read(result));
    }

    @Override
    public Flux<Integer> pendingCount() {
        return local.writes().counts();
    }

    @Override
    public int pendingWrites() {
        return local.writes().count();
    }

    @Override
    public Flux<Rejection> rejections() {
        return local.rejections();
    }

    @Override
    public Mono<Integer> retryParked() {
        return Mono.fromSupplier(() -> local.writes().retryParked())
                .subscribeOn(serial)
                .onErrorMap(Errors::translate);
    }

    @Override
    public Mono<Void> loadScope(String id) {
        return session.loadScope(id).onErrorMap(Errors::translate);
    }

    @Override
    public Mono<Void> clearScope(String id) {
        return session.clearScope(id).onErrorMap(Errors::translate);
    }

    @Override
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        if (topic.isEmpty() || topic.chars().anyMatch(c -> c == '+' || c == '#' || c == 0)) {
            throw new IllegalArgumentException(
                    "'%s' is not a topic to publish on: it must not be empty or contain + or #.".formatted(topic));
        }
        return session.request(topic, payload).onErrorMap(Errors::translate);
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
        return connection.connect();
    }

    @Override
    public Mono<Void> disconnect() {
        return connection.disconnect();
    }

    @Override
    public Mono<Void> reconnect() {
        return connection.reconnect();
    }

    @Override
    public Mono<Void> reconnect(RemoteOptions remote) {
        return connection.reconnect(remote);
    }

    @Override
    public Mono<Void> resetForLogout() {
        Mono<Void> scopesClosed = Mono.<Void>fromRunnable(handles::closeAll).subscribeOn(serial);
        Mono<Void> forgotten = Mono.<Void>fromRunnable(this::forgetUser).subscribeOn(serial);
        // Forgetting comes right after the connection is let go, and does not wait for the broker to hear of it.
        return Mono.when(connection.disconnect(), scopesClosed.then(forgotten))
                // A closed store has nothing left to forget.
                .onErrorComplete(RejectedExecutionException.class);
    }

    private void forgetUser() {
        // The pending writes of the user are put away with this, and kept.
        connection.forgetUser();
        session.forget();
        schema.localOnly().forEach(entity -> forget(records.open(ScopeKeys.topLevel(entity))));
        local.forgetRecords();
    }

    private void forget(ScopeRecords scope) {
        scope.all().forEach(record -> records.remove(record.key(), RecordChange.Origin.LOCAL));
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

    // ---- what scopes and collections need ----

    boolean isClosing() {
        return closing.get();
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

    Scheduler serial() {
        return serial;
    }

    String rootEntity() {
        return schema.wire().root();
    }

    void requireScoped(EntityType<?> type) {
        if (!schema.isScoped(type.name())) {
            throw new SchemaException(
                    "'%s' is not part of a scope: the schema has neither a root nor a child of that name."
                            .formatted(type.name()));
        }
    }

    private void requireRoot(EntityType<?> type) {
        if (!type.name().equals(rootEntity())) {
            throw new SchemaException("The root entity is '%s', not '%s'.".formatted(rootEntity(), type.name()));
        }
    }
}
