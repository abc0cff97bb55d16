/** What peers say, as somebody who reads it from outside has it: topics, records and stamps. */
@NullMarked
package io.stitch.simulation.peer.wire;

import org.jspecify.annotations.NullMarked;
