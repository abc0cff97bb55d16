/**
 * The local store: records of the open scopes in memory, and the publishers through which subscribers see them change.
 *
 * <p>It may use {@code persistence}; {@code sync} and the root package call it. Records change on the store's one serial
 * worker and are read from anywhere.
 */
@NullMarked
package io.stitch.reactive.store;

import org.jspecify.annotations.NullMarked;
