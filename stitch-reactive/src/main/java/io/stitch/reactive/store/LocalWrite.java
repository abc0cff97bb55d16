package io.stitch.reactive.store;

import io.stitch.reactive.persistence.PendingWrite.Kind;
import io.stitch.reactive.persistence.RecordKey;
import tools.jackson.databind.node.ObjectNode;

/**
 * A write that an application asked for.
 *
 * @param kind what to write
 * @param key the record
 * @param scope the key of the set of records where it is written
 * @param payload the record of a create, the fields of an update, an empty object for a delete
 */
public record LocalWrite(Kind kind, RecordKey key, String scope, ObjectNode payload) {}
