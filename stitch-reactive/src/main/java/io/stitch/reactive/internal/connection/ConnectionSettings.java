package io.stitch.reactive.internal.connection;

import io.stitch.reactive.ReconnectValidator;
import io.stitch.reactive.internal.Diagnostics;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * What a store's connections have in common.
 *
 * @param clientId this client's id, which is final once the store has started
 * @param topicPrefix what all topics begin with
 * @param clock what time it is
 * @param serial the store's one worker
 * @param diagnostics where what goes unusually is reported
 * @param jitter random numbers from 0 to 1
 * @param validator decides whether a connection that came back is used, or {@code null}
 */
public record ConnectionSettings(
        Supplier<String> clientId,
        String topicPrefix,
        Scheduler clock,
        Scheduler serial,
        Diagnostics diagnostics,
        DoubleSupplier jitter,
        @Nullable ReconnectValidator validator) {}
