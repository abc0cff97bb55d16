package io.stitch.reactive.sync;

import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.store.RecordChange.Origin;
import io.stitch.reactive.sync.VersionRule.Verdict;
import io.stitch.reactive.wire.ChangeEvent;
import io.stitch.reactive.wire.DiagnosticCode;
import io.stitch.reactive.wire.Operation;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps one feed in step with the server: subscribes, compares by hello or by listing, and applies what arrives.
 *
 * <p>Lives on the worker from the feed's opening to its closing, across connections.
 */
final class FeedSync {
    private static final int READS_AT_ONCE = 8;

    private final Feed feed;
    private final ServerSession session;
    private final ConvergenceTimer convergence;
    private final DeleteMemory deletes = new DeleteMemory();
    private final Map<RecordKey, Reading> readings = new HashMap<>();
    private final Map<RecordKey, Long> awaitedEchoes = new LinkedHashMap<>();
    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap comparing = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    private final Disposable.Swap periodic = Disposables.swap();
    private final Disposable.Swap echoCheck = Disposables.swap();
    private Disposable.Composite reads = Disposables.composite();
    private @Nullable Listing listing;
    private boolean asked;
    private boolean subscribed;
    private Sinks.Empty<Void> subscription = Sinks.empty();
    private boolean refused;
    private int failures;
    private Sinks.Empty<Void> firstComparison = Sinks.empty();
    private long lastHello = Long.MIN_VALUE / 2;

    /** A comparison by listing that is under way. */
    private static final class Listing {
        private final Set<RecordKey> seen = new HashSet<>();
        private final Set<RecordKey> confirmed = new HashSet<>();
        private final Map<RecordKey, ChangeEvent> held = new LinkedHashMap<>();
        private final Sinks.Empty<Void> done = Sinks.empty();
        private boolean again;
    }

    /** A record that is being read. The answer may be older than an event that comes before it, so that this goes on top. */
    private static final class Reading {
        private int count;
        private @Nullable ChangeEvent newest;
        /** Whether an event and the answer to a write came both: which of them is the later, only the server can tell. */
        private boolean ambiguous;
    }

    FeedSync(Feed feed, ServerSession session) {
        this.feed = feed;
        this.session = session;
        this.convergence =
                new ConvergenceTimer(session.context(), session.options().quietPeriod(), this::compare);
        feed.store().open(feed.key());
    }

    Feed feed() {
        return feed;
    }

    /** Begins, on a new connection or on the first. */
    void connected() {
        refused = false;
        failures = 0;
        firstComparison = Sinks.empty();
        subscribe();
        armPeriodic();
    }

    /** Stops what needs a connection; the records stay. */
    void disconnected() {
        subscribed = false;
        asked = false;
        subscription.tryEmitError(session.notConnected());
        firstComparison.tryEmitEmpty();
        if (listing != null) {
            listing.done.tryEmitError(session.notConnected());
            listing = null;
        }
        subscribing.update(Disposables.disposed());
        comparing.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        periodic.update(Disposables.disposed());
        echoCheck.update(Disposables.disposed());
        convergence.stop();
        reads.dispose();
        reads = Disposables.composite();
        readings.clear();
        awaitedEchoes.clear();
    }

    /** Ends for good: unsubscribes and frees the records. */
    void close() {
        boolean unsubscribe = asked;
        disconnected();
        if (unsubscribe) {
            session.unsubscribe(feed.filters());
        }
        feed.store().drop(feed.key());
    }

    /** Completes when this feed was compared on this connection, or could not be. */
    Mono<Void> compared() {
        return firstComparison.asMono();
    }

    private void subscribe() {
        asked = true;
        subscription = Sinks.empty();
        subscribing.update(session.subscribe(feed.filters())
                .subscribe(
                        unused -> {},
                        error -> {
                            firstComparison.tryEmitEmpty();
                            subscription.tryEmitError(error);
                            session.refuse(feed, error);
                            if (!session.isFinal(error)) {
                                retryLater("subscribing", error, this::subscribe);
                            }
                        },
                        () -> {
                            subscribed = true;
                            compare();
                            subscription.tryEmitEmpty();
                        }));
    }

