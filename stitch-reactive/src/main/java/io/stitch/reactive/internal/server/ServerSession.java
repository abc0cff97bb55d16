package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.internal.OnlyCopy;
import io.stitch.reactive.internal.connection.ConnectionSupervisor;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.People;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.ScopeStatuses;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.people.Presence;
import io.stitch.reactive.internal.people.ServerPeople;
import io.stitch.reactive.internal.people.UserEvents;
import io.stitch.reactive.internal.server.Feed.Source;
import io.stitch.reactive.internal.wire.Decoder;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/** Server mode at work: one per store, over one connection after another. */
final class ServerSession implements SyncSession {
    private final SyncContext context;
    private final ServerContext server;
    private final Feeds feeds;
    private final ServerWrites writes;
    private final LocalReads local;
    private final ServerReads reads;
    private final Presence presence;
    private final ServerPeople people;
    private final Disposable.Swap listingRoots = Disposables.swap();
    private volatile @Nullable Decoder decoder;

    ServerSession(ServerSync options, SyncContext context) {
        this.context = context;
        this.server = new ServerContext(options, context);
        this.feeds = new Feeds(server);
        this.local = new LocalReads(context, feeds::keys);
        this.reads = new ServerReads(server, local);
        this.presence = new Presence(context);
        this.people = new ServerPeople(context.topics(), server.channel()::send, presence, server.sharedRoots());
        this.writes = new ServerWrites(server, new ServerAnswers(server, feeds));
        for (String entity : context.schema().topLevel()) {
            server.statuses().opening(WireSchema.topLevelKey(entity));
            feeds.open(new Feed(
                    WireSchema.topLevelKey(entity),
                    null,
                    List.of(context.topics().topLevelFilter(entity, options.topLevelEvents(entity))),
                    () -> List.of(Source.list(entity, null, null)),
                    context.records()));
        }
    }

    @Override
    public Mono<Void> connected(MqttConnection connection) {
        ServerSync options = server.options();
        String user = options.perUserEvents() ? UserEvents.user(context) : null;
        server.link().connecting();
        decoder = new Decoder(
                context.topics(),
                context.schema(),
                context.clientId(),
                user,
                options.trustedSender(),
                options.maxMessageBytes(),
                options.rootUpdatedAtField());
        server.capabilities(ConnectionSupervisor.capabilities(connection.info()));
        writes.connected();
        int limit = server.capabilities().replays() ? options.requestsInFlight() : options.requestsInFlightOldServer();
        int inFlight = Math.min(limit, connection.info().receiveMaximum());
        return Mono.when(
                        connection.subscribe(List.of(context.topics().inbox(context.clientId()))), expiries(connection))
                .then(user == null ? Mono.empty() : UserEvents.subscribe(context, connection, user))
                .publishOn(context.serial())
                .then(Mono.fromRunnable(() -> {
                    server.sharedRoots().askAgain();
                    // Not before: a scope that is opened until then begins with all the others, and once.
                    server.link().connected(connection);
                    server.channel().connected(connection, inFlight);
                    feeds.connected();
                    presence.connected(connection);
                }));
    }

    /** An old server says that a record has expired outside its scope's topics. Without that it is seen at the next comparison. */
    private Mono<Void> expiries(MqttConnection connection) {
        WireSchema schema = context.schema();
        if (server.capabilities().replays()) {
            return Mono.empty();
        }
        List<String> filters = Stream.concat(Stream.of(schema.root()), schema.children().keySet().stream())
                .map(context.topics()::unscopedFilter)
                .toList();
        return connection.subscribe(filters).onErrorResume(refused -> {
            context.diagnostics()
                    .report(
                            DiagnosticCode.COMPARE_FAILED,
                            filters.get(0),
                            "records that expire are noticed at the next comparison only: " + refused.getMessage());
            return Mono.empty();
        });
    }

    @Override
    public void disconnected() {
        server.link().disconnected();
        server.channel().disconnected();
        feeds.disconnected();
        presence.disconnected();
    }

    @Override
    public Inbound decode(InboundMessage message) {
        return Objects.requireNonNull(decoder, "nothing is decoded before a connection was taken over")
                .decode(message);
    }

    @Override
    public void received(Inbound inbound) {
        server.link().received();
        if (inbound instanceof Inbound.Event arrived) {
            feeds.received(arrived.event(), arrived.count());
        } else if (inbound instanceof Inbound.UserEvent personal) {
            feeds.received(personal);
        } else if (inbound instanceof Inbound.SharesChanged shares) {
            feeds.sharesChanged(shares.scopeId());
        } else if (inbound instanceof Inbound.Response response) {
            server.channel().received(response.requestId(), response.reply());
        } else if (inbound instanceof Inbound.ScopeRefused refused) {
            helloRefused(refused);
        } else if (inbound instanceof Inbound.HelloAnswered answered) {
            FeedSync feed = feeds.get(answered.scopeId());
            if (feed != null) { // Else it was closed meanwhile, and nobody waits for this.
                feed.answered(answered.answer());
            }
        } else if (inbound instanceof Inbound.Presence said) {
            presence.heard(said);
        } else if (inbound instanceof Inbound.Dropped dropped) {
            context.diagnostics().report(dropped.code(), dropped.topic(), dropped.detail());
        }
    }

    @Override
    public void missed(String topic) {
        feeds.missed(topic);
        presence.missed(topic);
    }

