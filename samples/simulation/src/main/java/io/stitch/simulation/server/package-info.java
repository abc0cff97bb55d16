/** Stores with a server: what they do, what happens to them, and whether they told the truth. */
@NullMarked
package io.stitch.simulation.server;

import org.jspecify.annotations.NullMarked;
