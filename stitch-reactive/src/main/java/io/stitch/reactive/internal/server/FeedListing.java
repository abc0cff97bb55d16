package io.stitch.reactive.internal.server;

import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.records.VersionRule;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares a feed by listing it, one listing at a time and when it is its turn (protocol section 4.5). Events that come meanwhile are held back until its
 * end. On the worker.
 */
final class FeedListing {
    private static final int READS_AT_ONCE = 8;
    /** Of how many records the size is looked at. */
    private static final int SAMPLE = 32;

    private final Feed feed;
    private final ServerContext server;
    private final Finder finder;
    private final Disposable.Swap walking = Disposables.swap();
    private final Turns turns;
    private @Nullable Run current;
    /** When it was compared last, as {@link Turns} count; 0 for never. */
    private long compared;

    /** A listing that is under way, or waits for its turn. */
    private static final class Run {
        private boolean begun;
        private boolean urgent;
        private final Set<RecordKey> seen = new HashSet<>();
        private final Set<RecordKey> confirmed = new HashSet<>();
        private final Map<RecordKey, ChangeEvent> held = new LinkedHashMap<>();
        private final Sinks.Empty<Void> done = Sinks.empty();
        private boolean again;
    }

    /**
     * Lets the feeds of a store be listed a few at a time, those first that were compared longest ago, or never: a connection may
     * end before all were. On the worker.
     */
    static final class Turns {
        private static final int AT_ONCE = 8;

        private final FeedLink link;
        private final Set<FeedListing> waiting = new LinkedHashSet<>();
        private final Set<FeedListing> underWay = new HashSet<>();
        private long comparisons;
        private boolean beginning;

        Turns(FeedLink link) {
            this.link = link;
        }

        void await(FeedListing listing) {
            waiting.add(listing);
            begin();
        }

        void leave(FeedListing listing) {
            if (!waiting.remove(listing) && underWay.remove(listing)) {
                begin();
            }
        }

        /** In a loop and never inside itself: a listing may be answered at once. */
        private void begin() {
            if (beginning) {
                return;
            }
            beginning = true;
            try {
                while (link.isConnected() && !waiting.isEmpty() && underWay.size() < AT_ONCE) {
                    FeedListing next = waiting.stream()
                            .min(Comparator.comparingLong(FeedListing::turn))
                            .orElseThrow();
                    waiting.remove(next);
                    underWay.add(next);
                    next.walk();
                }
            } finally {
                beginning = false;
            }
        }
    }

    /** Whose feed it is: takes what is found. */
    interface Finder {
        /** Takes a record that differs from what is held. */
        void listed(RecordKey key, ListWalk.Listed listed);

        /** Reads a record that is held and was not listed, and takes the answer. Cold. */
        Mono<ListWalk.Listed> read(RecordKey key);

        /** A record that is held and was not listed is not the user's to read. */
        void forbidden(RecordKey key);

        /** The feed was listed to its end. */
        void listed();

        void listingFailed(Throwable error);

        /** Takes an event that was held back. */
        void received(ChangeEvent event);

        /** {@return which of two events that are held back counts} */
        ChangeEvent newer(ChangeEvent held, ChangeEvent event);
    }

    FeedListing(Feed feed, ServerContext server, Finder finder) {
        this.feed = feed;
        this.server = server;
        this.finder = finder;
        this.turns = server.listingTurns();
    }

    /** Whether the feed is being listed, or will be. */
    boolean isUnderWay() {
        return current != null;
    }

    /** {@return when the feed was compared last, to be compared with that of others; 0 for never} */
    long compared() {
        return compared;
    }

    /** The feed was compared just now, in whatever way. */
    void comparedNow() {
        compared = ++turns.comparisons;
    }

    /** What was compared is not there any more. */
    void neverCompared() {
        compared = 0;
    }

    /** Begins when it is its turn, unless it is under way; the answer completes at its end. */
    Mono<Void> begin() {
        return begin(false);
    }

    /** Begins as soon as it can, because somebody waits for it. */
    Mono<Void> beginFirst() {
        return begin(true);
    }