    /** Lists the feed as soon as it is subscribed, and completes when all of it is in the store. */
    Mono<Void> load() {
        if (!asked) {
            return Mono.error(session.notConnected());
        }
        return subscription.asMono().then(Mono.defer(() -> list().done.asMono()));
    }

    /** Forgets the records, and has them sent again. */
    void clear() {
        forgetRecords();
        if (listing != null) {
            listing.again = true; // What it had listed already is forgotten with the rest.
        }
        compare();
    }

    /** Forgets the records and the deletes: they were another user's. */
    void forget() {
        forgetRecords();
        deletes.clear();
    }

    private void forgetRecords() {
        feed.store().serverRecords(feed.key()).forEach(record -> feed.store().remove(record.key(), Origin.LOCAL));
        session.flush();
    }

    /** Compares with the server, by hello where it replays and by listing where it does not. */
    void compare() {
        if (!subscribed || refused || listing != null) { // A listing compares too.
            return;
        }
        String scopeId = feed.scopeId();
        if (scopeId == null || !session.capabilities().replays()) {
            list();
            return;
        }
        long wait = lastHello + session.options().helloSpacing().toMillis() - session.now();
        if (wait > 0) {
            firstComparison.tryEmitEmpty();
            retry.update(session.after(Duration.ofMillis(wait), this::compare));
            return;
        }
        hello(scopeId);
    }

    private void hello(String scopeId) {
        byte[] hello = session.hello(feed.store().serverRecords(feed.key()));
        if (!session.fits(hello)) {
            session.diagnostics()
                    .report(
                            DiagnosticCode.MANIFEST_TOO_LARGE,
                            scopeId,
                            "the manifest has %d bytes; the scope is compared by listing it".formatted(hello.length));
            list();
            return;
        }
        lastHello = session.now();
        comparing.update(session.publishHello(scopeId, hello)
                .subscribe(
                        unused -> {},
                        error -> {
                            firstComparison.tryEmitEmpty();
                            session.refuse(feed, error);
                            if (!session.isFinal(error)) {
                                retryLater("saying hello", error, this::compare);
                            }
                        },
                        () -> {
                            firstComparison.tryEmitEmpty();
                            convergence.compared();
                        }));
    }

    private Listing list() {
        Listing current = listing;
        if (current == null) {
            current = new Listing();
            listing = current;
            walk(current);
        }
        return current;
    }

    private void walk(Listing current) {
        comparing.update(Flux.merge(feed.sources().get().stream()
                        .map(source ->
                                session.walk().pages(source).doOnNext(page -> listed(current, source.entity(), page)))
                        .toList())
                .then(Mono.defer(() -> readMissing(current)))
                .subscribe(
                        unused -> {},
                        error -> {
                            release(current);
                            firstComparison.tryEmitEmpty();
                            current.done.tryEmitError(error);
                            session.refuse(feed, error);
                            if (!session.isFinal(error)) {
                                retryLater("listing", error, this::compare);
                            }
                        },
                        () -> listed(current)));
    }

    private void listed(Listing current) {
        if (current.again) {
            current.again = false;
            current.seen.clear();
            walk(current);
            return;
        }
        failures = 0;
        release(current);
        firstComparison.tryEmitEmpty();
        current.done.tryEmitEmpty();
    }

    private void listed(Listing current, String entity, List<ListWalk.Listed> page) {
        page.forEach(listed -> listed(current, entity, listed));
        session.flush();
    }

    private void listed(Listing current, String entity, ListWalk.Listed listed) {
        RecordKey key = new RecordKey(entity, listed.id());
        current.seen.add(key);
        StoredRecord local = feed.store().server(key);
        if (current.confirmed.contains(key) || (local != null && isSame(local, listed))) {
            return;
        }
        put(key, listed.version(), listed.json(), Origin.REMOTE);
    }

    private boolean isSame(StoredRecord local, ListWalk.Listed listed) {
        return local.scope().equals(feed.key())
                && local.version() == listed.version()
                && VersionRule.sameContent(local.json(), listed.json());
    }

