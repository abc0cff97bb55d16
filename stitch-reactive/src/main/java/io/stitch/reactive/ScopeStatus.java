package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * How far what a scope shows can be trusted to be all there is. Immutable.
 *
 * @param state the state
 * @param comparedAt when the scope was last compared since it was opened, by the time of the store's scheduler; {@code null} for not yet. Until
 *     then an empty scope may only be empty here; afterwards what others do meanwhile comes by itself, while there is a connection
 * @param refusal why the scope may not be seen, in the state {@link State#REFUSED}, else {@code null}
 */
public record ScopeStatus(
        State state, @Nullable Instant comparedAt, @Nullable ScopeRefusal refusal) {
    /** The states. */
    public enum State {
        /** What is kept on disk is being read. */
        OPENING,
        /** There is no connection: what is shown was kept, or was here when the connection ended. */
        OFFLINE,
        /** What is shown was kept, or was here before this connection, and is being compared with what others hold. */
        COMPARING,
        /**
         * It was compared on this connection, and is kept up to date. What that means depends on who was asked: a server that lists
         * {@code answers} has said that it has nothing more to send, and all that it sent is here; an old server has listed everything; a plain
         * server at version 2 has taken the hello and sent nothing for the quiet period, which is all that can be known there; among peers
         * somebody has answered the hello and all of the answer is here, or somebody who never says so was there and nothing came for the quiet period.
         */
        COMPARED,
        /** Among peers: hello was said on this connection, and nobody was there to answer it. What is shown is all that can be known now. */
        ALONE,
        /** The server, or the broker, does not let this client see the scope. Opening it anew, or a login, asks again. */
        REFUSED
    }

    /**
     * {@return whether what is shown was compared with what others hold since the scope was opened, or nobody was there} What is empty then is not
     * only empty here.
     */
    public boolean isCompared() {
        return comparedAt != null;
    }
}