    private Mono<Void> begin(boolean urgent) {
        Run run = current == null ? new Run() : current;
        run.urgent |= urgent;
        if (current == null) {
            current = run;
            turns.await(this);
        }
        return run.done.asMono();
    }

    private long turn() {
        return current != null && current.urgent ? -1 : compared;
    }

    /** What was listed already is not to be relied on: all of it is listed again. */
    void repeat() {
        if (current != null && current.begun) {
            current.again = true;
        }
    }

    void stop() {
        if (current != null) {
            current.done.tryEmitError(server.notConnected());
            current = null;
        }
        turns.leave(this);
        walking.update(Disposables.disposed());
    }

    /** The server has told of a record by another way, so its page may be older. */
    void confirmed(RecordKey key) {
        if (current != null && current.begun) {
            current.confirmed.add(key);
        }
    }

    /** {@return whether the event is held back} */
    boolean holds(RecordKey key, ChangeEvent event) {
        if (current == null || !current.begun) {
            return false; // What is listed later is newer.
        }
        current.held.merge(key, event, finder::newer);
        return true;
    }

    private void walk() {
        Run run = current;
        if (run != null) {
            run.begun = true;
            walk(run);
        }
    }

    private void walk(Run run) {
        walking.update(Flux.merge(feed.sources().get().stream()
                        .map(source -> pages(source).doOnNext(page -> listed(run, source.entity(), page)))
                        .toList())
                .then(Mono.defer(() -> readMissing(run)))
                .subscribe(
                        unused -> {},
                        error -> {
                            release(run);
                            finder.listingFailed(error);
                            run.done.tryEmitError(error);
                        },
                        () -> listed(run)));
    }

    /** Of what is held here, the server has something of the same size. */
    private Flux<List<ListWalk.Listed>> pages(Feed.Source source) {
        if (source.shared()) {
            return server.sharedRoots()
                    .list()
                    .map(roots -> roots.stream()
                            .map(root -> new ListWalk.Listed(root.id(), root.version(), root.json()))
                            .toList())
                    .flux();
        }
        ScopeRecords held = feed.store().scope(feed.key());
        int bytes = held == null
                ? 0
                : (int) held.of(source.entity()).stream()
                        .limit(SAMPLE)
                        .mapToInt(record -> record.json().length)
                        .average()
                        .orElse(0);
        return server.walk().pages(source, bytes);
    }

    private void listed(Run run) {
        if (run.again) {
            run.again = false;
            run.seen.clear();
            walk(run);
            return;
        }
        comparedNow();
        release(run);
        finder.listed();
        run.done.tryEmitEmpty();
    }

    private void listed(Run run, String entity, List<ListWalk.Listed> page) {
        page.forEach(listed -> listed(run, entity, listed));
        server.flush();
    }

    private void listed(Run run, String entity, ListWalk.Listed listed) {
        RecordKey key = new RecordKey(entity, listed.id());
        run.seen.add(key);
        StoredRecord local = feed.store().server(key);
        if (run.confirmed.contains(key) || (local != null && isSame(local, listed))) {
            return;
        }
        finder.listed(key, listed);
    }

    private boolean isSame(StoredRecord local, ListWalk.Listed listed) {
        return local.scope().equals(feed.key())
                && local.version() == listed.version()
                && VersionRule.sameContent(local.json(), listed.json());
    }

    /** A list shows only the caller's own records where ownership is on, so what is missing in it is asked for by name. */
    private Mono<Void> readMissing(Run run) {
        List<StoredRecord> missing = feed.store().serverRecords(feed.key()).stream()
                .filter(record -> !feed.store().pending().has(record.key())
                        && !run.seen.contains(record.key())
                        && !run.confirmed.contains(record.key())
                        && !run.held.containsKey(record.key()))
                .toList();
        return Flux.fromIterable(missing)
                .flatMap(
                        record -> finder.read(record.key()).onErrorResume(ServerContext::isForbidden, error -> {
                            finder.forbidden(record.key());
                            return Mono.empty();
                        }),
                        READS_AT_ONCE)
                .then();
    }

    private void release(Run run) {
        current = null;
        run.held.values().forEach(finder::received);
        server.flush();
        turns.leave(this);
    }
}