    private void helloRefused(Inbound.ScopeRefused refused) {
        FeedSync feed = feeds.get(refused.scopeId());
        if (feed == null) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.SCOPE_NOT_OPEN,
                            refused.scopeId(),
                            "a hello was refused after the scope was closed");
            return;
        }
        feed.helloRefused(refused.code(), refused.message());
    }

    @Override
    public void openScope(String scopeId) {
        WireSchema schema = context.schema();
        List<Source> sources = new ArrayList<>();
        sources.add(Source.record(schema.root(), scopeId));
        schema.children().forEach((entity, field) -> sources.add(Source.list(entity, field, scopeId)));
        FeedSync feed = feeds.open(
                new Feed(scopeId, scopeId, context.topics().scopeFilters(scopeId), () -> sources, context.records()));
        if (server.link().isConnected()) {
            feed.connected();
        } else {
            server.statuses().offline(scopeId);
        }
    }

    @Override
    public void restored() {
        if (!server.link().isConnected()) {
            context.schema().topLevel().forEach(entity -> server.statuses().offline(WireSchema.topLevelKey(entity)));
        }
    }

    @Override
    public ScopeStatuses statuses() {
        return server.statuses();
    }

    @Override
    public void openedAnew(String scopeId) {
        FeedSync feed = feeds.get(scopeId);
        if (feed != null) {
            feed.askAgain();
        }
    }

    @Override
    public void loggingIn() {
        feeds.askAgain();
    }

    @Override
    public void closeScope(String scopeId) {
        feeds.close(scopeId);
    }

    @Override
    public void watchRoots() {
        FeedSync feed = feeds.openRoots(new Feed(
                SyncContext.ROOTS_KEY,
                null,
                List.of(context.topics().rootsFilter()),
                () -> server.sharedRoots().isKnown()
                        ? List.of(rootsSource(), Source.shared(context.schema().root()))
                        : List.of(rootsSource()),
                context.roots()));
        if (server.link().isConnected()) {
            feed.connected();
        } else if (local.keepsRecords()) {
            // Until the server is asked, what is kept is the best answer there is; then its list is.
            listingRoots.update(
                    local.fillRoots(() -> !server.link().isConnected()).subscribe());
        }
    }

    @Override
    public void unwatchRoots() {
        listingRoots.update(Disposables.disposed());
        feeds.closeRoots();
    }

    private Source rootsSource() {
        String user = context.user().get().orElse(null);
        return Source.list(context.schema().root(), user == null ? null : context.ownerField(), user);
    }

    @Override
    public ServerCapabilities capabilities() {
        return server.capabilities();
    }

    @Override
    public boolean heard() {
        return server.link().heard();
    }

    @Override
    public Flux<ScopeRefusal> refusals() {
        return server.refusals();
    }

    @Override
    public Flux<RequestException> unauthenticated() {
        return server.channel().unauthenticated();
    }

    @Override
    public void forget() {
        listingRoots.update(Disposables.disposed()); // What it has read is forgotten, too.
        server.sharedRoots().forget();
        feeds.forget();
    }

    @Override
    public WriteSender writes() {
        return writes;
    }

    @Override
    public Mono<Void> compared() {
        return feeds.compared();
    }

    @Override
    public Mono<ObjectNode> read(String entity, String id, List<String> projection) {
        return reads.read(entity, id, projection);
    }

    @Override
    public Mono<List<ObjectNode>> list(String entity, ListQuery query) {
        return reads.list(entity, query);
    }

    @Override
    public Flux<ObjectNode> listRoots() {
        return reads.roots(rootsSource());
    }

    @Override
    public Mono<List<ObjectNode>> listRoots(ListQuery query, ListQuery own) {
        return reads.roots(query, own);
    }

    @Override
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        return server.channel()
                .send(context.topics().prefix() + '/' + topic, Json.write(payload))
                .map(Reply.Ok::data);
    }

    @Override
    public People people() {
        return people;
    }

    @Override
    public Mono<Void> loadScope(String scopeId) {
        return onFeed(scopeId, FeedSync::load);
    }

    @Override
    public Mono<Void> clearScope(String scopeId) {
        return onFeed(
                scopeId,
                feed -> server.link().isConnected()
                        ? Mono.fromRunnable(feed::clear)
                        // It is all there is until the server can be asked.
                        : Mono.error(server.notConnected()));
    }

    private Mono<Void> onFeed(String scopeId, Function<FeedSync, Mono<Void>> action) {
        return Mono.defer(() -> {
                    FeedSync feed = feeds.get(scopeId);
                    return feed == null ? Mono.error(SyncContext.notOpen(scopeId)) : action.apply(feed);
                })
                .subscribeOn(context.serial());
    }

    @Override
    public Flux<ScopeSafety> safety(String scopeId) {
        return context.writes().counts().in(scopeId).map(ScopeSafety::byServer);
    }

    @Override
    public Flux<RecordSafety> safety(String scopeId, String entity, String id) {
        RecordKey key = context.records().scopeKeys().key(scopeId, entity, id);
        return context.writes()
                .counts()
                .following(
                        Flux.empty(),
                        Duration.ZERO,
                        () -> RecordSafety.byServer(context.records().pending().has(key, scopeId)));
    }

    @Override
    public void close() {
        if (!context.persistence().keepsRecords()) {
            List<OnlyCopy> unsent = new ArrayList<>();
            context.writes()
                    .counts()
                    .ofEverybody(true)
                    .forEach((scope, writes) -> unsent.add(new OnlyCopy(scope, writes)));
            OnlyCopy.endsWith(context.diagnostics(), context.clientId(), unsent);
        }
        unwatchRoots();
        presence.close();
        feeds.closeAll();
        server.close();
    }
}
