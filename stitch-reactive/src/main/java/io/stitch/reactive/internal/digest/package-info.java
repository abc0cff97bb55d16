/**
 * How a set of records is compared with another one by fingerprints ({@link io.stitch.reactive.internal.digest.DigestTree}), and what can be
 * found out of them without asking. Knows {@code wire}.
 */
@NullMarked
package io.stitch.reactive.internal.digest;

import org.jspecify.annotations.NullMarked;
