package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.OnlyCopy;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.ScopeStatuses;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.peer.AnnouncedRoot;
import io.stitch.reactive.peer.MergeRecords;
import io.stitch.reactive.peer.PresentPeer;
import io.stitch.reactive.peer.internal.hello.PlainPeers;
import io.stitch.reactive.peer.internal.merge.BookkeepingRules;
import io.stitch.reactive.peer.internal.merge.RecordMerging;
import io.stitch.reactive.peer.internal.safety.OnlyCopies;
import io.stitch.reactive.peer.internal.safety.SafetyWatch;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.peer.internal.trust.ScopeCipher;
import io.stitch.reactive.peer.internal.trust.ScopeLocks;
import io.stitch.reactive.peer.internal.trust.TrustWatch;
import io.stitch.reactive.peer.internal.trust.WriteSignature;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerDecoder;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Peer mode at work: one per store, over one connection after another. */
final class PeerSession implements SyncSession {
    private static final Duration PRUNING_INTERVAL = Duration.ofHours(6);
    private static final long MOST_HELLOS_AT_ONCE = 60_000;

    private final PeerSettings options;
    private final boolean answers;
    private final boolean byField;
    private final SyncContext context;
    private final WireSchema schema;
    private final PeerDecoder decoder;
    private final Signatures signatures;
    private final Authors authors;
    private final TrustWatch trust;
    private final ScopeCipher cipher;
    private final ScopeLocks locks;
    private final Outbox outbox;
    private final Graves graves;
    private final Replica replica;
    private final Stamps stamps;
    private final PeerWrites writes;
    private final LocalReads reads;
    private final Neighbours neighbours;
    private final PlainPeers plainPeers;
    private final PlainPeers wholePeers;
    private final PeerTopics topics;
    private final Goodbyes goodbyes;
    private final Announcing announcing;
    private final ScopeStatuses statuses;

    /** The keys of the records of top-level entities, each of which is a scope of its own. */
    private final Set<String> standing;

    private final Map<String, PeerScope> scopes = new LinkedHashMap<>();
    /** The ids of scopes, each time one is opened, or is locked no more. */
    private final Sinks.Many<String> openings = Sinks.many().multicast().directBestEffort();

    private final OnlyCopies onlyCopies;
    private final Sinks.Many<ScopeRefusal> refusals = Sinks.many().multicast().directBestEffort();
    private final Disposable.Swap pruning = Disposables.swap();
    private final Disposable.Swap listingRoots = Disposables.swap();
    private boolean rootsWatched;
    private long saidAt = -1;

    PeerSession(PeerSettings options, boolean answers, SyncContext context) {
        this.options = options;
        this.answers = answers;
        this.context = context;
        this.schema = context.schema();
        this.standing = schema.topLevel().stream().map(WireSchema::topLevelKey).collect(Collectors.toUnmodifiableSet());
        this.signatures = options.signatures();
        this.authors = options.authors();
        this.trust = new TrustWatch(context, authors);
        this.cipher = new ScopeCipher(options.keys(), context.diagnostics());
        this.locks = new ScopeLocks(context, cipher, this::locked, this::compare);
        this.decoder = new PeerDecoder(
                context.topics(),
                schema,
                this::problem,
                new BookkeepingRules(),
                cipher::open,
                authors,
                options.maxMessageBytes());
        this.outbox = new Outbox(context, cipher, signatures, options.publishTimeout());
        this.graves = new Graves(context.journal(), context.diagnostics(), this::counts, options.maxTombstones());
        // A merged record would be nobody's to sign.
        this.byField = answers && !authors.isOn() && options.mergeRecords() == MergeRecords.FIELD_BY_FIELD;
        RecordMerging merging = new RecordMerging(schema.children(), byField);
        this.replica = new Replica(context, graves, merging);
        this.stamps = new Stamps(context, replica, graves, merging, authors, options, scopes::containsKey);
        this.writes = new PeerWrites(
                context, replica, outbox, authors, options.publishesInFlight(), options.maxDrift(), this::published);
        this.reads = new LocalReads(context, () -> List.copyOf(scopes.keySet()));
        this.topics = new PeerTopics(context.topics());
        this.neighbours = new Neighbours(context, topics, outbox, options.presenceTimeout());
        this.plainPeers = new PlainPeers(context.journal(), context.facts(), PlainPeers.WITHOUT_DIGESTS);
        this.wholePeers = new PlainPeers(context.journal(), context.facts(), PlainPeers.WITHOUT_FIELDS);
        this.goodbyes = new Goodbyes(options, context, topics, outbox);
        this.announcing = new Announcing(context, scopes::keySet, this::compare);
        this.statuses = new ScopeStatuses(context);
        this.onlyCopies = new OnlyCopies(context, entities().toList(), () -> List.copyOf(scopes.keySet()), this::here);
        context.writes().stampedBy(stamps);
        context.journal().keepWithEach(stamps::facts);
        replica.whenChanged(this::changed);
        trust.begin(Replica::stampOf, this::trustChanged);
        locks.hear(options.keys());
        standing.forEach(statuses::opening);
        standing.forEach(context.records()::open);
        armPruning();
    }

