package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StoreFailedException;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.connection.ConnectionSettings;
import io.stitch.reactive.internal.connection.ConnectionSupervisor;
import io.stitch.reactive.internal.connection.HiveMqConnector;
import io.stitch.reactive.internal.mode.ConnectedSession;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.FieldIndex;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.server.ServerMode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Puts the parts together: the worker, the records, the sync session and the connection. */
public final class DefaultStitchStore implements StitchStore {
    private static final Logger LOG = LoggerFactory.getLogger(DefaultStitchStore.class);
    private static final Duration LONGEST_ENDING = Duration.ofSeconds(5);

    private final StitchSchema schema;
    private final RecordMapper mapper;
    private final Scheduler scheduler;
    private final StoreObserver observer;
    private final boolean ownsScheduler;
    private final GuardedScheduler serial;
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
    private final String clientId;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final AtomicBoolean finished = new AtomicBoolean();
    /** When a store that fails has ended, whatever becomes of its parts. */
    private final Disposable.Swap lastLimit = Disposables.swap();

    private final RemoteOptions remote;
    private volatile @Nullable Throwable failure;
    private final AtomicReference<@Nullable Mono<Void>> ending = new AtomicReference<>();
    private final AtomicReference<@Nullable Mono<Void>> logout = new AtomicReference<>();

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
        ConnectRequest request = StoreConnection.request(settings.remote(), userNeeded);
        this.mapper = new RecordMapper(settings.mapper());
        schema.types().forEach(mapper::prepare);
        Scheduler givenScheduler = settings.scheduler();
        this.ownsScheduler = givenScheduler == null;
        this.clientId = settings.clientId() == null
                ? "stitch-" + Long.toHexString(ThreadLocalRandom.current().nextLong())
                : settings.clientId();
        this.scheduler = givenScheduler == null
                ? GuardedScheduler.ownThread("stitch-worker-" + clientId, settings.daemonThreads())
                : givenScheduler;
        this.serial = GuardedScheduler.serial(scheduler, this::fail);
        this.observer = settings.observer();
        this.diagnostics = new Diagnostics(scheduler, observer);
        Authentication authentication =
                new Authentication(request, settings.remote().tickets().orElse(null), serial, userNeeded);
        Mode mode = mode(settings.syncMode());
        WireSchema entities = new WireSchema(schema.root(), schema.children(), schema.topLevel());
        this.local = new LocalState(settings, clientId, mode, entities, scheduler, serial, diagnostics, authentication);
        this.records = local.records();
        this.typedWrites = new TypedWrites(
                schema,
                records.scopeKeys(),
                mapper,
                new StoreMutation.Writer(
                        local.writes(),
                        observer,
                        () -> closing.get() ? Errors.storeClosed() : null,
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
        this.ownRoot = root -> schema.userScopeField().isEmpty() || context.isOwnRoot(Json.readObject(root.json()));
        this.session = mode.open(context);
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
                settings.autoConnect());
        if (!observer.equals(StoreObserver.NONE)) {
            observe();
        }
        this.views = new RecordViews(
                records,
                mapper,
                inOrder(),
                GuardedScheduler.beside(ownsScheduler ? Schedulers.parallel() : scheduler, this::fail),
                diagnostics);
        this.handles = new ScopeHandles(this, local, session, records, observer);
        this.liveRoots = new LiveRoots(roots, session, inOrder(), this::onWorker);
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
        return untilEnded(Mono.defer(() -> {
            int disconnects = connection.disconnects();
            return local.open()
                    .then(Mono.fromRunnable(connection::started).subscribeOn(serial))
                    .then(warned(remote))
                    .then(afterLogout(Mono.<Void>fromRunnable(() -> connection.start(disconnects))
                            .subscribeOn(serial)));
        }));
    }

    private Mono<Void> warned(RemoteOptions to) {
        return Mono.fromRunnable(() -> to.plainSecret().ifPresent(problem -> {
            LOG.warn("{}, or RemoteOptions.allowPlain() if the network is trusted: {}", problem, to);
            diagnostics.report(DiagnosticCode.PLAIN_SECRET, to.toString(), problem);
        }));
    }

    /** What may wait for the worker, which drops what it has not done when the store ends, is told of the end by the store itself. */
    private <T> Mono<T> untilEnded(Mono<T> action) {
        Mono<T> end = ended.asMono().onErrorComplete().then(Mono.error(Errors::storeClosed));
        return whileOpen(Mono.firstWithSignal(action, end));
    }

