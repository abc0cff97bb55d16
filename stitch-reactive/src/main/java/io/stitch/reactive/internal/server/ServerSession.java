package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.connection.ConnectionSupervisor;
import io.stitch.reactive.internal.mode.HelloPauses;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.server.Feed.Source;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Decoder;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/** Server mode at work: one per store, over one connection after another. */
final class ServerSession implements SyncSession {
    private final ServerSync options;
    private final SyncContext context;
    private final WireSchema schema;
    private final Topics topics;
    private final ScopeKeys scopeKeys;
    private final RequestChannel channel;
    private final ListWalk walk;
    private final ServerWrites writes;
    private final LocalReads local;
    private final ServerReads reads;
    private final Map<String, FeedSync> feeds = new LinkedHashMap<>();
    private final FeedLink link;
    private final HelloPauses helloPauses;
    private final Sinks.Many<ScopeRefusal> refusals = Sinks.many().multicast().directBestEffort();
    private @Nullable FeedSync roots;
    private final Disposable.Swap listingRoots = Disposables.swap();
    private volatile @Nullable Decoder decoder;
    private volatile ServerCapabilities capabilities = ServerCapabilities.OLD;

    ServerSession(ServerSync options, SyncContext context) {
        this.options = options;
        this.context = context;
        this.schema = context.schema();
        this.topics = context.topics();
        this.scopeKeys = new ScopeKeys(schema);
        String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX) + '-';
        this.channel = new RequestChannel(
                context.serial(),
                context.clock(),
                topics,
                context.client(),
                run,
                options.requestTimeout(),
                context.diagnostics(),
                context.observer());
        this.walk = new ListWalk(channel, topics, context.serial(), context.diagnostics());
        this.local = new LocalReads(context, () -> List.copyOf(feeds.keySet()));
        this.link = new FeedLink(context);
        this.helloPauses = new HelloPauses(context);
        this.reads = new ServerReads(context, channel, walk, local);
        this.writes = new ServerWrites(this, channel, new ServerAnswers(this, context));
        for (String entity : schema.topLevel()) {
            open(new Feed(
                    ScopeKeys.topLevel(entity),
                    null,
                    List.of(topics.topLevelFilter(entity, options.topLevelEvents(entity))),
                    () -> List.of(Source.list(entity, null, null)),
                    context.records()));
        }
    }

    @Override
    public Mono<Void> connected(MqttConnection newConnection) {
        link.connected(newConnection);
        decoder = new Decoder(topics, schema, context.clientId(), options.trustedSender(), options.maxMessageBytes());
        capabilities = ConnectionSupervisor.capabilities(newConnection.info());
        int limit = capabilities.replays() ? options.requestsInFlight() : options.requestsInFlightOldServer();
        int receiveMaximum = newConnection.info().receiveMaximum();
        return newConnection
                .subscribe(List.of(topics.inbox(context.clientId())))
                .publishOn(context.serial())
                .then(Mono.fromRunnable(() -> {
                    channel.connected(newConnection, Math.min(limit, receiveMaximum));
                    feeds.values().forEach(FeedSync::connected);
                    if (roots != null) {
                        roots.connected();
                    }
                }));
    }

    @Override
    public void disconnected() {
        link.disconnected();
        channel.disconnected();
        feeds.values().forEach(FeedSync::disconnected);
        if (roots != null) {
            roots.disconnected();
        }
    }

    @Override
    public Inbound decode(InboundMessage message) {
        return Objects.requireNonNull(decoder, "nothing is decoded before a connection was taken over")
                .decode(
                        message.topic(),
                        message.payload(),
                        message.retain(),
                        name -> UserProperty.find(message.userProperties(), name));
    }

    @Override
    public void received(Inbound inbound) {
        link.received();
        if (inbound instanceof Inbound.Event arrived) {
            route(arrived.event());
        } else if (inbound instanceof Inbound.Response response) {
            channel.received(response.requestId(), response.reply());
        } else if (inbound instanceof Inbound.ScopeRefused refused) {
            helloRefused(refused);
        } else if (inbound instanceof Inbound.Dropped dropped) {
            context.diagnostics().report(dropped.code(), dropped.topic(), dropped.detail());
        }
    }

    private void route(ChangeEvent event) {
        String scopeId = event.scopeId();
        FeedSync feed = feeds.get(scopeId == null ? ScopeKeys.topLevel(event.entity()) : scopeId);
        boolean forRoots = roots != null && event.entity().equals(schema.root());
        if (feed != null) {
            feed.received(event);
        }
        if (forRoots && roots != null) {
            listRoot(event, roots::received);
        }
        if (feed == null && !forRoots) {
            context.diagnostics()
                    .report(
                            DiagnosticCode.SCOPE_NOT_OPEN,
                            scopeId == null ? event.entity() : scopeId,
                            "an event of %s/%s came for a scope that is not open"
                                    .formatted(event.entity(), event.id()));
        }
    }

    /** The filter of roots brings those of all owners; only the user's own are listed, and one that was given away leaves. */
    private void listRoot(ChangeEvent event, Consumer<ChangeEvent> list) {
        byte[] json = event.json();
        boolean ofAnother = context.ownerField() != null
                && json != null
                && event.operation() != Operation.DELETE
                && !context.isOwnRoot(Json.read(json));
        if (!ofAnother) {
            list.accept(event);
        } else if (context.roots().get(new RecordKey(event.entity(), event.id())) != null) {
            list.accept(event.asDelete());
        }
    }

    /** What was answered to a write is listed before that is settled: a root must not leave the list until its event comes. */
    void listAnswered(ChangeEvent answer) {
        if (roots != null && answer.entity().equals(schema.root())) {
            listRoot(answer, roots::confirmed);
        }
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
        refusals.tryEmitNext(new ScopeRefusal(refused.scopeId(), refused.code(), refused.message()));
    }

    @Override
    public void openScope(String scopeId) {
        List<Source> sources = new ArrayList<>();
        sources.add(Source.record(schema.root(), scopeId));
        schema.children().forEach((entity, field) -> sources.add(Source.list(entity, field, scopeId)));
        FeedSync feed =
                open(new Feed(scopeId, scopeId, topics.scopeFilters(scopeId), () -> sources, context.records()));
        if (link.isConnected()) {
            feed.connected();
        }
    }

    private FeedSync open(Feed feed) {
        return feeds.computeIfAbsent(feed.key(), key -> new FeedSync(feed, this));
    }

    @Override
    public void closeScope(String scopeId) {
        FeedSync feed = feeds.remove(scopeId);
        if (feed != null) {
            feed.close();
        }
    }

    @Override
    public void watchRoots() {
        FeedSync feed = new FeedSync(
                new Feed(
                        SyncContext.ROOTS_KEY,
                        null,
                        List.of(topics.rootsFilter()),
                        () -> List.of(rootsSource()),
                        context.roots()),
                this);
        roots = feed;
        if (link.isConnected()) {
            feed.connected();
        } else if (local.keepsRecords()) {
            // Until the server is asked, what is kept is the best answer there is; then its list is.
            listingRoots.update(local.fillRoots(() -> !link.isConnected()).subscribe());
        }
    }

    @Override
    public void unwatchRoots() {
        listingRoots.update(Disposables.disposed());
        if (roots != null) {
            roots.close();
            roots = null;
        }
    }

    private Source rootsSource() {
        String user = context.user().get().orElse(null);
        return Source.list(schema.root(), user == null ? null : context.ownerField(), user);
    }

    @Override
    public ServerCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public boolean heard() {
        return link.heard();
    }

    @Override
    public Flux<ScopeRefusal> refusals() {
        return refusals.asFlux();
    }

    @Override
    public Flux<RequestException> unauthenticated() {
        return channel.unauthenticated();
    }

    @Override
    public void forget() {
        feeds.values().forEach(FeedSync::forget);
        if (roots != null) {
            roots.forget();
        }
    }

    @Override
    public WriteSender writes() {
        return writes;
    }

    @Override
    public Mono<Void> compared() {
        return Mono.when(feeds.values().stream().map(FeedSync::compared).toList());
    }

    @Nullable
    FeedSync feed(String key) {
        return feeds.get(key);
    }

    /** The scope that a record which was read belongs to now. */
    String scopeOf(Feed feed, String entity, ListWalk.Listed listed) {
        return feed.scopeId() == null ? feed.key() : scopeKeys.of(entity, listed.id(), Json.readObject(listed.json()));
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
    public Mono<JsonNode> request(String topic, JsonNode payload) {
        return channel.send(topics.prefix() + '/' + topic, Json.write(payload)).map(Reply.Ok::data);
    }

    @Override
    public Mono<Void> loadScope(String scopeId) {
        return onFeed(scopeId, FeedSync::load);
    }

    @Override
    public Mono<Void> clearScope(String scopeId) {
        return onFeed(scopeId, feed -> Mono.fromRunnable(feed::clear));
    }

    private Mono<Void> onFeed(String scopeId, Function<FeedSync, Mono<Void>> action) {
        return Mono.defer(() -> {
                    FeedSync feed = feeds.get(scopeId);
                    return feed == null ? Mono.error(SyncContext.notOpen(scopeId)) : action.apply(feed);
                })
                .subscribeOn(context.serial());
    }

    @Override
    public void close() {
        List.copyOf(feeds.keySet()).forEach(this::closeScope);
        unwatchRoots();
        helloPauses.close();
        channel.disconnected();
        refusals.tryEmitComplete();
    }

    // ---- what feeds and writes need ----

    SyncContext context() {
        return context;
    }

    Topics topics() {
        return topics;
    }

    WireSchema schema() {
        return schema;
    }

    ServerSync options() {
        return options;
    }

    Diagnostics diagnostics() {
        return context.diagnostics();
    }

    FeedLink link() {
        return link;
    }

    HelloPauses helloPauses() {
        return helloPauses;
    }

    ListWalk walk() {
        return walk;
    }

    long now() {
        return context.now();
    }

    /** {@return whether it is a refusal that no repetition will change} Of a scope, the application hears of it. */
    boolean refuse(Feed feed, Throwable error) {
        boolean isFinal = isFinal(error);
        String scopeId = feed.scopeId();
        if (isFinal && scopeId != null) {
            int code = error instanceof RequestException request ? request.code() : 403;
            refusals.tryEmitNext(new ScopeRefusal(scopeId, code, String.valueOf(error.getMessage())));
        }
        return isFinal;
    }

    private static boolean isFinal(Throwable error) {
        if (error instanceof RequestException request) {
            return request.code() == 401 || request.code() == 403;
        }
        return error instanceof TransportException transport && transport.isNotAuthorized();
    }

    static boolean isForbidden(Throwable error) {
        return error instanceof RequestException request && request.code() == 403;
    }

    RequestException notConnected() {
        return new RequestException(
                Kind.NOT_CONNECTED, 0, "The store is not connected. Watch connection() and try again.");
    }

    void flush() {
        context.flush();
    }
}
