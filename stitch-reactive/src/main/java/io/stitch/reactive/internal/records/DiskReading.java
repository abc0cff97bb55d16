package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;

import java.util.HashSet;
import java.util.Set;

/** Records that are being read from disk, while memory goes on: what changes meanwhile is newer, and what is gone stays gone. On the worker. */
public final class DiskReading {
    private final RecordStore records;
    private final Set<RecordKey> changed = new HashSet<>();
    private boolean allForgotten;

    DiskReading(RecordStore records) {
        this.records = records;
    }

    void changed(RecordKey key) {
        changed.add(key);
    }

    void forgetAll() {
        allForgotten = true;
    }

    /**
     * Puts a record that was read, unless it has changed, or all records were forgotten, since the reading began.
     *
     * @param record the record
     */
    public void restore(StoredRecord record) {
        if (!allForgotten && !changed.contains(record.key())) {
            records.restore(record);
        }
    }

    /** Nothing more comes of it. */
    public void over() {
        records.over(this);
    }
}
