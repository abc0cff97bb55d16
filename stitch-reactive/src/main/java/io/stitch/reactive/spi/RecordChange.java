package io.stitch.reactive.spi;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;

/**
 * What happened to a record in the local store.
 *
 * @param operation what happened
 * @param record the record after it; on a delete, the last state
 * @param origin who did it
 * @param pending whether local writes of the record still waited for their answer
 */
public record RecordChange(Operation operation, StoredRecord record, Origin origin, boolean pending) {}
