/**
 * A service that shows boards of tasks live in the browser. {@link io.stitch.samples.webflux.BoardStream} and {@link
 * io.stitch.samples.webflux.OpenScopes} are where it meets the library; the rest is Spring.
 */
@NullMarked
package io.stitch.samples.webflux;

import org.jspecify.annotations.NullMarked;
