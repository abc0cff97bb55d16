package io.stitch.reactive.internal.server;

import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.ScopeStatuses;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.people.SharedRoots;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.TransportException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

import java.util.concurrent.ThreadLocalRandom;

/**
 * What all parts of server mode share: the store, the options, the way to the server, and what the server last said of itself. It knows
 * none of the parts. On the worker.
 */
final class ServerContext {
    private final ServerSync options;
    private final SyncContext store;
    private final RequestChannel channel;
    private final ListWalk walk;
    private final FeedLink link;
    private final FeedListing.Turns listingTurns;
    private final HelloBucket hellos;
    private final SharedRoots sharedRoots;
    private final ScopeStatuses statuses;
    private final Sinks.Many<ScopeRefusal> refusals = Sinks.many().multicast().directBestEffort();
    private volatile ServerCapabilities capabilities = ServerCapabilities.OLD;
    private boolean foundToCompare;

    ServerContext(ServerSync options, SyncContext store) {
        this.options = options;
        this.store = store;
        String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX) + '-';
        this.channel = new RequestChannel(
                store.serial(),
                store.clock(),
                store.topics(),
                store.client(),
                run,
                options.requestTimeout(),
                store.diagnostics(),
                store.observer());
        this.walk = new ListWalk(channel, store.topics(), store.serial(), store.diagnostics());
        this.link = new FeedLink(store);
        this.listingTurns = new FeedListing.Turns(link);
        this.hellos = new HelloBucket(store);
        this.sharedRoots = new SharedRoots(store, channel::send);
        this.statuses = new ScopeStatuses(store);
    }

    ScopeStatuses statuses() {
        return statuses;
    }

    ServerSync options() {
        return options;
    }

    SyncContext store() {
        return store;
    }

    Topics topics() {
        return store.topics();
    }

    WireSchema schema() {
        return store.schema();
    }

    Diagnostics diagnostics() {
        return store.diagnostics();
    }

    RequestChannel channel() {
        return channel;
    }

    ListWalk walk() {
        return walk;
    }

    FeedLink link() {
        return link;
    }

    FeedListing.Turns listingTurns() {
        return listingTurns;
    }

    HelloBucket hellos() {
        return hellos;
    }

    SharedRoots sharedRoots() {
        return sharedRoots;
    }

    /** {@return whether a root belongs into the user's list: it is their own, or shared with them} */
    boolean isListedRoot(String id, JsonNode root) {
        return store.isOwnRoot(root) || sharedRoots.has(id);
    }

    /** What the server last said of itself. Any thread. */
    ServerCapabilities capabilities() {
        return capabilities;
    }

    void capabilities(ServerCapabilities now) {
        capabilities = now;
        foundToCompare = false;
    }

    /** Whether the server executes a write only at a version that it names, as it says or was found to do on this connection. */
    boolean comparesVersions() {
        return foundToCompare || capabilities.has(ServerCapabilities.EXPECTED_VERSION);
    }

    void foundToCompareVersions() {
        foundToCompare = true;
    }

    long now() {
        return store.now();
    }

    void flush() {
        store.flush();
    }

    Flux<ScopeRefusal> refusals() {
        return refusals.asFlux();
    }

    /** Tells the application that a scope was refused. */
    void refused(ScopeRefusal refusal) {
        if (isFinal(refusal.code())) {
            statuses.refused(refusal);
        }
        refusals.tryEmitNext(refusal);
    }

    /** {@return whether it is a refusal that no repetition will change} Of a scope, the application hears of it. */
    boolean refuse(Feed feed, Throwable error) {
        boolean isFinal = isFinal(error);
        String scopeId = feed.scopeId();
        if (isFinal) {
            int code = error instanceof RequestException request ? request.code() : 403;
            String why = String.valueOf(error.getMessage());
            if (scopeId == null) {
                statuses.refused(new ScopeRefusal(feed.key(), code, why));
            } else {
                refused(new ScopeRefusal(scopeId, code, why));
            }
        }
        return isFinal;
    }

    private static boolean isFinal(Throwable error) {
        if (error instanceof RequestException request) {
            return isFinal(request.code());
        }
        return error instanceof TransportException transport && transport.isNotAuthorized();
    }

    static boolean isUnauthenticated(Throwable error) {
        return error instanceof RequestException request && request.code() == 401;
    }

    /** {@return whether a refusal with this code is one that no repetition will change} */
    static boolean isFinal(int code) {
        return code == 401 || code == 403;
    }

    static boolean isForbidden(Throwable error) {
        return error instanceof RequestException request && request.code() == 403;
    }

    RequestException notConnected() {
        return RequestChannel.notConnected();
    }

    void close() {
        hellos.close();
        channel.disconnected();
        refusals.tryEmitComplete();
    }
}
