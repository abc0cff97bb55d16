package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.EventCount;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** The feeds that are open, the live list of roots among them, and which of them an event belongs to. On the worker. */
final class Feeds {
    private final ServerContext server;
    private final SyncContext store;
    private final Map<String, FeedSync> open = new LinkedHashMap<>();
    private @Nullable FeedSync roots;

    Feeds(ServerContext server) {
        this.server = server;
        this.store = server.store();
    }

    FeedSync open(Feed feed) {
        return open.computeIfAbsent(feed.key(), key -> new FeedSync(feed, server));
    }

    @Nullable
    FeedSync get(String key) {
        return open.get(key);
    }

    List<String> keys() {
        return List.copyOf(open.keySet());
    }

    void close(String key) {
        FeedSync feed = open.remove(key);
        if (feed != null) {
            feed.close();
        }
    }

    void closeAll() {
        keys().forEach(this::close);
        closeRoots();
    }

    FeedSync openRoots(Feed feed) {
        FeedSync opened = new FeedSync(feed, server);
        roots = opened;
        return opened;
    }

    void closeRoots() {
        if (roots != null) {
            roots.close();
            roots = null;
        }
    }

    /** The connection may end before all are compared: those come first that have waited longest. */
    void connected() {
        List<FeedSync> all = new ArrayList<>(open.values());
        if (roots != null) {
            all.add(roots);
        }
        all.sort(Comparator.comparingLong(FeedSync::lastCompared));
        all.forEach(FeedSync::connected);
    }

    void disconnected() {
        each(FeedSync::disconnected);
    }

    void forget() {
        each(FeedSync::forget);
    }

    void askAgain() {
        each(FeedSync::askAgain);
    }

    private void each(Consumer<FeedSync> action) {
        open.values().forEach(action);
        if (roots != null) {
            action.accept(roots);
        }
    }

    /** Completes when each was compared on this connection, or could not be. */
    Mono<Void> compared() {
        return Mono.when(open.values().stream().map(FeedSync::compared).toList());
    }

    void received(ChangeEvent event, @Nullable EventCount count) {
        String scopeId = event.scopeId();
        boolean expired = scopeId == null && isOfScope(event.entity());
        FeedSync feed = expired
                ? holding(new RecordKey(event.entity(), event.id()))
                : open.get(scopeId == null ? WireSchema.topLevelKey(event.entity()) : scopeId);
        boolean forRoots =
                roots != null && event.entity().equals(server.schema().root());
        if (feed != null && feed.isRefused() && store.ownerField() != null && isOnesOwn(event)) {
            feed.askAgain();
        } else if (feed != null) {
            feed.arrived(event, count);
        }
        if (forRoots && roots != null) {
            listRoot(event, roots::received);
        }
        if (feed == null && !forRoots && !expired) {
            server.diagnostics()
                    .report(
                            DiagnosticCode.SCOPE_NOT_OPEN,
                            scopeId == null ? event.entity() : scopeId,
                            "an event of %s/%s came for a scope that is not open"
                                    .formatted(event.entity(), event.id()));
        }
    }

    /** What came on a topic was not taken. A request that was answered there is in doubt when its time is over. */
    void missed(String topic) {
        String events = store.topics().prefix() + '/';
        String inbox = store.topics().responsePrefix() + '/' + store.clientId() + '/';
        if (topic.startsWith(inbox)) {
            String rest = topic.substring(inbox.length());
            if (rest.startsWith(Topics.REPLAY_INBOX)) {
                missedEvent(rest.substring(Topics.REPLAY_INBOX.length()));
            } else if (rest.startsWith(Topics.HELLO_INBOX)) {
                compareAgain(open.get(rest.substring(Topics.HELLO_INBOX.length())));
            }
        } else if (topic.startsWith(events)) {
            missedEvent(topic.substring(events.length()));
        } else if (topic.equals(InboundMessage.ANY_TOPIC)) {
            each(FeedSync::compareAgain);
        }
    }

