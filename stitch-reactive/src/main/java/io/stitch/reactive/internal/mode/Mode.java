package io.stitch.reactive.internal.mode;

import io.stitch.reactive.spi.SyncMode;

import java.time.Duration;

/** A sync mode as a store uses it: the seam between what all stores do and what server mode and peer mode do differently. */
public interface Mode extends SyncMode {
    /** {@return the sync topic prefix} */
    String topicPrefix();

    /** {@return the response topic prefix} */
    String responsePrefix();

    /** {@return how long a delete is remembered at least; only peers keep tombstones} */
    default Duration tombstoneRetention() {
        return Duration.ofDays(30);
    }

    /** {@return how long a peer that is not heard any more counts as one that may not know of a delete} */
    default Duration peerMemory() {
        return Duration.ofDays(180);
    }

    /** {@return whether the scope is a part of each record's identity: nothing that happens in one is to touch another} */
    default boolean scopedKeys() {
        return false;
    }

    /** {@return the field of each record that holds its version; like all that begin with {@code _} it is never a writer's} */
    default String versionField() {
        return "_version";
    }

    /** {@return whether records may be created for a time: somebody has to say that it is over} */
    default boolean expires() {
        return true;
    }

    /**
     * Begins to keep a store in sync. Called once for each store.
     *
     * @param context the store, as a mode sees it
     * @return the running mode
     */
    SyncSession open(SyncContext context);
}
