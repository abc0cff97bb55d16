/**
 * MQTT on the HiveMQ client, the login, and connecting again: one connection after another for whoever uses them ({@link
 * io.stitch.reactive.internal.connection.ConnectionUser}). Knows no room but the shared one.
 */
@NullMarked
package io.stitch.reactive.internal.connection;

import org.jspecify.annotations.NullMarked;
