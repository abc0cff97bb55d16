/**
 * The quickstart: two clients share a project's board, on a new server and on an old one. Begin with
 * {@link io.stitch.samples.quickstart.Board}, which says what is kept in sync, and then read the acts in their order.
 */
@NullMarked
package io.stitch.samples.quickstart;

import org.jspecify.annotations.NullMarked;
