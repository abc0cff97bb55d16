package io.stitch.reactive.sync;

import io.stitch.reactive.store.PendingWrites;
import io.stitch.reactive.store.RecordStore;
import io.stitch.reactive.wire.Topics;
import io.stitch.reactive.wire.WireSchema;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * A store, as its sync mode sees it.
 *
 * @param records the records of the open scopes
 * @param writes the writes that are pending
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
 */
public record SyncContext(
        RecordStore records,
        PendingWrites writes,
        RecordStore roots,
        WireSchema schema,
        Topics topics,
        Supplier<String> client,
        Scheduler clock,
        Scheduler serial,
        Diagnostics diagnostics,
        DoubleSupplier jitter,
        @Nullable String ownerField,
        Supplier<Optional<String>> user) {

    /**
     * {@return this client's id}
     */
    public String clientId() {
        return client.get();
    }

    /** The key of the live list of roots in {@link #roots()}. */
    public static final String ROOTS_KEY = "#roots";
}
