package io.stitch.reactive;

import io.stitch.reactive.store.RecordChange.Origin;
import io.stitch.reactive.store.RecordKey;
import io.stitch.reactive.store.RecordStore;
import io.stitch.reactive.store.StoredRecord;
import io.stitch.reactive.wire.Json;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

/** Writes to entities that never leave the store. */
final class LocalWrites {
    private static final long NO_VERSION = -1;

    private final RecordStore records;
    private final Scheduler serial;

    LocalWrites(RecordStore records, Scheduler serial) {
        this.records = records;
        this.serial = serial;
    }

    Mono<ObjectNode> create(String entity, ObjectNode data) {
        return Mono.fromCallable(() -> {
                    RecordKey key = new RecordKey(entity, data.path("id").stringValue());
                    if (records.get(key) != null) {
                        throw new RequestRefusedException(
                                409,
                                "exists: there is a %s '%s' already. Update it.".formatted(entity, key.id()),
                                null);
                    }
                    return put(key, data);
                })
                .subscribeOn(serial);
    }

    Mono<ObjectNode> update(String entity, String id, ObjectNode patch) {
        return Mono.fromCallable(() -> {
                    StoredRecord before = require(entity, id);
                    ObjectNode data = Json.readObject(before.json());
                    patch.properties().forEach(field -> {
                        if (field.getValue().isNull()) {
                            data.remove(field.getKey());
                        } else {
                            data.set(field.getKey(), field.getValue());
                        }
                    });
                    return put(before.key(), data);
                })
                .subscribeOn(serial);
    }

    Mono<Void> delete(String entity, String id) {
        return Mono.<Void>fromRunnable(() -> {
                    records.remove(require(entity, id), Origin.LOCAL);
                    records.flush();
                })
                .subscribeOn(serial);
    }

    private ObjectNode put(RecordKey key, ObjectNode data) {
        records.put(
                new StoredRecord(key, RecordStore.topLevel(key.entity()), NO_VERSION, Json.write(data)), Origin.LOCAL);
        records.flush();
        return data;
    }

    private StoredRecord require(String entity, String id) {
        StoredRecord record = records.get(new RecordKey(entity, id));
        if (record == null) {
            throw new RequestRefusedException(
                    404, "not found: there is no %s '%s' in this store.".formatted(entity, id), null);
        }
        return record;
    }
}
