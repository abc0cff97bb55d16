/**
 * What a write is: what an application asked for, the rules and bounds that it is held to, what is sent and what is answered, and the
 * journal that keeps writes together with records. Knows {@code records} and {@code wire}.
 */
@NullMarked
package io.stitch.reactive.internal.writes;

import org.jspecify.annotations.NullMarked;
