package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.records.VersionRule;
import io.stitch.reactive.internal.records.VersionRule.Verdict;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.EventCount;
import io.stitch.reactive.internal.wire.HelloAnswer;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Keeps one feed in step with the server: subscribes, compares by hello or by listing, and applies what arrives.
 *
 * <p>Lives on the worker from the feed's opening to its closing, across connections.
 */
final class FeedSync implements Comparing.Owner, FeedListing.Finder, Readings.Reader {
    private final Feed feed;
    private final ServerContext server;
    private final FeedListing listing;
    private final Readings readings;
    private final Comparing comparing;
    private final DeleteMemory deletes = new DeleteMemory();
    private boolean asked;
    /** Why the server does not let this client see the scope: nothing is asked for until {@link #askAgain()}. */
    private @Nullable Throwable refusal;

    private Sinks.Empty<Void> subscription = Sinks.empty();

    FeedSync(Feed feed, ServerContext server) {
        this.feed = feed;
        this.server = server;
        this.listing = new FeedListing(feed, server, this);
        this.readings = new Readings(server, this);
        this.comparing = new Comparing(feed, server, listing, this);
        feed.store().open(feed.key());
    }

    /** {@return when it was compared last, to be compared with that of others; 0 for never} */
    long lastCompared() {
        return listing.compared();
    }

    Feed feed() {
        return feed;
    }

    /** Begins, on a new connection or on the first. */
    void connected() {
        if (refusal == null) {
            server.statuses().comparing(feed.key());
            comparing.connected();
        }
    }

    /** {@return which counting of events the server is in, as far as was heard on this connection, or {@code null}} */
    @Nullable
    String epoch() {
        return comparing.epoch();
    }

    /** Stops what needs a connection; the records stay. */
    void disconnected() {
        asked = false;
        subscription.tryEmitError(server.notConnected()); // First: that it is given up must not look like its end.
        comparing.disconnected();
        listing.stop();
        readings.stop();
        server.statuses().offline(feed.key());
    }

    /** Ends for good: unsubscribes and frees the records. */
    void close() {
        leave();
        comparing.close();
        feed.store().drop(feed.key());
    }

    private void leave() {
        boolean unsubscribe = asked;
        disconnected();
        if (unsubscribe) {
            server.link().unsubscribe(feed.filters());
        }
    }

    /** Somebody else may be asking now, or somebody opens the scope anew: what was refused may be granted. */
    void askAgain() {
        if (refusal != null) {
            refusal = null;
            if (server.link().isConnected()) {
                connected();
            }
        }
    }

    /** {@return whether the server does not let this client see it} */
    boolean isRefused() {
        return refusal != null;
    }

    /** Something has changed of which no event tells: what was compared, or is being compared, says little. */
    void compareAgain() {
        if (refusal == null && asked) {
            listing.repeat();
            comparing.compare();
        }
    }

    /** What is answered to a hello of this feed. */
    void answered(HelloAnswer answer) {
        comparing.answered(answer);
    }

    /** A hello of this feed was refused. */
    void helloRefused(int code, String message) {
        comparing.helloRefused(code, message);
    }

    /** Completes when this feed was compared on this connection, or could not be. */
    Mono<Void> compared() {
        return comparing.rhythm().compared();
    }

    /** Lists the feed as soon as it is subscribed, and completes when all of it is in the store. */
    Mono<Void> load() {
        if (refusal != null) {
            return Mono.error(refusal);
        }
        if (!asked) {
            return Mono.error(server.notConnected());
        }
        return subscription.asMono().then(Mono.defer(listing::beginFirst));
    }

    /** Forgets the records, and has them sent again. */
    void clear() {
        forgetRecords(Origin.LOCAL);
        listing.repeat();
        comparing.compare();
    }

    /** Forgets the records and the deletes: they were another user's. */
    void forget() {
        forgetRecords(Origin.LOCAL);
        deletes.clear();
        askAgain();
    }

    private void forgetRecords(Origin origin) {
        SyncContext.forget(feed.store(), feed.key(), origin);
        listing.neverCompared();
        server.statuses().forgotten(feed.key());
        server.flush();
    }

