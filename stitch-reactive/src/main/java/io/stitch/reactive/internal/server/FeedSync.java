package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.internal.mode.AnsweredRhythm;
import io.stitch.reactive.internal.mode.CascadeWatch;
import io.stitch.reactive.internal.mode.EventGaps;
import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.HelloRhythm;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.Rhythm;
import io.stitch.reactive.internal.mode.ScopeDigest;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.server.VersionRule.Verdict;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.ManifestEntry;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.EventCount;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.HelloAnswer;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.List;

/**
 * Keeps one feed in step with the server: subscribes, compares by hello or by listing, and applies what arrives.
 *
 * <p>Lives on the worker from the feed's opening to its closing, across connections.
 */
final class FeedSync implements HelloRhythm.Steps, AnsweredRhythm.Steps, FeedListing.Finder, Readings.Reader {
    /** Where events are counted, hardly anything is found by comparing without a reason. */
    private static final int RARELY = 6;

    private final Feed feed;
    private final ServerContext server;
    private final FeedListing listing;
    private final Readings readings;
    private final EchoWatch echoes;
    private final EventGaps gaps;
    private final CascadeWatch cascade;
    private final DeleteMemory deletes = new DeleteMemory();
    private Rhythm rhythm;
    private @Nullable ScopeDigest digest;
    private boolean asked;
    /** Why the server does not let this client see the scope: nothing is asked for until {@link #askAgain()}. */
    private @Nullable Throwable refusal;

    private Sinks.Empty<Void> subscription = Sinks.empty();

    FeedSync(Feed feed, ServerContext server) {
        this.feed = feed;
        this.server = server;
        this.rhythm = guessing();
        this.listing = new FeedListing(feed, server, this);
        this.readings = new Readings(server, this);
        this.echoes = new EchoWatch(server.store(), server.options().echoTimeout(), () -> rhythm.compare());
        this.gaps = new EventGaps(server.store(), () -> rhythm.compare());
        this.cascade = new CascadeWatch(server.store(), () -> rhythm.compare());
        feed.store().open(feed.key());
    }

    /** {@return when it was compared last, to be compared with that of others; 0 for never} */
    long lastCompared() {
        return listing.compared();
    }

    Feed feed() {
        return feed;
    }

    /** For a server that says nothing to a hello. */
    private Rhythm guessing() {
        ServerSync options = server.options();
        return new HelloRhythm(
                server.store(),
                feed.key(),
                new HelloRhythm.Settings(options.helloSpacing(), options.quietPeriod(), compareInterval()),
                server.hellos(),
                this);
    }

    private Rhythm answered() {
        ServerSync options = server.options();
        boolean digests = server.capabilities().has(ServerCapabilities.DIGEST);
        ScopeDigest known = digest;
        if (known == null) {
            known = new ScopeDigest(feed.store(), feed.key(), record -> Long.toString(Math.max(0, record.version())));
            digest = known;
        }
        return new AnsweredRhythm(
                server.store(),
                feed.key(),
                new AnsweredRhythm.Settings(
                        digests ? HelloBucket.BURST : 1,
                        options.helloSpacing(),
                        compareInterval(),
                        digests),
                server.hellos(),
                known,
                gaps,
                this);
    }

    private Duration compareInterval() {
        return server.options().compareInterval().multipliedBy(countsEvents() ? RARELY : 1);
    }

    private boolean countsEvents() {
        return feed.scopeId() != null && server.capabilities().has(ServerCapabilities.EVENT_COUNT);
    }

    /** Begins, on a new connection or on the first. */
    void connected() {
        if (refusal == null) {
            boolean answers =
                    feed.scopeId() != null && server.capabilities().has(ServerCapabilities.ANSWERS);
            rhythm = answers ? answered() : guessing();
            rhythm.connected();
        }
    }

    /** Stops what needs a connection; the records stay. */
    void disconnected() {
        asked = false;
        subscription.tryEmitError(
                server.notConnected()); // First: that the rhythm gives it up must not look like its end.
        rhythm.disconnected();
        listing.stop();
        echoes.stop();
        gaps.stop();
        cascade.stop();
        readings.stop();
    }

