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
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.Share;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.LocalWrite;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store as applications use it: each call is for one of its {@link StoreParts}. */
public final class DefaultStitchStore implements StitchStore {
    private static final Logger LOG = LoggerFactory.getLogger(DefaultStitchStore.class);

    private final StoreParts parts;
    private final StoreReads reads;
    private final StitchSchema schema;
    private final StoreEnding ending;
    private final LocalState local;
    private final SyncSession session;
    private final StoreConnection connection;
    private final ScopeHandles handles;
    private final Logout logout;

    /**
     * Puts a store together; nothing is opened before {@link #start()}.
     *
     * @param settings what it is built with
     */
    public DefaultStitchStore(StoreSettings settings) {
        this.parts = new StoreParts(settings);
        this.reads = new StoreReads(parts);
        this.schema = parts.schema;
        this.ending = parts.ending;
        this.local = parts.local;
        this.session = parts.session;
        this.connection = parts.connection;
        this.handles = parts.handles;
        this.logout = parts.logout;
    }

    @Override
    public Mono<Void> start() {
        return ending.untilEnded(Mono.defer(() -> {
            int disconnects = connection.disconnects();
            return local.open()
                    .then(Mono.fromRunnable(connection::started).subscribeOn(parts.serial))
                    .then(warned(parts.remote))
                    .then(logout.then(Mono.<Void>fromRunnable(() -> connection.start(disconnects))
                            .subscribeOn(parts.serial)));
        }));
    }

    private Mono<Void> warned(RemoteOptions to) {
        return Mono.fromRunnable(() -> to.plainSecret().ifPresent(problem -> {
            LOG.warn("{}, or RemoteOptions.allowPlain() if the network is trusted: {}", problem, to);
            parts.diagnostics.report(DiagnosticCode.PLAIN_SECRET, to.toString(), problem);
        }));
    }

    @Override
    public Mono<Void> close() {
        return ending.close();
    }

    @Override
    public Mono<Void> clearLocalData(boolean onlyCopyToo) {
        return logout.clear(onlyCopyToo);
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
        ScopeRecords stored = parts.records.scope(WireSchema.topLevelKey(type.name()));
        if (stored == null || ending.isClosing()) { // It is there from the beginning until the store ends.
            throw Errors.storeClosed();
        }
        return new DefaultRecordCollection<>(parts, type, stored);
    }

    @Override
    public <T> Mono<T> read(EntityType<T> type, String id, String... fields) {
        return reads.read(type, id, fields);
    }

    @Override
    public <T> Mono<List<T>> list(EntityType<T> type, ListQuery query) {
        return reads.list(type, query);
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type) {
        return reads.listRoots(type);
    }

    @Override
    public <T> Flux<T> listRoots(EntityType<T> type, ListQuery query) {
        return reads.listRoots(type, query);
    }

    @Override
    public Mono<Integer> childCount(EntityType<?> type, String scopeId) {
        return reads.childCount(type, scopeId);
    }

    @Override
    public Flux<RecordEvent> events(EntityType<?> type) {
        parts.requireScoped(type);
        return handles.opened(scope -> parts.views.here().events(scope, new Object()))
                .filter(event -> event.isOf(type));
    }

    @Override
    public <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query, QueryRange range) {
        if (!parts.isScoped(type.name())) {
            return collection(type).query(query);
        }
        return range == QueryRange.KEPT && parts.kept.keepsRecords()
                ? parts.views.queryKept(type, query, parts.kept, parts.serial)
                : parts.views.queryOpen(type, query);
    }

    @Override
    public String newId() {
        return parts.ids.next();
    }

    @Override
    public <T> Flux<List<T>> roots(EntityType<T> type) {
        reads.requireRoot(type);
        return parts.liveRoots.watched(watched -> parts.views.roots(watched, type, parts.listedRoot));
    }

    @Override
    public Flux<MutationResult<?>> batch(Publisher<? extends Mutation<?>> mutations) {
        // One more than the queue takes is refused there, with a reason.
        return ending.whileOpen(Flux.from(mutations)
                        .take(parts.maxPendingWrites + 1L)
                        .collectList()
                        .flatMapMany(this::writeAll))
                .transform(parts.observer::watchBatch);
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
                Mono.fromSupplier(() -> local.writes().retryParked()).subscribeOn(parts.inOrder()));
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
        return reads.share(type, id, grantee, permission, cascade);
    }

    @Override
    public Mono<Void> unshare(EntityType<?> type, String id, String grantee) {
        return reads.unshare(type, id, grantee);
    }

    @Override
    public Mono<List<Share>> shares(EntityType<?> type, String id) {
        return reads.shares(type, id);
    }

    @Override
    public Flux<ScopeRefusal> scopeErrors() {
        return session.refusals();
    }

    @Override
    public Flux<Diagnostic> diagnostics() {
        return parts.diagnostics.reports();
    }

    @Override
    public Map<DiagnosticCode, Long> diagnosticCounts() {
        return parts.diagnostics.counts();
    }

    @Override
    public String toString() {
        return "StitchStore[" + clientId() + (ending.isClosing() ? ", closed]" : "]");
    }
}