    @Override
    public Mono<Void> subscribe() {
        asked = true;
        Sinks.Empty<Void> subscribed = Sinks.empty();
        subscription = subscribed;
        return server.link()
                .subscribe(feed.filters())
                .doOnError(subscribed::tryEmitError)
                // After the first comparison has begun, which a listing would take the place of.
                .doFinally(end -> subscribed.tryEmitEmpty()); // Also when it is given up for another attempt.
    }

    /** What the user may not see any more is forgotten; what they have written stays, and the server judges it write by write. */
    @Override
    public void shutOut(Throwable why) {
        refusal = why;
        leave();
        forgetRecords(Origin.REMOTE);
    }

    // ---- what is listed and read ----

    /** The scope that a record which was read belongs to now. */
    private String scopeOf(RecordKey key, ListWalk.Listed listed) {
        return feed.scopeId() == null
                ? feed.key()
                : new ScopeKeys(server.schema()).of(key.entity(), listed.id(), Json.readObject(listed.json()));
    }

    @Override
    public void listed() {
        comparing.rhythm().done();
        comparing.wasCompared();
        if (isListOfRoots()) {
            server.sharedRoots().probe(this::compareAgain);
        }
    }

    @Override
    public void listingFailed(Throwable error) {
        comparing.rhythm().failed("listing", error);
    }

    @Override
    public void listed(RecordKey key, ListWalk.Listed listed) {
        put(key, listed.version(), listed.json(), Origin.REMOTE);
    }

    /** In a scope it is somebody else's, whose events and the next opening tell more; in the list of roots it is not listed any more. */
    @Override
    public void forbidden(RecordKey key) {
        if (isListOfRoots()) {
            missing(key);
        }
    }

    private boolean isListOfRoots() {
        return feed.key().equals(SyncContext.ROOTS_KEY);
    }

    /** Reads a record and takes the answer as the server's state. Cold; to be subscribed on the worker. */
    @Override
    public Mono<ListWalk.Listed> read(RecordKey key) {
        return readings.read(key);
    }

    @Override
    public void readingFailed(RecordKey key, Throwable error) {
        comparing.rhythm().compareLater("reading " + key.id(), error);
    }

    @Override
    public void answered(RecordKey key, ListWalk.Listed listed) {
        listing.confirmed(key);
        if (isListOfRoots() && !server.isListedRoot(key.id(), Json.readObject(listed.json()))) {
            missing(key); // It was given away, or is not shared any more, and may be read all the same.
            return;
        }
        StoredRecord known = feed.store().server(key);
        if (known == null
                || listed.version() >= known.version()
                || !server.capabilities().replays()) {
            String scope = scopeOf(key, listed);
            feed.store().put(new StoredRecord(key, scope, listed.version(), listed.json()), Origin.REMOTE);
            server.flush();
        }
    }

    @Override
    public void missing(RecordKey key) {
        StoredRecord local = feed.store().server(key);
        if (local != null) {
            deletes.remember(feed.key(), key, local.version(), server.now());
            remove(key, Origin.REMOTE);
            server.flush();
        }
    }

    // ---- what arrives ----

    /** Takes an event that has just come. */
    void arrived(ChangeEvent event, @Nullable EventCount count) {
        received(event);
        comparing.arrived(event.replay(), count);
    }

    /** Takes an event that belongs to this feed. */
    @Override
    public void received(ChangeEvent event) {
        if (refusal != null) {
            server.diagnostics()
                    .report(DiagnosticCode.SCOPE_NOT_OPEN, feed.key(), "an event came for a scope that was refused");
            return;
        }
        if (event.operation() == Operation.DELETE) {
            comparing.deleted();
        }
        RecordKey key = new RecordKey(event.entity(), event.id());
        if (!listing.holds(key, event) && !readings.holds(key, event)) {
            apply(event);
        }
    }

