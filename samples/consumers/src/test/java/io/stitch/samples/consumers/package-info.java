/** Runs what the projects of this module build, as their users would, and checks what they print. */
@NullMarked
package io.stitch.samples.consumers;

import org.jspecify.annotations.NullMarked;
