package io.stitch.reactive.internal.wire;

/**
 * One record in a hello's manifest.
 *
 * @param entity the record's entity
 * @param id the record's id
 * @param version the server's version of it; 0 if the server never acknowledged it
 */
public record ManifestEntry(String entity, String id, long version) {}
