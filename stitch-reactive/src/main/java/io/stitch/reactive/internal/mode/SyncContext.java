package io.stitch.reactive.internal.mode;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * A store, as its sync mode sees it.
 *
 * @param records the records of the open scopes
 * @param writes the writes that are pending
 * @param journal keeps what a mode has to keep, together with the records
 * @param persistence what was kept; asked only after {@link Journal#settled()}
 * @param facts the facts that were kept, final once the store has started
 * @param roots the live list of roots, kept apart because its records are in their scopes too
 * @param schema the entities
 * @param topics the topics
 * @param client this client's id, which is final once the store has started
 * @param clock the injected scheduler: what time it is
 * @param serial the store's one worker, for tasks and timers
 * @param diagnostics where drops are counted
 * @param jitter random numbers from 0 to 1
 * @param ownerField the root's field that names its owner, or {@code null}
 * @param user the user whose roots are listed, if it is known
 * @param observer is told what the mode does
 */
public record SyncContext(
        RecordStore records,
        PendingWrites writes,
        Journal journal,
        Persistence persistence,
        Supplier<Map<String, String>> facts,
        RecordStore roots,
        WireSchema schema,
        Topics topics,
        Supplier<String> client,
        Scheduler clock,
        Scheduler serial,
        Diagnostics diagnostics,
        DoubleSupplier jitter,
        @Nullable String ownerField,
        Supplier<Optional<String>> user,
        StoreObserver observer) {
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(5);

    /**
     * {@return this client's id}
     */
    public String clientId() {
        return client.get();
    }

    /** Tells subscribers of lists that a batch of changes is over, and has the changes kept. */
    public void flush() {
        records.flush();
        roots.flush();
    }

    /**
     * {@return what time it is, in milliseconds since 1970}
     */
    public long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }

    /**
     * Does something later, on the worker.
     *
     * @param delay when
     * @param task what
     * @return takes it back
     */
    public Disposable after(Duration delay, Runnable task) {
        return serial.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Makes a time longer by up to a tenth, so that not all clients do the same at once.
     *
     * @param duration the time
     * @return a longer one
     */
    public Duration jittered(Duration duration) {
        return duration.plusMillis((long) (duration.toMillis() * 0.1 * jitter.getAsDouble()));
    }

    /**
     * How long to wait after failures: twice as long after each, up to five minutes, and jittered.
     *
     * @param first the wait after the first failure
     * @param failures how many there were in a row, 1 or more
     * @return the time
     */
    public Duration backoff(Duration first, int failures) {
        Duration delay = first.multipliedBy(1L << Math.min(failures - 1, 10));
        return jittered(delay.compareTo(LONGEST_BACKOFF) < 0 ? delay : LONGEST_BACKOFF);
    }

    /**
     * Tells whether a root belongs to the user whose roots are listed.
     *
     * @param root the root
     * @return whether it does, or roots have no owners, or the user is not known
     */
    public boolean isOwnRoot(JsonNode root) {
        String owner = user.get().orElse(null);
        return ownerField == null
                || owner == null
                || root.path(ownerField).asString("").equals(owner);
    }

    /**
     * Forgets what the server, or the other peers, hold of a set of records; what is pending stays. Its subscribers see that at the next
     * flush. On the worker.
     *
     * @param store where it is
     * @param key its key
     */
    public static void forget(RecordStore store, String key) {
        forget(store, key, Origin.LOCAL);
    }

    /**
     * Forgets what the server holds of a set of records, as {@link #forget(RecordStore, String)} does.
     *
     * @param store where it is
     * @param key its key
     * @param origin who does it
     */
    public static void forget(RecordStore store, String key, Origin origin) {
        store.serverRecords(key).forEach(record -> store.remove(record.key(), origin));
    }

    /** The key of the live list of roots in {@link #roots()}. */
    public static final String ROOTS_KEY = "#roots";

    /**
     * Says that a scope would have to be open.
     *
     * @param scopeId the scope
     * @return the error
     */
    public static ClosedException notOpen(String scopeId) {
        return new ClosedException(
                "Scope '%s' is not open. Open it with openScope or replaceScope first.".formatted(scopeId));
    }
}
