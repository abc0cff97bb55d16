package io.stitch.reactive.spi;

/**
 * Where the truth about records lives, and how a store keeps up with it: {@code ServerSync}, or {@code PeerSync} from {@code
 * stitch-reactive-peer}. Opaque: what a mode does is internal to the library, so only its own modes can be used.
 */
public interface SyncMode {
    /**
     * {@return the mode's name, as it is stored with a local database}
     */
    String name();
}
