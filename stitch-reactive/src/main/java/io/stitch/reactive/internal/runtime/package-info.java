/**
 * Puts a store together from the other rooms, and gives it its typed face: {@link
 * io.stitch.reactive.internal.runtime.DefaultStitchStore}, which the builder makes, scopes, events and writes as applications see them.
 * Knows all rooms; nobody but the builder knows it.
 */
@NullMarked
package io.stitch.reactive.internal.runtime;

import org.jspecify.annotations.NullMarked;
