/** Tests of the reference server, with a bare MQTT client. */
@NullMarked
package io.stitch.server;

import org.jspecify.annotations.NullMarked;
