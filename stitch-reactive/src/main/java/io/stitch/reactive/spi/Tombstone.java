package io.stitch.reactive.spi;

/**
 * A record that was deleted, remembered so that an older copy of it does not come back.
 *
 * @param scope the key of the set of records that it was deleted from
 * @param key the record
 * @param stamp the delete's stamp, as the sync mode writes it
 * @param deletedAt when it was deleted here, in milliseconds since 1970
 */
public record Tombstone(String scope, RecordKey key, String stamp, long deletedAt) {}