    /** Ends for good: unsubscribes and frees the records. */
    void close() {
        leave();
        if (digest != null) {
            digest.close();
        }
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

    /** Completes when this feed was compared on this connection, or could not be. */
    Mono<Void> compared() {
        return rhythm.compared();
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
        rhythm.compare();
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
        server.flush();
    }

    // ---- what the rhythm does ----

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

    @Override
    public boolean comparesOtherwise() {
        if (!listing.isUnderWay()
                && feed.scopeId() != null
                && server.capabilities().replays()) {
            return false;
        }
        listing.begin();
        return true;
    }

    @Override
    public Mono<Void> guessingHello() {
        return Mono.defer(() -> {
            List<ManifestEntry> manifest = feed.store().serverRecords(feed.key()).stream()
                    .map(record -> new ManifestEntry(record.entity(), record.id(), Math.max(0, record.version())))
                    .toList();
            byte[] hello = hello().whole(null, manifest);
            return server.link().fits(hello)
                    ? say(hello).doOnSuccess(said -> listing.comparedNow())
                    : listTooLarge(hello.length).onErrorResume(told -> Mono.never());
        });
    }

    @Override
    public Hello hello() {
        return new Hello(server.store().clientId(), server.capabilities().has(ServerCapabilities.DIRECT_REPLAY));
    }

    @Override
    public int largestHello() {
        return server.link().largest();
    }

    @Override
    public Mono<Void> say(byte[] hello) {
        return server.link().publishHello(feed.key(), hello);
    }

    @Override
    public void compareTooLarge(int bytes) {
        listTooLarge(bytes);
    }

    private Mono<Void> listTooLarge(int bytes) {
        server.diagnostics()
                .report(
                        DiagnosticCode.MANIFEST_TOO_LARGE,
                        feed.key(),
                        "the manifest has %d bytes; the scope is compared by listing it".formatted(bytes));
        return listing.begin();
    }

    @Override
    public boolean isFinal(Throwable error) {
        boolean isFinal = server.refuse(feed, error);
        if (isFinal && feed.scopeId() != null && !ServerContext.isUnauthenticated(error)) {
            shutOut(error);
        }
        return isFinal;
    }

    /** Answers a refused hello: some refusals are final, the others are tried again later. */
    void helloRefused(int code, String message) {
        refused(code, message);
        rhythm.refused(code == 401 || code == 403);
    }

    /** What is answered to a hello of this feed. */
    void answered(HelloAnswer answer) {
        if (rhythm instanceof AnsweredRhythm answered) {
            answered.answered(answer);
        }
    }

    @Override
    public void refused(int code, String message) {
        server.refused(new ScopeRefusal(feed.key(), code, message)); // First: it says why the records go.
        RequestException refused = RequestChannel.refusal(code, message, "the hello of scope " + feed.key());
        if (code == 403) {
            shutOut(refused);
        }
        if (code == 401) {
            server.channel().invalidate(refused);
        }
        server.diagnostics()
                .report(
                        DiagnosticCode.COMPARE_FAILED,
                        feed.key(),
                        "the server answered the hello with %d: %s".formatted(code, message));
    }

    /** What the user may not see any more is forgotten; what they have written stays, and the server judges it write by write. */
    private void shutOut(Throwable why) {
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
        rhythm.done();
    }

    @Override
    public void listingFailed(Throwable error) {
        rhythm.failed("listing", error);
    }

    @Override
    public void listed(RecordKey key, ListWalk.Listed listed) {
        put(key, listed.version(), listed.json(), Origin.REMOTE);
    }

    /** Reads a record and takes the answer as the server's state. Cold; to be subscribed on the worker. */
    @Override
    public Mono<ListWalk.Listed> read(RecordKey key) {
        return readings.read(key);
    }

    @Override
    public void readingFailed(RecordKey key, Throwable error) {
        rhythm.compareLater("reading " + key.id(), error);
    }

    @Override
    public void answered(RecordKey key, ListWalk.Listed listed) {
        listing.confirmed(key);
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
        if (!event.replay() && count != null && countsEvents()) {
            gaps.heard(count);
        } else if (event.replay() && rhythm instanceof AnsweredRhythm answered) {
            answered.replayed();
        }
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
            cascade.deleted();
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
        echoes.heard(key);
        Verdict verdict = judge(key, event);
        if (verdict == Verdict.APPLY) {
            apply(key, event, Origin.REMOTE);
            if (event.replay()) {
                rhythm.changed();
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

    /** Applies what a server answered to an own write. */
    void confirmed(ChangeEvent answer) {
        RecordKey key = new RecordKey(answer.entity(), answer.id());
        listing.confirmed(key);
        readings.confirmed(key, answer);
        Verdict verdict = judge(key, answer);
        // What was answered was there a moment ago, whatever was deleted before; writes that follow build on it.
        boolean news = verdict == Verdict.READ_BACK && feed.store().server(key) == null;
        if (verdict == Verdict.APPLY || news) {
            apply(key, answer, Origin.LOCAL);
            if (!listing.isUnderWay() && !countsEvents()) {
                echoes.await(key);
            }
        }
        if (verdict == Verdict.READ_BACK) {
            readings.readBack(key);
        }
        server.flush();
    }

    /** The answer to a delete that was heard of before: what is there now was created after it. */
    private boolean isOldNews(@Nullable StoredRecord local, RecordKey key, ChangeEvent event) {
        long remembered = deletes.versionOf(feed.key(), key, server.now());
        return event.version() < 0 && local != null && remembered >= 0 && local.version() > remembered;
    }

    private Verdict judge(RecordKey key, ChangeEvent event) {
        StoredRecord local = feed.store().server(key);
        if (event.operation() == Operation.DELETE) {
            if (isOldNews(local, key, event)) {
                return Verdict.OUTDATED;
            }
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
                !server.capabilities().replays());
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
        if (key.id().equals(feed.scopeId()) && key.entity().equals(server.schema().root())) {
            cascade.rootDeleted();
        }
    }

    private void put(RecordKey key, long version, byte[] json, Origin origin) {
        feed.store().put(new StoredRecord(key, feed.key(), version, json), origin);
    }
}