    /** What a closed store cannot do is refused with words of its own, whatever would have become of it. */
    private <T> Mono<T> whileOpen(Mono<T> action) {
        return Mono.defer(() -> closing.get() ? Mono.error(Errors.storeClosed()) : action)
                .onErrorMap(Errors::translate);
    }

    private <T> Flux<T> whileOpen(Flux<T> action) {
        return Flux.defer(() -> closing.get() ? Flux.error(Errors.storeClosed()) : action)
                .onErrorMap(Errors::translate);
    }

    @Override
    public Mono<Void> close() {
        return endOnce(local.close(), true, before -> before);
    }

    @Override
    public Mono<Void> clearLocalData() {
        return endOnce(
                local.clear(),
                false,
                before -> before.onErrorComplete().then(local.deleteKept()).onErrorMap(Errors::translate));
    }

    /** Ends the store, or does what is left to do where it ended before. */
    private Mono<Void> endOnce(Mono<Void> last, boolean keeps, UnaryOperator<Mono<Void>> endedBefore) {
        return Mono.defer(() -> {
            Mono<Void> end = Mono.firstWithSignal(endWith(last, keeps), ended.asMono())
                    .onErrorMap(Errors::translate)
                    .cache();
            Mono<Void> before = ending.compareAndExchange(null, end);
            return before == null ? end : endedBefore.apply(before);
        });
    }

    private Mono<Void> endWith(Mono<Void> last, boolean keeps) {
        return Mono.<Void>fromRunnable(() -> closing.set(true))
                // What was subscribed before is taken before.
                .then(Mono.<Void>fromRunnable(() -> local.writes().ending(keeps))
                        .subscribeOn(inOrder()))
                .then(connection.close())
                .then(Mono.<Void>fromRunnable(this::tellOfEnd).subscribeOn(serial))
                .then(last)
                .doFinally(signal -> finish());
    }

    private void tellOfEnd() {
        List.<Runnable>of(session::close, liveRoots::close, handles::complete, diagnostics::complete)
                .forEach(step -> {
                    try {
                        step.run();
                    } catch (VirtualMachineError
                            | LinkageError error) { // Of a subscriber: the others are told all the same.
                        fail(error);
                    }
                });
    }

    /** Frees what the store holds, and tells of its end; once. */
    private void finish() {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        lastLimit.dispose();
        try {
            if (failure == null) {
                serial.end(this::endScheduler);
            } else { // Whatever the worker is in the middle of.
                serial.dispose();
                endScheduler();
            }
            observer.closed();
        } finally { // Whatever comes of that, whoever waits for the end is told.
            Throwable why = failure;
            if (why == null) {
                ended.tryEmitEmpty();
            } else {
                ended.tryEmitError(new StoreFailedException(
                        "The store has ended because of an error of the JVM: %s. What was durable is kept. Mend the cause and make a new store."
                                .formatted(why),
                        why));
            }
        }
    }

    private void endScheduler() {
        if (ownsScheduler) {
            scheduler.dispose();
        }
    }

    /** An error of the JVM in the middle of a change: what the store holds cannot be relied on any more, so it ends. Any thread. */
    private void fail(Throwable error) {
        if (failure != null) {
            return;
        }
        failure = error;
        try {
            LOG.error("{} ends because of an error of the JVM", clientId(), error);
            diagnostics.report(DiagnosticCode.FATAL_ERROR, clientId(), "the store ends: " + error);
        } finally {
            // Not here: the thread is in the middle of the task that failed. And what that left half done may hold up
            // the end.
            // Where waiting is allowed: a thread is ended under a lock.
            lastLimit.update(Schedulers.boundedElastic()
                    .schedule(this::finish, LONGEST_ENDING.toMillis(), TimeUnit.MILLISECONDS));
            close().subscribeOn(Schedulers.boundedElastic())
                    .subscribe(unused -> {}, next -> LOG.warn("{} did not end cleanly", clientId(), next));
        }
    }

    @Override
    public Mono<Void> onClose() {
        return ended.asMono();
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
        if (!(schema.topLevel().contains(type.name()) || schema.localOnly().contains(type.name()))) {
            throw new SchemaException(
                    "'%s' is neither a top-level nor a local-only entity of the schema. Its records are found in scopes."
                            .formatted(type.name()));
        }
        ScopeRecords stored = records.scope(ScopeKeys.topLevel(type.name()));
        if (stored == null || closing.get()) { // It is there from the beginning until the store ends.
            throw Errors.storeClosed();
        }
        return new DefaultRecordCollection<>(this, type, stored);
    }

