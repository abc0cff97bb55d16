package io.stitch.reactive.internal.writes;

import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A write to send.
 *
 * @param write the write; its {@code requestId} is the request to send it as
 * @param inDoubt whether that request was sent before and never answered, so that the write may have been executed
 * @param waited whether the write waited in the queue, so that others may have written meanwhile
 * @param acknowledged tells whether the server has ever had the record, as far as is known when it is asked; on the worker
 * @param localCopy works out the record as subscribers see it, or {@code null}; on the worker, before the write is settled
 */
public record WriteRequest(
        PendingWrite write,
        boolean inDoubt,
        boolean waited,
        BooleanSupplier acknowledged,
        Supplier<@Nullable ObjectNode> localCopy) {}