    private void missedEvent(String path) {
        String[] levels = path.split("/", -1);
        String root = server.schema().root();
        if (levels[0].startsWith("_")) {
            return; // Who is connected: no entity's name begins so.
        }
        if (levels.length > 2 && levels[0].equals(root) && !levels[1].equals("events")) {
            compareAgain(open.get(levels[1]));
            if (levels[2].equals("events")) {
                compareAgain(roots);
            }
        } else if (server.schema().topLevel().contains(levels[0])) {
            compareAgain(open.get(WireSchema.topLevelKey(levels[0])));
        } else { // What expired, or one of the user's events: it does not say of which scope.
            each(FeedSync::compareAgain);
        }
    }

    private static void compareAgain(@Nullable FeedSync feed) {
        if (feed != null) {
            feed.compareAgain();
        }
    }

    private boolean isOfScope(String entity) {
        return entity.equals(server.schema().root())
                || server.schema().children().containsKey(entity);
    }

    /** The scope that holds a record, if that is open: a server does not say in which one something has expired. */
    private @Nullable FeedSync holding(RecordKey key) {
        StoredRecord held = store.records().server(key);
        return held == null ? null : open.get(held.scope());
    }

    /** Takes an event that the server sent to this user alone: most are of scopes that are not open, and nobody misses those. */
    void received(Inbound.UserEvent personal) {
        ChangeEvent event = placed(personal.event());
        String scopeId = event.scopeId();
        boolean child = server.schema().children().containsKey(event.entity());
        FeedSync feed = child && scopeId == null
                ? null
                : open.get(scopeId == null ? WireSchema.topLevelKey(event.entity()) : scopeId);
        if (feed != null && feed.isRefused() && isOnesOwn(event)) {
            feed.askAgain();
        } else if (feed != null && !feed.isRefused()) {
            boolean same = Objects.equals(scopeId, personal.event().scopeId());
            feed.arrived(event, same ? personal.count() : null);
        }
        if (roots != null && event.entity().equals(server.schema().root())) {
            listRoot(event, roots::received);
        }
    }

    /** Whether a root is the user's, or was given to them just now: then so is what is in it, though it was refused before. */
    private boolean isOnesOwn(ChangeEvent event) {
        byte[] json = event.json();
        return json != null
                && event.operation() != Operation.DELETE
                && event.entity().equals(server.schema().root())
                && server.isListedRoot(event.id(), Json.readObject(json));
    }

    /**
     * The events of a user come on one topic for all scopes, so that the record says where it is. One that is held elsewhere leaves there: by
     * its delete, and by what moves it to a scope that is not open.
     */
    private ChangeEvent placed(ChangeEvent event) {
        StoredRecord held = store.records().server(new RecordKey(event.entity(), event.id()));
        if (held == null
                || held.scope().equals(event.scopeId())
                || !server.schema().children().containsKey(event.entity())) {
            return event;
        }
        if (event.operation() == Operation.DELETE) {
            return event.in(held.scope());
        }
        String now = event.scopeId();
        return now != null && open.containsKey(now) ? event : event.asDelete().in(held.scope());
    }

    /** Something is shared with the user, or is not any more: what may be listed or opened is asked for again. */
    void sharesChanged(@Nullable String scopeId) {
        server.sharedRoots().askAgain();
        if (roots != null) {
            roots.compareAgain();
        }
        FeedSync feed = scopeId == null ? null : open.get(scopeId);
        if (feed != null) {
            feed.compareAgain();
            feed.askAgain();
        }
    }

    /** What was answered to a write is listed before that is settled: a root must not leave the list until its event comes. */
    void listAnswered(ChangeEvent answer, long known) {
        FeedSync listed = roots;
        if (listed != null && answer.entity().equals(server.schema().root())) {
            listRoot(answer, event -> listed.confirmed(event, known));
        }
    }

    /** The filter of roots brings those of all owners; the user's own are listed and what is shared with them, and one that was given away leaves. */
    private void listRoot(ChangeEvent event, Consumer<ChangeEvent> list) {
        byte[] json = event.json();
        boolean ofAnother = store.ownerField() != null
                && json != null
                && event.operation() != Operation.DELETE
                && !server.isListedRoot(event.id(), Json.readObject(json));
        if (!ofAnother) {
            list.accept(event);
        } else if (store.roots().get(new RecordKey(event.entity(), event.id())) != null) {
            list.accept(event.asDelete());
        }
    }
}
