/** What only peers put on the wire: stamps, their hellos and goodbyes, and the topics of those. */
@NullMarked
package io.stitch.reactive.peer.internal.wire;

import org.jspecify.annotations.NullMarked;
