/** The store against the real server, and beside the real other client. */
@NullMarked
package io.stitch.samples.interop;

import org.jspecify.annotations.NullMarked;
