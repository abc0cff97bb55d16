/**
 * Durable stores: an implementation of the persistence SPI on one H2 file.
 *
 * <p>It implements {@link io.stitch.reactive.spi.Persistence} and nothing in {@code stitch-reactive} knows it.
 */
@NullMarked
package io.stitch.reactive.h2;

import org.jspecify.annotations.NullMarked;