    /** A list shows only the caller's own records where ownership is on, so what is missing in it is asked for by name. */
    private Mono<Void> readMissing(Listing current) {
        List<StoredRecord> missing = feed.store().serverRecords(feed.key()).stream()
                .filter(record -> !feed.store().isPending(record.key())
                        && !current.seen.contains(record.key())
                        && !current.confirmed.contains(record.key())
                        && !current.held.containsKey(record.key()))
                .toList();
        return Flux.fromIterable(missing)
                .flatMap(
                        record -> read(record.key())
                                // Somebody else's: its owner's events and the next opening tell more.
                                .onErrorResume(ServerSession::isForbidden, error -> Mono.empty()),
                        READS_AT_ONCE)
                .then();
    }

    private void release(Listing current) {
        listing = null;
        current.held.values().forEach(this::received);
        session.flush();
    }

    private void retryLater(String what, Throwable error, Runnable again) {
        failures++;
        session.diagnostics()
                .report(DiagnosticCode.COMPARE_FAILED, feed.key(), "%s failed: %s".formatted(what, error.getMessage()));
        retry.update(session.after(session.backoff(failures), again));
    }

    /** Answers a refused hello: some refusals are final, the others are tried again later. */
    void helloRefused(int code, String message) {
        if (code == 401 || code == 403) {
            refused = true;
            convergence.stop();
        } else {
            failures++;
            retry.update(session.after(session.backoff(failures), this::compare));
        }
        session.diagnostics()
                .report(
                        DiagnosticCode.COMPARE_FAILED,
                        feed.key(),
                        "the server answered the hello with %d: %s".formatted(code, message));
    }

    /** Takes an event that belongs to this feed. */
    void received(ChangeEvent event) {
        RecordKey key = new RecordKey(event.entity(), event.id());
        Listing current = listing;
        if (current != null) {
            current.held.merge(key, event, this::newer);
            return;
        }
        Reading reading = readings.get(key);
        if (reading != null) {
            reading.newest = reading.newest == null ? event : newer(reading.newest, event);
            return;
        }
        apply(event);
    }

    /** Where versions never go back, a late event does not replace a newer one. */
    private ChangeEvent newer(ChangeEvent held, ChangeEvent event) {
        boolean late = session.capabilities().replays() && event.version() >= 0 && event.version() < held.version();
        return late ? held : event;
    }

    private void apply(ChangeEvent event) {
        RecordKey key = new RecordKey(event.entity(), event.id());
        awaitedEchoes.remove(key);
        Verdict verdict = judge(key, event);
        if (verdict == Verdict.APPLY) {
            apply(key, event, Origin.REMOTE);
            if (event.replay()) {
                session.context().observer().replayed();
                convergence.changed();
            }
            return;
        }
        if (verdict == Verdict.READ_BACK) {
            readBack(key);
            return;
        }
        session.diagnostics()
                .report(
                        verdict == Verdict.DUPLICATE ? DiagnosticCode.DUPLICATE : DiagnosticCode.OUTDATED,
                        event.entity() + '/' + event.id(),
                        "version %d is not newer than what is known".formatted(event.version()));
    }

    /** Applies what a server answered to an own write. */
    void confirmed(ChangeEvent answer) {
        RecordKey key = new RecordKey(answer.entity(), answer.id());
        if (listing != null) {
            listing.confirmed.add(key);
        }
        Reading reading = readings.get(key);
        if (reading != null) {
            reading.ambiguous |=
                    reading.newest != null && !session.capabilities().replays();
            reading.newest = reading.newest == null ? answer : newer(reading.newest, answer);
        }
        Verdict verdict = judge(key, answer);
        // What was answered was there a moment ago, whatever was deleted before; writes that follow build on it.
        boolean news = verdict == Verdict.READ_BACK && feed.store().server(key) == null;
        if (verdict == Verdict.APPLY || news) {
            apply(key, answer, Origin.LOCAL);
            awaitEcho(key);
        }
        if (verdict == Verdict.READ_BACK) {
            readBack(key);
        }
        session.flush();
    }

    /** The answer to a delete that was heard of before: what is there now was created after it. */
    private boolean isOldNews(@Nullable StoredRecord local, RecordKey key, ChangeEvent event) {
        long remembered = deletes.versionOf(feed.key(), key, session.now());
        return event.version() < 0 && local != null && remembered >= 0 && local.version() > remembered;
    }

