/** What all rooms below share: where what is dropped or goes unusually is counted and told. Knows only the API and the SPI. */
@NullMarked
package io.stitch.reactive.internal;

import org.jspecify.annotations.NullMarked;
