package io.stitch.reactive.internal.wire;

import io.stitch.reactive.spi.StoredRecord;

/**
 * One record in a hello's manifest.
 *
 * @param entity the record's entity
 * @param id the record's id
 * @param version the server's version of it; 0 if the server never acknowledged it
 */
public record ManifestEntry(String entity, String id, long version) {
    /**
     * The entry of a record.
     *
     * @param record the record, as the server last confirmed it
     * @return its entry
     */
    public static ManifestEntry of(StoredRecord record) {
        return new ManifestEntry(record.entity(), record.id(), versionOf(record));
    }

    /**
     * The version by which a record is compared.
     *
     * @param record the record, as the server last confirmed it
     * @return the version; 0 if the server never acknowledged it
     */
    public static long versionOf(StoredRecord record) {
        return Math.max(0, record.version());
    }
}
