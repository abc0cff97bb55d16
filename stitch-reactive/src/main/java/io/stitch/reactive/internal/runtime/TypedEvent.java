package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.spi.RecordChange;
import tools.jackson.databind.node.ObjectNode;

import java.util.Optional;

/**
 * A change as applications see it: its record is read when they ask for it.
 *
 * @param change what happened
 * @param mapper reads the record
 */
record TypedEvent(RecordChange change, RecordMapper mapper) implements RecordEvent {
    @Override
    public Operation operation() {
        return change.operation();
    }

    @Override
    public Origin origin() {
        return change.origin();
    }

    @Override
    public String entity() {
        return change.record().entity();
    }

    @Override
    public String id() {
        return change.record().id();
    }

    @Override
    public long version() {
        return change.record().version();
    }

    @Override
    public Optional<String> tag() {
        return Optional.ofNullable(change.tag());
    }

    @Override
    public boolean isPending() {
        return change.pending();
    }

    @Override
    public <T> T record(EntityType<T> type) {
        if (!isOf(type)) {
            throw new SchemaException("The event is about a %s, not a %s.".formatted(entity(), type.name()));
        }
        return mapper.read(type, change.record().json());
    }

    @Override
    public ObjectNode json() {
        return Bookkeeping.read(change.record().json());
    }

    @Override
    public String toString() {
        return operation() + " " + entity() + "/" + id() + " v" + version() + " (" + origin()
                + (isPending() ? ", pending)" : ")");
    }
}
