package io.stitch.reactive.internal.mode;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.internal.OnlyCopy;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Set;

/**
 * A sync mode at work for one store. All methods run on the store's worker, except {@link #decode} and the publishers,
 * which may be called and subscribed anywhere.
 */
public interface SyncSession {
    /**
     * Takes over a new connection: subscribes, and brings every open scope up to date.
     *
     * @param connection the connection
     * @return completes when requests can be sent; an error gives the connection up
     */
    Mono<Void> connected(MqttConnection connection);

    /** The connection is gone. */
    void disconnected();

    /**
     * Decodes a message on the transport's thread; must not touch the store.
     *
     * @param message the message
     * @return what it is
     */
    Inbound decode(InboundMessage message);

    /**
     * Takes a decoded message.
     *
     * @param inbound the message
     */
    void received(Inbound inbound);

    /**
     * Something came on a topic and could not be taken: what it may have told is compared.
     *
     * @param topic the topic, or {@link InboundMessage#ANY_TOPIC}
     */
    void missed(String topic);

    /**
     * Opens a scope.
     *
     * @param scopeId the scope
     */
    void openScope(String scopeId);

    /**
     * Tells whether a scope may not be shown now. It is not opened then, neither here nor from disk, until {@link #lockTurns} says that this has
     * changed.
     *
     * @param scopeId the scope
     * @return whether it may not
     */
    default boolean isLocked(String scopeId) {
        return false;
    }

    /**
     * A scope was to be opened, or is open, and is locked: whoever waits for it is told why nothing comes.
     *
     * @param scopeId the scope
     */
    default void heldLocked(String scopeId) {}

    /**
     * {@return the scopes that were to be opened and are locked no more, and the open ones that are locked now} Hot; on the worker.
     */
    default Flux<String> lockTurns() {
        return Flux.never();
    }

    /**
     * Somebody opens a scope that is open already: if it was refused, it is asked for again.
     *
     * @param scopeId the scope
     */
    default void openedAnew(String scopeId) {}

    /**
     * The sets of records that are opened like scopes once what was kept is read, before any write, and stay open until the store ends: nobody
     * has a handle of them, and their records are in memory by then.
     *
     * @return their keys, always the same
     */
    default Set<String> standingScopes() {
        return Set.of();
    }

    /** What was kept is read, and no connection is there yet. */
    default void restored() {}

    /** Somebody logs in, on the next connection: what was refused may be granted. */
    default void loggingIn() {}

    /**
     * Closes a scope and frees its records.
     *
     * @param scopeId the scope
     */
    void closeScope(String scopeId);

    /**
     * {@return what is known of each open scope} The session tells it from the moment on when it opens the scope.
     */
    ScopeStatuses statuses();

    /** Starts keeping the live list of roots. */
    void watchRoots();

    /** Stops keeping the live list of roots. */
    void unwatchRoots();

    /**
     * {@return what the server last said of itself}
     */
    ServerCapabilities capabilities();

    /**
     * {@return whether the broker has taken a publish or sent a message on this connection: if not, it may dislike the prefix}
     */
    boolean heard();

    /**
     * {@return the scopes that could not be opened, from now on} Hot.
     */
    Flux<ScopeRefusal> refusals();

    /**
     * {@return what was refused because the session is not valid, from now on} Hot.
     */
    Flux<RequestException> unauthenticated();

    /** Forgets every record that the server confirmed, and the deletes that are remembered: they were another user's. */
    void forget();

    /**
     * {@return what sends writes while connected}
     */
    WriteSender writes();

    /**
     * The first comparison of the open scopes on this connection.
     *
     * @return completes on the worker when each has said hello, or was listed, or could not be
     */
    Mono<Void> compared();

    /**
     * Reads a record from where the truth is. Cold.
     *
     * @param entity its entity
     * @param id its id
     * @param projection the fields to ask for; empty for the whole record
     * @return the record; empty if there is none
     */
    Mono<ObjectNode> read(String entity, String id, List<String> projection);

    /**
     * Lists records from where the truth is. Cold.
     *
     * @param entity the entity
     * @param query which of them
     * @return the records
     */
    Mono<List<ObjectNode>> list(String entity, ListQuery query);

    /**
     * Lists every root, or those of the user where roots have owners. Cold.
     *
     * @return the roots, page by page
     */
    Flux<ObjectNode> listRoots();

    /**
     * Lists some of the roots. Cold.
     *
     * @param query which of them, in what order
     * @param own the same of those that are the user's own, where roots have owners
     * @return the user's own and what is shared with them, in the order asked for
     */
    Mono<List<ObjectNode>> listRoots(ListQuery query, ListQuery own);

    /**
     * Sends an arbitrary request below the topic prefix. Cold.
     *
     * @param topic the topic below the prefix
     * @param payload the payload
     * @return the reply's data
     */
    Mono<JsonNode> request(String topic, JsonNode payload);

    /**
     * {@return who else there is} Its publishers may be subscribed anywhere.
     */
    default People people() {
        return People.NOBODY;
    }

    /**
     * Loads an open scope from where the truth is, whatever it holds. Cold.
     *
     * @param scopeId the scope
     * @return completes when all of it is in the store
     */
    Mono<Void> loadScope(String scopeId);

    /**
     * Forgets an open scope's records, and has them sent again. Cold.
     *
     * @param scopeId the scope
     * @return completes when they are gone
     */
    Mono<Void> clearScope(String scopeId);

    /**
     * How safe an open scope is. Signalled on the worker.
     *
     * @param scopeId the scope
     * @return the states, from that of now on; the newest for a slow subscriber
     */
    Flux<ScopeSafety> safety(String scopeId);

    /**
     * How safe a record of an open scope is. Signalled on the worker.
     *
     * @param scopeId the scope
     * @param entity its entity
     * @param id its id
     * @return the states, from that of now on; the newest for a slow subscriber
     */
    Flux<RecordSafety> safety(String scopeId, String entity, String id);

    /**
     * {@return whether what is held here may be all there is of it: where nobody else owns the truth} Any thread.
     */
    default boolean mayHoldTheOnlyCopy() {
        return false;
    }

    /**
     * Looks for a scope with something that nobody else is known to hold, so that forgetting it would be for good. Cold; subscribed when
     * what is kept has been read.
     *
     * @param unsentToo whether writes that were not sent would be forgotten, too
     * @return one, on the worker; empty on the worker if there is none there and then; an error if what is kept cannot be read
     */
    default Mono<OnlyCopy> onlyCopy(boolean unsentToo) {
        return Mono.empty();
    }

    /**
     * Adds to an attempt to connect what the mode wants to tell the broker. On the worker.
     *
     * @param request where and how
     * @return the request, changed or not
     */
    default ConnectRequest connecting(ConnectRequest request) {
        return request;
    }

    /**
     * Says goodbye on the present connection, if there is one. To be called on the worker, before the connection is let go.
     *
     * @return completes when it is said
     */
    default Mono<Void> leaving() {
        return Mono.empty();
    }

    /**
     * Ends everything this session started. Where nothing is kept, it says what of the store nobody else is known to hold: on the worker, before the
     * writes end.
     */
    void close();
}