    // ---- connections ----

    @Override
    public ConnectRequest connecting(ConnectRequest request) {
        ReceiveLimits limits = request.limits();
        // Whoever may publish in a scope may send as much as the broker takes.
        return goodbyes.connecting(
                limits.boundsBytes()
                        ? request
                        : request.withLimits(new ReceiveLimits(limits.receiveMaximum(), limits.maximumPacketSize())));
    }

    @Override
    public Mono<Void> connected(MqttConnection connection) {
        outbox.connected(connection);
        return neighbours
                .subscribe()
                .then(Mono.<Void>fromRunnable(() -> scopes.values().forEach(PeerScope::connected)))
                .then(Mono.defer(() -> answers ? neighbours.hearWhoAsks() : Mono.empty()))
                .then(neighbours.ask());
    }

    @Override
    public Mono<Void> leaving() {
        return goodbyes.leaving();
    }

    @Override
    public void disconnected() {
        outbox.disconnected();
        announcing.disconnected();
        scopes.values().forEach(PeerScope::disconnected);
    }

    @Override
    public Inbound decode(InboundMessage message) {
        return decoder.decode(
                message.topic(),
                message.payload(),
                message.retain(),
                name -> UserProperty.find(message.userProperties(), name));
    }

    @Override
    public void received(Inbound inbound) {
        outbox.hear();
        if (inbound instanceof PeerInbound.Event event) {
            received(event);
        } else if (inbound instanceof PeerInbound.Hello hello) {
            received(hello);
        } else if (inbound instanceof PeerInbound.Answer answer) {
            received(answer);
        } else if (inbound instanceof PeerInbound.Gone gone) {
            received(gone);
        } else if (inbound instanceof PeerInbound.Who who) {
            received(who);
        } else if (inbound instanceof PeerInbound.Sealed sealed) {
            received(sealed);
        } else if (inbound instanceof Inbound.Dropped dropped) {
            context.diagnostics().report(dropped.code(), dropped.topic(), dropped.detail());
        }
    }

    /** Whoever says hello says it again; what is missed of an event is seen by comparing. */
    @Override
    public void missed(String topic) {
        if (topic.equals(InboundMessage.ANY_TOPIC)) {
            scopes.values().forEach(PeerScope::compare);
            return;
        }
        PeerScope scope = scopes.get(topics.scopeOf(topic));
        if (scope != null && topic.contains("/events/")) {
            scope.compare();
        }
    }

