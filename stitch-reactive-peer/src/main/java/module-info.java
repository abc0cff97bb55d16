/** Peer mode: stores that keep each other in sync over any MQTT 5 broker, {@link io.stitch.reactive.peer.PeerSync}. */
module io.stitch.reactive.peer {
    requires transitive io.stitch.reactive;
    requires static transitive org.jspecify;

    exports io.stitch.reactive.peer;
}
