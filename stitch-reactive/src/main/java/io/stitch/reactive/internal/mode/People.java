package io.stitch.reactive.internal.mode;

import io.stitch.reactive.PresentClient;
import io.stitch.reactive.UnsupportedInModeException;
import reactor.core.publisher.Flux;

import java.util.List;

/** Who else there is, as far as a server knows them. A mode without a server has none of it, and says what to use instead. */
public interface People {
    /** What a mode without a server answers. */
    People NOBODY = new People() {};

    /**
     * Who is connected. Hot, with the newest list replayed.
     *
     * @return the lists of the other clients, in the order of their ids
     */
    default Flux<List<PresentClient>> presence() {
        return Flux.error(
                () -> new UnsupportedInModeException(
                        "In peer mode nobody knows who is connected. PeerSync.presence tells which peers are there in a scope."));
    }
}
