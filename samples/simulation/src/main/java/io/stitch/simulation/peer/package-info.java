/** Stores among peers, in virtual time. */
@NullMarked
package io.stitch.simulation.peer;

import org.jspecify.annotations.NullMarked;
