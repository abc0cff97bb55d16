/** What peers protect themselves with: signatures, and keys of scopes. It knows nothing of the worlds in which they do. */
@NullMarked
package io.stitch.simulation.peer.protection;

import org.jspecify.annotations.NullMarked;
