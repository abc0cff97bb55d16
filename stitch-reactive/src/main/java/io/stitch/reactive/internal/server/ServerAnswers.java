package io.stitch.reactive.internal.server;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** Takes what a server answers to writes, and to questions about them, as its state of the records. On the worker. */
final class ServerAnswers {
    /** For what is the state of the record at this time, whatever was heard before. */
    static final long NOW = Long.MAX_VALUE;

    private final ServerContext server;
    private final SyncContext context;
    private final Feeds feeds;
    private final ScopeKeys scopeKeys;

    ServerAnswers(ServerContext server, Feeds feeds) {
        this.server = server;
        this.context = server.store();
        this.feeds = feeds;
        this.scopeKeys = new ScopeKeys(context.schema());
    }

    /** Takes what the server answered to a write as its state of the record. */
    ObjectNode written(String entity, Reply.Ok answer) {
        if (!(answer.data() instanceof ObjectNode data) || !data.path("id").isString()) {
            throw new RequestException(
                    Kind.UNEXPECTED_REPLY,
                    0,
                    "The server confirmed a write of a %s without its record.".formatted(entity));
        }
        String id = data.path("id").stringValue();
        String key = scopeKeys.of(entity, id, data);
        long version = data.path("_version").asLong(ChangeEvent.NO_VERSION);
        FeedSync feed = feeds.get(key);
        RecordKey record = new RecordKey(entity, id);
        ChangeEvent change = change(
                feed,
                record,
                answer.json(),
                version,
                Json.number(data.path(server.options().rootUpdatedAtField())));
        if (feed != null) {
            feed.confirmed(change, NOW);
        } else {
            writtenElsewhere(new StoredRecord(record, key, version, answer.json()));
        }
        feeds.listAnswered(change, NOW);
        return data;
    }

    /** What was answered, as if it were an event. */
    private static ChangeEvent change(
            @Nullable FeedSync feed, RecordKey key, byte @Nullable [] json, long version, double updatedAt) {
        return new ChangeEvent(
                feed == null ? null : feed.feed().scopeId(),
                key.entity(),
                key.id(),
                json == null ? Operation.DELETE : Operation.UPDATE,
                json,
                version,
                updatedAt,
                false,
                false,
                false);
    }

    /** Writes outlive their scope, and those that follow are settled against what those before them left behind. */
    private void writtenElsewhere(StoredRecord answer) {
        StoredRecord known = context.records().server(answer.key());
        boolean news = known == null
                ? context.records().pending().has(answer.key())
                : answer.version() >= known.version() || !server.capabilities().replays();
        if (news) {
            context.records().put(answer, Origin.LOCAL);
            server.flush();
        }
    }

    /** Reads the record of a write and takes the answer as the server's state of it. Cold. */
    Mono<ObjectNode> read(PendingWrite write) {
        RecordKey key = write.key();
        FeedSync feed = feeds.get(write.scope());
        Mono<ListWalk.Listed> answer = feed == null
                ? server.walk().read(key.entity(), key.id()).doOnNext(listed -> seen(key, listed))
                : feed.read(key);
        return answer.doOnNext(listed ->
                        feeds.listAnswered(change(feed, key, listed.json(), listed.version(), Double.NaN), NOW))
                .map(listed -> Json.readObject(listed.json()));
    }

    private void seen(RecordKey key, ListWalk.Listed listed) {
        StoredRecord known = context.records().server(key);
        if (known == null
                || listed.version() >= known.version()
                || !server.capabilities().replays()) {
            String scope = scopeKeys.of(key.entity(), key.id(), Json.readObject(listed.json()));
            context.records().put(new StoredRecord(key, scope, listed.version(), listed.json()), Origin.REMOTE);
            server.flush();
        }
    }

    /** Whether a scope is open, so that it will be known on each connection which counting of its events the server is in. */
    boolean counts(String scope) {
        return feeds.get(scope) != null
                && server.capabilities().has(ServerCapabilities.EVENT_COUNT)
                && server.capabilities().has(ServerCapabilities.ANSWERS);
    }

    /** {@return which counting of a scope's events the server is in, which a restart of it ends, or {@code null} if that is not known on this connection} */
    @Nullable
    String epoch(String scope) {
        FeedSync feed = feeds.get(scope);
        return feed == null ? null : feed.epoch();
    }

    /** {@return whether the server is known to have, or to have had, a later version of a record} */
    boolean holdsNewer(RecordKey key, long version) {
        StoredRecord known = context.records().server(key);
        return known != null && known.version() > version;
    }

    /**
     * Takes that the server has no such record any more.
     *
     * @param known the version of the record when the request was sent that was answered so: what was deleted since, and is there, was created
     *     after that; {@link #NOW} if it was read just now
     */
    void gone(RecordKey key, Origin origin, long known) {
        StoredRecord local = context.records().server(key);
        FeedSync feed = local == null ? null : feeds.get(local.scope());
        ChangeEvent change = change(feed, key, null, ChangeEvent.NO_VERSION, Double.NaN);
        if (feed != null) {
            feed.confirmed(change, known);
        } else {
            context.records().remove(key, origin);
            server.flush();
        }
        feeds.listAnswered(change, known);
    }
}