    /** Where versions never go back, a late event does not replace a newer one. */
    @Override
    public ChangeEvent newer(ChangeEvent held, ChangeEvent event) {
        boolean late = server.capabilities().replays() && event.version() >= 0 && event.version() < held.version();
        return late && !event.restored() ? held : event;
    }

    private void apply(ChangeEvent event) {
        RecordKey key = new RecordKey(event.entity(), event.id());
        comparing.heard(key);
        Verdict verdict = isAmbiguous(key, event) ? Verdict.READ_BACK : judge(key, event);
        if (verdict == Verdict.APPLY) {
            apply(key, event, Origin.REMOTE);
            if (event.replay()) {
                comparing.rhythm().changed();
            }
            return;
        }
        if (verdict == Verdict.READ_BACK) {
            readings.readBack(key);
            return;
        }
        server.diagnostics()
                .report(
                        verdict == Verdict.DUPLICATE ? DiagnosticCode.DUPLICATE : DiagnosticCode.OUTDATED,
                        event.entity() + '/' + event.id(),
                        "version %d is not newer than what is known".formatted(event.version()));
    }

    /**
     * Applies what a server answered to an own write.
     *
     * @param known the version of the record that was known when the write was sent
     */
    void confirmed(ChangeEvent answer, long known) {
        RecordKey key = new RecordKey(answer.entity(), answer.id());
        if (answer.operation() != Operation.DELETE && isRoot(key)) {
            askAgain(); // Whoever may write the root may see what is in it.
        }
        listing.confirmed(key);
        readings.confirmed(key, answer);
        if (answer.operation() == Operation.DELETE && wasCreatedSince(key, known)) {
            server.flush();
            return;
        }
        Verdict verdict = judge(key, answer);
        // What was answered was there a moment ago, whatever was deleted before; writes that follow build on it.
        boolean news = verdict == Verdict.READ_BACK && feed.store().server(key) == null;
        if (verdict == Verdict.APPLY || news) {
            apply(key, answer, Origin.LOCAL);
            comparing.awaitEcho(key);
        }
        if (verdict == Verdict.READ_BACK) {
            readings.readBack(key);
        }
        server.flush();
    }

    private boolean isRoot(RecordKey key) {
        return key.id().equals(feed.scopeId())
                && key.entity().equals(server.schema().root());
    }

    /** Whether the record that was known at a version was deleted, as is known, and what is there now was created after that. */
    private boolean wasCreatedSince(RecordKey key, long known) {
        StoredRecord local = feed.store().server(key);
        long deleted = deletes.versionOf(feed.key(), key, server.now());
        return local != null && deleted >= known && local.version() > deleted;
    }

    /** A delete without a version, of a record that was deleted and created again, is of its first life or of its second. */
    private boolean isAmbiguous(RecordKey key, ChangeEvent event) {
        return event.operation() == Operation.DELETE && event.version() < 0 && wasCreatedSince(key, 0);
    }

    private Verdict judge(RecordKey key, ChangeEvent event) {
        StoredRecord local = feed.store().server(key);
        if (event.operation() == Operation.DELETE) {
            Verdict verdict = VersionRule.delete(
                    local, feed.key(), event, !server.capabilities().replays());
            if (verdict == Verdict.APPLY || verdict == Verdict.DUPLICATE) {
                long known = local == null ? event.version() : Math.max(event.version(), local.version());
                deletes.remember(feed.key(), key, known, server.now());
            }
            return verdict;
        }
        return VersionRule.upsert(
                local,
                event,
                deletes.versionOf(feed.key(), key, server.now()),
                !server.capabilities().replays(),
                server.options().rootUpdatedAtField());
    }

    private void apply(RecordKey key, ChangeEvent event, Origin origin) {
        byte[] json = event.json();
        if (event.operation() == Operation.DELETE || json == null) {
            remove(key, origin);
        } else {
            put(key, event.version(), json, origin);
        }
    }

    private void remove(RecordKey key, Origin origin) {
        feed.store().remove(key, origin);
        comparing.removed(key);
    }

    private void put(RecordKey key, long version, byte[] json, Origin origin) {
        feed.store().put(new StoredRecord(key, feed.key(), version, json), origin);
    }
}
