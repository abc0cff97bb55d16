/**
 * What an application imports: the store and its builder, scopes, schemas, writes, options and errors. Begin with {@link
 * io.stitch.reactive.StitchStore}.
 *
 * <p>One flat package, so that one import finds everything. Values and interfaces only; the builder makes the one step into {@code
 * internal}. What others may implement is in {@link io.stitch.reactive.spi}.
 */
@NullMarked
package io.stitch.reactive;

import org.jspecify.annotations.NullMarked;
