package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;

/** Where what the server confirmed is kept. On the worker. */
public interface RecordLog {
    /** Keeps a record. */
    void put(StoredRecord record);

    /** Keeps that there is a record no more. */
    void remove(RecordKey key);

    /** A batch of changes is over: hands on what is to be kept. */
    void commit();
}
