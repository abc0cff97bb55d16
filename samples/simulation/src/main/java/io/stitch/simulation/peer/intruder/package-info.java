/** Those who speak where peers do, and are none: they name what they like, and say once more, or otherwise, what they heard. */
@NullMarked
package io.stitch.simulation.peer.intruder;

import org.jspecify.annotations.NullMarked;
