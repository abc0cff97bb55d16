/**
 * What a store keeps beyond its own life, and the interface of those who keep it.
 *
 * <p>{@link io.stitch.reactive.persistence.Persistence} is the seam for a database; {@link
 * io.stitch.reactive.persistence.InMemoryPersistence} keeps everything in this process. It knows no other package of the
 * module; {@code store} and the root package call it.
 */
@NullMarked
package io.stitch.reactive.persistence;

import org.jspecify.annotations.NullMarked;
