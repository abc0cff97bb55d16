package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ReconnectValidator;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.internal.writes.CheckedPersistence;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * What a store is built with.
 *
 * @param schema the entities
 * @param remote where the broker is and how to log in
 * @param addressed whether that is known already; otherwise the store stays offline until it is
 * @param syncMode the sync mode
 * @param clientId the given client id, or {@code null} for one that the store makes
 * @param persistence keeps records and pending writes
 * @param autoConnect whether starting begins to connect
 * @param daemonThreads whether the store's own threads are daemons
 * @param maxPendingWrites how many writes may wait for the server
 * @param keepWarm how long scopes are kept after they were closed, and how many
 * @param reconnectValidator decides about connections that come back, or {@code null}
 * @param scheduler runs the worker and the timers, or {@code null} for one of the store's own
 * @param random random numbers from 0 to below 1
 * @param mapper writes and reads records
 * @param observer is told what the store does
 * @param connector opens connections, or {@code null} for the MQTT client
 */
public record StoreSettings(
        StitchSchema schema,
        RemoteOptions remote,
        boolean addressed,
        SyncMode syncMode,
        @Nullable String clientId,
        Persistence persistence,
        boolean autoConnect,
        boolean daemonThreads,
        int maxPendingWrites,
        KeepWarm keepWarm,
        @Nullable ReconnectValidator reconnectValidator,
        @Nullable Scheduler scheduler,
        DoubleSupplier random,
        JsonMapper mapper,
        StoreObserver observer,
        @Nullable MqttConnector connector) {
    /**
     * How long, and how many.
     *
     * @param duration how long a scope is kept after a handle of it was closed
     * @param most how many are
     */
    public record KeepWarm(Duration duration, int most) {
        /**
         * Checks what a builder was told.
         *
         * @param duration how long
         * @param most how many
         * @return the settings
         * @throws SchemaException if the time is negative
         */
        public static KeepWarm of(Duration duration, int most) {
            if (duration.isNegative()) {
                throw new SchemaException("keepWarm: a scope cannot be kept for %s. Use zero to let go of it at once."
                        .formatted(duration));
            }
            return new KeepWarm(duration, most);
        }

        static Duration checked(Duration duration) {
            if (duration.isNegative()) {
                throw new IllegalArgumentException(
                        "A scope cannot be kept warm for %s. Use zero to let go of it at once.".formatted(duration));
            }
            return duration;
        }
    }

    /** Has the persistence fail as its interface says, whatever it is. */
    public StoreSettings {
        persistence = new CheckedPersistence(persistence);
    }
}
