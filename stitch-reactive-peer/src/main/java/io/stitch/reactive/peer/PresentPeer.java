package io.stitch.reactive.peer;

import java.time.Instant;

/**
 * A peer that said hello or wrote lately.
 *
 * @param clientId its MQTT client id
 * @param lastHeard when it was last heard, by the clock of this store, as of the list it is in
 */
public record PresentPeer(String clientId, Instant lastHeard) {}
