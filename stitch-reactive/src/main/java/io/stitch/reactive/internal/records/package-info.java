/**
 * The records of the open scopes in memory: what the server last confirmed, what is shown of it with the writes on top, and what subscribers
 * are told. Knows {@code wire}; does not know what a write is, only that something may lie on top of a record.
 */
@NullMarked
package io.stitch.reactive.internal.records;

import org.jspecify.annotations.NullMarked;
