/** What both simulations share: time, threads, networks, disks, seeds, and how what they find is made small and shown. */
@NullMarked
package io.stitch.simulation;

import org.jspecify.annotations.NullMarked;