    private Verdict judge(RecordKey key, ChangeEvent event) {
        StoredRecord local = feed.store().server(key);
        if (event.operation() == Operation.DELETE) {
            if (isOldNews(local, key, event)) {
                return Verdict.OUTDATED;
            }
            Verdict verdict = VersionRule.delete(local, feed.key(), event);
            if (verdict != Verdict.OUTDATED) {
                long known = local == null ? event.version() : Math.max(event.version(), local.version());
                deletes.remember(feed.key(), key, known, session.now());
            }
            return verdict;
        }
        return VersionRule.upsert(
                local,
                event,
                deletes.versionOf(feed.key(), key, session.now()),
                !session.capabilities().replays());
    }

    private void apply(RecordKey key, ChangeEvent event, Origin origin) {
        byte[] json = event.json();
        if (event.operation() == Operation.DELETE || json == null) {
            feed.store().remove(key, origin);
        } else {
            put(key, event.version(), json, origin);
        }
    }

    private void put(RecordKey key, long version, byte[] json, Origin origin) {
        feed.store().put(new StoredRecord(key, feed.key(), version, json), origin);
    }

    private void readBack(RecordKey key) {
        if (readings.containsKey(key)) {
            return; // What came meanwhile is judged again when it is read.
        }
        session.diagnostics()
                .report(
                        DiagnosticCode.READ_BACK,
                        key.entity() + '/' + key.id(),
                        "an ambiguous event: the record is read");
        reads.add(read(key).subscribe(unused -> {}, error -> retryLater("reading " + key.id(), error, this::compare)));
    }

    /** Reads a record and takes the answer as the server's state. Cold; to be subscribed on the worker. */
    Mono<ListWalk.Listed> read(RecordKey key) {
        return Mono.using(
                () -> reading(key),
                reading -> session.walk()
                        .read(key.entity(), key.id())
                        .doOnNext(listed -> answered(key, listed))
                        .switchIfEmpty(Mono.fromRunnable(() -> missing(key))),
                reading -> finished(key, reading));
    }

    private Reading reading(RecordKey key) {
        Reading reading = readings.computeIfAbsent(key, name -> new Reading());
        reading.count++;
        return reading;
    }

    private void answered(RecordKey key, ListWalk.Listed listed) {
        if (listing != null) {
            listing.confirmed.add(key); // Its page may be older.
        }
        StoredRecord known = feed.store().server(key);
        if (known == null
                || listed.version() >= known.version()
                || !session.capabilities().replays()) {
            String scope = session.scopeOf(feed, key.entity(), listed);
            feed.store().put(new StoredRecord(key, scope, listed.version(), listed.json()), Origin.REMOTE);
            session.flush();
        }
    }

    private void missing(RecordKey key) {
        StoredRecord local = feed.store().server(key);
        if (local != null) {
            deletes.remember(feed.key(), key, local.version(), session.now());
            feed.store().remove(key, Origin.REMOTE);
            session.flush();
        }
    }

    private void finished(RecordKey key, Reading reading) {
        if (--reading.count == 0 && readings.remove(key, reading) && reading.newest != null) {
            received(reading.newest);
            session.flush();
            if (reading.ambiguous) {
                readBack(key);
            }
        }
    }

    private void awaitEcho(RecordKey key) {
        Duration limit = session.options().echoTimeout();
        if (limit.isZero() || listing != null) {
            return;
        }
        if (awaitedEchoes.isEmpty()) {
            echoCheck.update(session.after(limit, this::checkEchoes));
        }
        awaitedEchoes.put(key, session.now());
    }

    /** An own write was answered, but its event did not come: others' events may be missing too. */
    private void checkEchoes() {
        if (awaitedEchoes.isEmpty()) {
            return;
        }
        long limit = session.options().echoTimeout().toMillis();
        long oldest = awaitedEchoes.values().iterator().next();
        if (session.now() - oldest >= limit) {
            awaitedEchoes.clear();
            compare();
        } else {
            echoCheck.update(session.after(Duration.ofMillis(oldest + limit - session.now()), this::checkEchoes));
        }
    }

    private void armPeriodic() {
        Duration interval = session.options().compareInterval();
        if (!interval.isZero()) {
            periodic.update(session.after(session.jittered(interval), () -> {
                compare();
                armPeriodic();
            }));
        }
    }
}
