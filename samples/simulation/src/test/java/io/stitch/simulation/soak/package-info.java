/** Stores on real threads, files and sockets, for as long as one likes: whether anything is left over that should not be. */
@org.jspecify.annotations.NullMarked
package io.stitch.simulation.soak;
