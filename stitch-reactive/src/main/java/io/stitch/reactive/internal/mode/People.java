package io.stitch.reactive.internal.mode;

import io.stitch.reactive.PresentClient;
import io.stitch.reactive.Share;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.UnsupportedInModeException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;

/** Who else there is, as far as a server knows them. A mode without a server has none of it, and says what to use instead. */
public interface People {
    /** What a mode without a server answers. */
    People NOBODY = new People() {};

    /**
     * Shares a record. Cold.
     *
     * @param entity its entity
     * @param id its id
     * @param grantee with whom
     * @param permission what they may do
     * @param cascade whether that goes for what belongs to it as well
     * @return what the server granted
     */
    default Mono<Share> share(String entity, String id, String grantee, SharePermission permission, boolean cascade) {
        return Mono.error(People::cannotShare);
    }

    /**
     * Ends the sharing of a record. Cold.
     *
     * @param entity its entity
     * @param id its id
     * @param grantee with whom it was shared
     * @return completes when that is over
     */
    default Mono<Void> unshare(String entity, String id, String grantee) {
        return Mono.error(People::cannotShare);
    }

    /**
     * With whom a record is shared. Cold.
     *
     * @param entity its entity
     * @param id its id
     * @return the shares
     */
    default Mono<List<Share>> shares(String entity, String id) {
        return Mono.error(People::cannotShare);
    }

    /**
     * {@return whether a root was listed last among those that others share with the user} Any thread.
     *
     * @param rootId the root
     */
    default boolean isShared(String rootId) {
        return false;
    }

    private static UnsupportedInModeException cannotShare() {
        return new UnsupportedInModeException(
                "In peer mode records have no owners who could share them: whoever may use a scope's topics on the broker has all of it. Change"
                        + " the broker's access rules instead.");
    }

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
