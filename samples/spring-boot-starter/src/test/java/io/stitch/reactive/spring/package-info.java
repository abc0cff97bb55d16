/** Tests of the starter. */
@NullMarked
package io.stitch.reactive.spring;

import org.jspecify.annotations.NullMarked;
