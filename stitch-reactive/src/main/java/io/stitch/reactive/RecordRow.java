package io.stitch.reactive;

/**
 * A record of a list, and what is known of it besides its fields. Immutable as far as the record is.
 *
 * @param record the record
 * @param version the record's version on the server: 0 if the server has not acknowledged it yet, -1 if it has none
 * @param pending whether writes of this client to it are not settled
 * @param <T> the type of the record
 */
public record RecordRow<T>(T record, long version, boolean pending) {}
