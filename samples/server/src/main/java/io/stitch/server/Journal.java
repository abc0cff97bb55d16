package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The durable home of the records. Used by the worker alone. */
interface Journal extends AutoCloseable {
    void load(BiConsumer<Key, ObjectNode> records, Consumer<Tombstone> tombstones);

    /** Fails for what cannot be written. */
    void put(Key key, ObjectNode data);

    void delete(Key key);

    void bury(Tombstone stone);

    /** Removes a tombstone. */
    void forget(Key key);

    /** Writes what was collected, in one transaction. */
    void commit();

    /** Forgets what was collected. */
    void rollBack();

    @Override
    void close();

    /** A journal that keeps nothing, for a server that lives no longer than its memory. */
    static Journal none() {
        return new Journal() {
            @Override
            public void load(BiConsumer<Key, ObjectNode> records, Consumer<Tombstone> tombstones) {}

            @Override
            public void put(Key key, ObjectNode data) {
                Json.write(data);
            }

            @Override
            public void delete(Key key) {}

            @Override
            public void bury(Tombstone stone) {}

            @Override
            public void forget(Key key) {}

            @Override
            public void commit() {}

            @Override
            public void rollBack() {}

            @Override
            public void close() {}
        };
    }
}