    private void received(PeerInbound.Event arrived) {
        String scopeId = String.valueOf(arrived.event().scopeId());
        PeerScope scope = scopes.get(scopeId);
        // Before its deletes are known, an event of an earlier subscription could bring back what was deleted.
        if (scope == null || !scope.isLoaded()) {
            notOpen(scopeId);
            return;
        }
        named(scopeId, arrived.sender());
        RecordKey key =
                new RecordKey(scopeId, arrived.event().entity(), arrived.event().id());
        if (!counts(key, arrived.stamp())) {
            locks.unreadable(
                    DiagnosticCode.UNTRUSTED,
                    scopeId,
                    WriteSignature.author(arrived.stamp()),
                    key.entity() + '/' + key.id(),
                    "its author '%s' is not trusted with it; it is taken when a later hello brings it and the author is trusted by then"
                            .formatted(WriteSignature.author(arrived.stamp())));
            scope.untrusted(arrived);
            return;
        }
        if (isTooFarAhead(arrived.stamp(), context.now())) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.CLOCK_AHEAD,
                            arrived.event().entity() + '/' + arrived.event().id(),
                            "its stamp %s is from the future; it is taken when a later hello brings it and its time has come"
                                    .formatted(arrived.stamp().text()));
            scope.tooEarly(arrived);
            return;
        }
        scope.received(arrived);
    }

    /** A message says who sends it. Where messages are signed, that counts when it is proved: {@link #isThereNow}. */
    private void named(String scopeId, String sender) {
        if (!signatures.isOn()) {
            neighbours.heard(scopeId, sender);
        }
    }

    private void received(PeerInbound.Hello hello) {
        neighbours.announced(hello.scopeId(), hello.rootName());
        PeerScope scope = scopes.get(hello.scopeId());
        if (announcing.isWaiting()
                && scope != null
                && (!hello.rootName().isEmpty() || rootName(hello.scopeId()).isEmpty())) {
            announcing.said(hello.scopeId());
        }
        if (scope == null) {
            if (!neighbours.discovering()) {
                notOpen(hello.scopeId());
            }
            return;
        }
        if (!hello.peer().equals(context.clientId())) {
            named(hello.scopeId(), hello.peer());
            scope.hello(hello);
        }
    }

    private void received(PeerInbound.Answer answer) {
        PeerScope scope = scopes.get(answer.scopeId());
        if (scope != null) {
            named(answer.scopeId(), answer.from());
            scope.answered(answer);
        } else if (!neighbours.discovering()) {
            notOpen(answer.scopeId());
        }
    }

    private void received(PeerInbound.Sealed sealed) {
        if (sealed.hello()) {
            neighbours.announced(sealed.scopeId(), "");
        }
        if (scopes.containsKey(sealed.scopeId()) || locks.isHeld(sealed.scopeId())) {
            locks.unreadable(sealed.code(), sealed.scopeId(), sealed.kid(), sealed.topic(), sealed.detail());
        } else if (!sealed.hello() || !neighbours.discovering()) {
            notOpen(sealed.scopeId());
        }
    }

    private void received(PeerInbound.Who who) {
        if (answers && !who.peer().equals(context.clientId())) {
            announcing.asked();
        }
    }

    private void received(PeerInbound.Gone gone) {
        if (goodbyes.isGone(gone)) {
            neighbours.gone(gone.peer());
            scopes.values().forEach(scope -> scope.gone(gone.peer()));
        }
    }

    private void notOpen(String scopeId) {
        context.diagnostics()
                .report(DiagnosticCode.SCOPE_NOT_OPEN, scopeId, "a message came for a scope that is not open");
    }

    // ---- scopes ----

    @Override
    public Set<String> standingScopes() {
        return standing;
    }

    @Override
    public boolean isLocked(String scopeId) {
        return locks.isLocked(scopeId);
    }

    @Override
    public void heldLocked(String scopeId) {
        locks.held(scopeId);
    }

    @Override
    public Flux<String> lockTurns() {
        return locks.turns();
    }

    private void locked(ScopeRefusal refusal) {
        statuses.refused(refusal);
        refusals.tryEmitNext(refusal);
    }

    private void compare(String scopeId) {
        PeerScope scope = scopes.get(scopeId);
        if (scope != null) {
            scope.compare();
        }
    }

    @Override
    public void openScope(String scopeId) {
        locks.opened(scopeId);
        PeerScope scope = new PeerScope(scopeId, this, onlyCopies.opened(scopeId));
        scopes.put(scopeId, scope);
        scope.open();
        openings.tryEmitNext(scopeId);
        if (outbox.connection() != null) {
            scope.connected();
        }
    }

    /** A scope's tombstones are there: the clock is after all of it, and what others were not told of is in the records. */
    void opened(PeerScope scope) {
        stamps.restored(scope.id());
        for (PendingWrite write : context.writes().pendingIn(scope.id())) {
            Hlc stamp = Hlc.ofRecord(write.payload());
            // What was mended since is in the records with its new stamp, which is lower.
            if (stamp != null && !isTooFarAhead(stamp, context.now()) && counts(write.key(), stamp)) {
                scope.apply(
                        write.key(),
                        Operation.valueOf(write.kind().name()),
                        payload(write),
                        stamp,
                        authors.isOn() ? PeerPayloads.signatureOf(write.payload()) : null);
            }
        }
        context.records().flush();
        judged(scope);
        mend(scope.id());
    }

    // ---- trust ----

    private @Nullable String problem(String topic, byte[] payload, UnaryOperator<@Nullable String> property) {
        String scopeId = topics.scopeOf(topic);
        return signatures.problem(
                topic,
                payload,
                property,
                author -> authors.isHeard(context.diagnostics(), scopeId, author, context.now()));
    }

    private void trustChanged() {
        locks.forgetReported(DiagnosticCode.UNTRUSTED);
        scopes.values().forEach(PeerScope::judge);
    }

    /** Which of a scope's records count was found out. */
    void judged(PeerScope scope) {
        trust.judged(scope.id());
    }

    /** How often trust has changed. */
    int trustTurns() {
        return trust.turns();
    }

    /** Whether what was read of a scope is to be judged again, because trust has changed since. */
    boolean mayCountNow(String scopeId, int trustTurns) {
        return trust.mayCountNow(scopeId, trustTurns);
    }

    /** Whether a write counts, as far as is known here. */
    boolean counts(RecordKey key, Hlc stamp) {
        return trust.counts(key, stamp);
    }

    /** A scope that was closed when the store was mended is mended now. */
    private void mend(String scopeId) {
        Flux.fromIterable(stamps.mendings(scopeId))
                .concatMap(write -> context.writes().write(write))
                .subscribe(
                        unused -> {},
                        error -> context.diagnostics()
                                .report(
                                        DiagnosticCode.CLOCK_AHEAD,
                                        scopeId,
                                        "its records from the future could not be stamped again: "
                                                + error.getMessage()));
    }

    private static byte @Nullable [] payload(PendingWrite write) {
        return write.kind() == WriteKind.DELETE ? null : write.payload();
    }

    @Override
    public void closeScope(String scopeId) {
        locks.closed(scopeId);
        onlyCopies.closing(scopeId);
        PeerScope scope = scopes.remove(scopeId);
        if (scope != null) {
            scope.close();
            neighbours.left(scopeId);
        }
    }

    @Override
    public ScopeStatuses statuses() {
        return statuses;
    }

    /** A refusal that no repetition will change is told on the store. */
    boolean refused(String scopeId, Throwable error) {
        boolean isFinal = error instanceof TransportException transport && transport.isNotAuthorized();
        if (isFinal) {
            ScopeRefusal refusal = new ScopeRefusal(scopeId, 403, String.valueOf(error.getMessage()));
            statuses.refused(refusal);
            refusals.tryEmitNext(refusal);
        }
        return isFinal;
    }

    /** Whether records are merged field by field. */
    boolean mergesByField() {
        return byField;
    }

    /** {@return the entities that are shared} */
    Stream<String> entities() {
        return Stream.of(Set.of(schema.root()), schema.children().keySet(), schema.topLevel())
                .flatMap(Set::stream);
    }

    /** Whether the schema has a record there. */
    boolean isOfScope(String scopeId, RecordKey key) {
        if (WireSchema.isTopLevel(scopeId)) {
            return key.entity().equals(WireSchema.topLevelEntity(scopeId));
        }
        return key.entity().equals(schema.root())
                ? key.id().equals(scopeId)
                : schema.children().containsKey(key.entity());
    }

    boolean isTooFarAhead(Hlc stamp, long now) {
        return stamp.ts() > now + options.maxDrift().toMillis();
    }

    Goodbyes goodbyes() {
        return goodbyes;
    }

    PeerTopics topics() {
        return topics;
    }

    /** This peer announces a scope, and what its root is called if it is told to. */
    String announced(String scopeId) {
        String name = rootName(scopeId);
        neighbours.announced(scopeId, name);
        announcing.said(scopeId);
        return name;
    }

    private String rootName(String scopeId) {
        String field = options.announcedField();
        StoredRecord root = field.isEmpty() || WireSchema.isTopLevel(scopeId)
                ? null
                : replica.get(new RecordKey(scopeId, schema.root(), scopeId));
        JsonNode name = root == null ? null : Json.readObject(root.json()).get(field);
        return name != null && name.isString() ? ForeignText.quoted(name.stringValue()) : "";
    }

    PlainPeers plainPeers() {
        return plainPeers;
    }

    boolean isAnyoneIn(String scopeId) {
        return neighbours.isAnyoneIn(scopeId);
    }

    /** Who does not merge field by field. */
    PlainPeers wholePeers() {
        return wholePeers;
    }

    /** Somebody has said something of which it is proved who said it, and that it is not said again by somebody else. */
    void isThereNow(String scopeId, String peer) {
        neighbours.heard(scopeId, peer);
    }

    boolean isThere(String scopeId, String peer) {
        return neighbours.isThere(scopeId, peer);
    }

    /** When a hello is said, in milliseconds since 1970: another time for each, so that none can be sent again. */
    long saysAt() {
        long now = context.now();
        boolean standsStill = now <= saidAt && saidAt - now < MOST_HELLOS_AT_ONCE; // Else it was set back.
        saidAt = standsStill ? saidAt + 1 : now;
        return saidAt;
    }

    void hear(Hlc stamp) {
        stamps.hear(stamp);
    }

    private void armPruning() {
        pruning.update(context.after(PRUNING_INTERVAL, () -> {
            long now = context.now();
            long deletedBefore = now - options.tombstoneRetention().toMillis();
            long heardSince = now - options.peerMemory().toMillis();
            scopes.values()
                    .forEach(scope -> graves.prune(
                            scope.id(),
                            grave -> grave.deletedAt() < deletedBefore
                                    && !scope.peers().mayHold(grave, heardSince)));
            context.records().flush();
            armPruning();
        }));
    }

    // ---- what changes ----

    private void changed(RecordKey key, @Nullable StoredRecord record) {
        PeerScope scope = scopes.get(key.home());
        if (scope != null) {
            scope.changed(key, record == null);
        }
        listRoot(key, record);
        if (scope != null && scope.isLoaded()) {
            trust.changed(key, record);
        }
    }

    private void published(RecordKey key, boolean heard) {
        PeerScope scope = scopes.get(key.home());
        if (scope != null) {
            scope.safety().published(key, heard);
        }
    }

    @Override
    public Flux<ScopeSafety> safety(String scopeId) {
        return safety(scopeId, SafetyWatch::ofScope);
    }

    @Override
    public Flux<RecordSafety> safety(String scopeId, String entity, String id) {
        return safety(scopeId, watch -> watch.ofRecord(new RecordKey(scopeId, entity, id)));
    }

    /**
     * The mode knows a scope when it was read from disk, which whatever is written in it waits for, too; and not while its key is missing, so that
     * nothing is told then.
     */
    private <T> Flux<T> safety(String scopeId, Function<SafetyWatch, Flux<T>> of) {
        return Flux.defer(() -> openings.asFlux().filter(scopeId::equals).startWith(scopeId))
                .switchMap(opened -> {
                    PeerScope scope = scopes.get(scopeId);
                    return scope == null ? Flux.<T>empty() : of.apply(scope.safety());
                })
                .subscribeOn(context.serial());
    }

    // ---- roots ----

    @Override
    public void watchRoots() {
        rootsWatched = true;
        context.roots().open(SyncContext.ROOTS_KEY);
        listingRoots.update(reads.fillRoots(() -> rootsWatched).subscribe());
    }

    private void listRoot(RecordKey key, @Nullable StoredRecord record) {
        if (!rootsWatched || !key.entity().equals(schema.root())) {
            return;
        }
        if (record != null && context.isOwnRoot(Json.readObject(record.json()))) {
            context.roots()
                    .put(new StoredRecord(key, SyncContext.ROOTS_KEY, record.version(), record.json()), Origin.REMOTE);
        } else if (context.roots().get(key) != null) {
            context.roots().remove(key, Origin.REMOTE);
        }
        context.roots().flush();
    }

    @Override
    public void unwatchRoots() {
        rootsWatched = false;
        listingRoots.update(Disposables.disposed());
        context.roots().drop(SyncContext.ROOTS_KEY);
    }

    // ---- requests ----

    @Override
    public ServerCapabilities capabilities() {
        return ServerCapabilities.OLD;
    }

    @Override
    public boolean heard() {
        return outbox.heard();
    }

    @Override
    public Flux<ScopeRefusal> refusals() {
        return refusals.asFlux();
    }

    @Override
    public Flux<RequestException> unauthenticated() {
        return Flux.never();
    }

    @Override
    public void forget() {
        listingRoots.update(Disposables.disposed()); // What it has read is forgotten, too.
        scopes.values().forEach(PeerScope::forget);
        // Those of closed scopes, too.
        SyncContext.forget(context.roots(), SyncContext.ROOTS_KEY);
        context.roots().flush();
        onlyCopies.forget();
        neighbours.clear();
        plainPeers.clear();
        wholePeers.clear();
        goodbyes.forget();
    }

    @Override
    public WriteSender writes() {
        return writes;
    }

    @Override
    public Mono<Void> compared() {
        return Mono.when(scopes.values().stream().map(PeerScope::compared).toList());
    }

    @Override
    public Mono<ObjectNode> read(String entity, String id, List<String> projection) {
        return reads.read(entity, id, projection);
    }

    @Override
    public Mono<List<ObjectNode>> list(String entity, ListQuery query) {
        return reads.list(entity, query).collectList();
    }

    @Override
    public Mono<List<ObjectNode>> listRoots(ListQuery query, ListQuery own) {
        return list(context.schema().root(), own);
    }

    @Override
    public Flux<ObjectNode> listRoots() {
        return reads.list(schema.root(), ListQuery.all()).filter(context::isOwnRoot);
    }

    @Override
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        return Mono.error(new UnsupportedInModeException(
                ("Peer mode has no requests: there is no server that could answer '%s'. Write records with create,"
                                + " update and delete, and read them with read and list.")
                        .formatted(topic)));
    }

    @Override
    public Mono<Void> loadScope(String scopeId) {
        return Mono.error(new UnsupportedInModeException(
                ("Peer mode cannot load scope '%s': there is no server whose list would say when all of it is there."
                                + " Open the scope; what other peers hold streams in.")
                        .formatted(scopeId)));
    }

    @Override
    public Mono<Void> clearScope(String scopeId) {
        // Nothing is forgotten: what is held here may be the only copy.
        return onScope(scopeId, scope -> Mono.fromRunnable(scope::compare));
    }

    @Override
    public boolean mayHoldTheOnlyCopy() {
        return true;
    }

    @Override
    public Mono<OnlyCopy> onlyCopy(boolean unsentToo) {
        return onlyCopies.find(unsentToo);
    }

    private OnlyCopies.@Nullable Here here(String scopeId) {
        PeerScope open = scopes.get(scopeId);
        return open == null || !open.isLoaded() ? null : open.here();
    }

    private Mono<Void> onScope(String scopeId, Function<PeerScope, Mono<Void>> action) {
        return Mono.defer(() -> {
                    PeerScope scope = scopes.get(scopeId);
                    return scope == null ? Mono.error(SyncContext.notOpen(scopeId)) : action.apply(scope);
                })
                .subscribeOn(context.serial());
    }

    @Override
    public void close() {
        onlyCopies.end();
        List.copyOf(scopes.keySet()).forEach(this::closeScope);
        openings.tryEmitComplete();
        unwatchRoots();
        pruning.dispose();
        neighbours.close();
        announcing.close();
        locks.close();
        trust.close();
        refusals.tryEmitComplete();
    }

    // ---- beyond what both modes have ----

    Flux<List<PresentPeer>> presence(String scopeId) {
        return neighbours.presence(scopeId);
    }

    Flux<List<String>> announcedScopes() {
        return neighbours.scopes();
    }

    Flux<List<AnnouncedRoot>> announcedRoots() {
        return neighbours.roots();
    }

    Mono<Integer> restamp() {
        return Mono.defer(() -> Flux.concat(stamps.restampings(scopes.keySet()).stream()
                                .map(write -> context.writes().write(write))
                                .toList())
                        .count()
                        .map(Long::intValue))
                .subscribeOn(context.serial());
    }

    // ---- what scopes need ----

    SyncContext context() {
        return context;
    }

    PeerSettings options() {
        return options;
    }

    /** {@return whether this peer does digests, answers and greets} */
    boolean answers() {
        return answers;
    }

    Replica replica() {
        return replica;
    }

    Graves graves() {
        return graves;
    }

    Outbox outbox() {
        return outbox;
    }

    Signatures signatures() {
        return signatures;
    }
}
