/** Tests of the desktop board. Those that need a window run on a virtual display. */
@NullMarked
package io.stitch.samples.desktop;

import org.jspecify.annotations.NullMarked;