    @Override
    public <T> Mono<T> read(EntityType<T> type, String id, String... fields) {
        Ids.require(type.name(), id);
        return whileOpen(session.read(type.name(), id, List.of(fields)).map(json -> mapper.read(type, json)));
    }

    @Override
    public <T> Mono<List<T>> list(EntityType<T> type, ListQuery query) {
        return whileOpen(session.list(type.name(), query)
                .map(list -> list.stream().map(json -> mapper.read(type, json)).toList()));
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type) {
        requireRoot(type);
        return whileOpen(session.listRoots().map(json -> mapper.read(type, json)));
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
        return whileOpen(Flux.from(mutations)
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
        return whileOpen(Mono.fromSupplier(() -> local.writes().retryParked()).subscribeOn(inOrder()));
    }

    @Override
    public Mono<Void> loadScope(String id) {
        return untilEnded(local.read(id).then(session.loadScope(id)));
    }

    @Override
    public Mono<Void> clearScope(String id) {
        return untilEnded(local.read(id).then(session.clearScope(id)));
    }

    @Override
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        if (topic.isEmpty() || topic.chars().anyMatch(c -> c == '+' || c == '#' || c == 0)) {
            throw new IllegalArgumentException(
                    "'%s' is not a topic to publish on: it must not be empty or contain + or #.".formatted(topic));
        }
        return whileOpen(session.request(topic, payload));
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
        return untilEnded(loggedIn(connection.connect()));
    }

    @Override
    public Mono<Void> disconnect() {
        return connection.disconnect();
    }

    @Override
    public Mono<Void> reconnect() {
        return untilEnded(loggedIn(connection.reconnect()));
    }

    @Override
    public Mono<Void> reconnect(RemoteOptions remote) {
        return untilEnded(warned(remote).then(loggedIn(connection.reconnect(remote, session::loggingIn))));
    }

    @Override
    public Mono<Void> resetForLogout() {
        // What a closed store kept is still there: clearLocalData() deletes it.
        return whileOpen(Mono.defer(() -> {
            connection.loggingOut();
            Mono<Void> out = untilEnded(leaving()).cache();
            logout.set(out);
            return out.doFinally(signal -> logout.compareAndSet(out, null));
        }));
    }

    private Mono<Void> loggedIn(Mono<Void> login) {
        return Mono.defer(() -> logout.get() == null ? login : afterLogout(connection.unlessDisconnected(login)));
    }

    /** Whoever connects without waiting until somebody has logged out is not to be forgotten with them, and shows nothing to them. */
    private Mono<Void> afterLogout(Mono<Void> connecting) {
        return Mono.defer(() -> {
            Mono<Void> out = logout.get();
            return out == null ? connecting : out.onErrorComplete().then(connecting);
        });
    }

    private Mono<Void> leaving() {
        Mono<Mono<Void>> letGo = connection.letGo().cache();
        // Forgetting comes right after the connection is let go, and does not wait for the broker to hear of it.
        Mono<Void> forgetting = handles.closeAll().then(letGo).then(whileOpen(forgotten()));
        return Mono.whenDelayError(
                letGo.flatMap(ended -> ended),
                // What is on disk was the user's too, whether the store has started or not.
                local.open()
                        .onErrorResume(unread -> forgetting.then(Mono.error(unread)))
                        .then(forgetting));
    }

    /** Completes when nothing of the user is left, in memory or on disk, but the writes, which stay theirs. */
    private Mono<Void> forgotten() {
        return Mono.<Void>fromRunnable(this::forgetUser)
                .subscribeOn(inOrder())
                .then(local.journal().settled());
    }

    private void forgetUser() {
        // The pending writes of the user are put away with this, and kept.
        connection.forgetUser();
        session.forget();
        schema.localOnly().forEach(entity -> forget(records.open(ScopeKeys.topLevel(entity))));
        local.forgetRecords();
    }

    private void forget(ScopeRecords scope) {
        scope.all().forEach(record -> records.remove(record.key(), RecordEvent.Origin.LOCAL));
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

    @Override
    public String toString() {
        return "StitchStore[" + clientId() + (closing.get() ? ", closed]" : "]");
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

    private void requireRoot(EntityType<?> type) {
        if (!type.name().equals(rootEntity())) {
            throw new SchemaException("The root entity is '%s', not '%s'.".formatted(rootEntity(), type.name()));
        }
    }
}
