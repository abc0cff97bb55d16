/**
 * A reference server: an embedded MQTT 5 broker with the server side of the stitch protocol on it, for tests, demonstrations
 * and development. It shares no code with the client, so that each checks the other.
 */
@NullMarked
package io.stitch.server;

import org.jspecify.annotations.NullMarked;
