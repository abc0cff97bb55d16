package io.stitch.reactive.sync;

import java.time.Duration;

/**
 * Where the truth about records lives and how a store keeps up with it. The seam between the one stream of a store and
 * the two modes: {@link ServerSync} and peer mode.
 */
public interface SyncMode {
    /**
     * {@return the mode's name, as it is stored with a local database}
     */
    String name();

    /**
     * {@return the sync topic prefix}
     */
    String topicPrefix();

    /**
     * {@return the response topic prefix}
     */
    String responsePrefix();

    /**
     * {@return how long a delete is remembered at least; only peers keep tombstones}
     */
    default Duration tombstoneRetention() {
        return Duration.ofDays(30);
    }

    /**
     * {@return how long a peer that is not heard any more counts as one that may not know of a delete}
     */
    default Duration peerMemory() {
        return Duration.ofDays(180);
    }

    /**
     * Begins to keep a store in sync. Called once for each store.
     *
     * @param context the store, as a mode sees it
     * @return the running mode
     */
    SyncSession open(SyncContext context);
}
