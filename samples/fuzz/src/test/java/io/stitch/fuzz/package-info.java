/** What the fuzz tests of all packages have in common. */
@NullMarked
package io.stitch.fuzz;

import org.jspecify.annotations.NullMarked;
