package io.stitch.reactive.internal.server;

import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares a feed by listing it, one listing at a time (protocol section 4.5). Events that come meanwhile are held back until its
 * end. On the worker.
 */
final class FeedListing {
    private static final int READS_AT_ONCE = 8;

    private final Feed feed;
    private final ServerContext server;
    private final Finder finder;
    private final Disposable.Swap walking = Disposables.swap();
    private @Nullable Run current;

    /** A listing that is under way. */
    private static final class Run {
        private final Set<RecordKey> seen = new HashSet<>();
        private final Set<RecordKey> confirmed = new HashSet<>();
        private final Map<RecordKey, ChangeEvent> held = new LinkedHashMap<>();
        private final Sinks.Empty<Void> done = Sinks.empty();
        private boolean again;
    }

    /** Whose feed it is: takes what is found. */
    interface Finder {
        /** Takes a record that differs from what is held. */
        void listed(RecordKey key, ListWalk.Listed listed);

        /** Reads a record that is held and was not listed, and takes the answer. Cold. */
        Mono<ListWalk.Listed> read(RecordKey key);

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
    }

    boolean isUnderWay() {
        return current != null;
    }

    /** Begins, unless it is under way; the answer completes at its end. */
    Mono<Void> begin() {
        Run run = current;
        if (run == null) {
            run = new Run();
            current = run;
            walk(run);
        }
        return run.done.asMono();
    }

    /** What was listed already is not to be relied on: all of it is listed again. */
    void repeat() {
        if (current != null) {
            current.again = true;
        }
    }

    void stop() {
        if (current != null) {
            current.done.tryEmitError(server.notConnected());
            current = null;
        }
        walking.update(Disposables.disposed());
    }

    /** The server has told of a record by another way, so its page may be older. */
    void confirmed(RecordKey key) {
        if (current != null) {
            current.confirmed.add(key);
        }
    }

    /** {@return whether the event is held back} */
    boolean holds(RecordKey key, ChangeEvent event) {
        if (current == null) {
            return false;
        }
        current.held.merge(key, event, finder::newer);
        return true;
    }

    private void walk(Run run) {
        walking.update(Flux.merge(feed.sources().get().stream()
                        .map(source -> server.walk().pages(source).doOnNext(page -> listed(run, source.entity(), page)))
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

    private void listed(Run run) {
        if (run.again) {
            run.again = false;
            run.seen.clear();
            walk(run);
            return;
        }
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
                .filter(record -> !feed.store().isPending(record.key())
                        && !run.seen.contains(record.key())
                        && !run.confirmed.contains(record.key())
                        && !run.held.containsKey(record.key()))
                .toList();
        return Flux.fromIterable(missing)
                .flatMap(
                        record -> finder.read(record.key())
                                // Somebody else's: its owner's events and the next opening tell more.
                                .onErrorResume(ServerContext::isForbidden, error -> Mono.empty()),
                        READS_AT_ONCE)
                .then();
    }

    private void release(Run run) {
        current = null;
        run.held.values().forEach(finder::received);
        server.flush();
    }
}
