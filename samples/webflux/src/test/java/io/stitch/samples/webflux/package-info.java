/** Tests of the service, over HTTP and in a browser. */
@NullMarked
package io.stitch.samples.webflux;

import org.jspecify.annotations.NullMarked;
