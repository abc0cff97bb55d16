package io.stitch.reactive.store;

/**
 * A record's identity. Its scope is not part of it: a record that moves to another scope stays the same record.
 *
 * @param entity the entity
 * @param id the id within the entity
 */
public record RecordKey(String entity, String id) {}
