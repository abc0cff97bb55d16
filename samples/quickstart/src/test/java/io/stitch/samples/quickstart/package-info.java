@NullMarked
package io.stitch.samples.quickstart;

import org.jspecify.annotations.NullMarked;
