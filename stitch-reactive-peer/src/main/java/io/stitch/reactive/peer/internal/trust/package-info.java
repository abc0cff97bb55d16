/** Who may read and who may write among peers: keys of scopes, and signatures. */
@NullMarked
package io.stitch.reactive.peer.internal.trust;

import org.jspecify.annotations.NullMarked;
