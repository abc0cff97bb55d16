package io.stitch.reactive;

import com.google.errorprone.annotations.CheckReturnValue;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A store of records in sync with a server over MQTT 5. Safe on any thread.
 *
 * <p>All state is changed on one serial worker of the store, and events are signalled there. Everything that answers later
 * is cold and fails with a {@link StitchException}.
 */
public interface StitchStore {
    /**
     * {@return a builder; a schema and a remote are required}
     */
    static StitchStoreBuilder builder() {
        return new StitchStoreBuilder();
    }

    /**
     * Starts the store: opens what was kept. Cold; connecting goes on behind it.
     *
     * @return completes when the store can be used; a {@link ModeMismatchException} if it was kept in another sync mode, a
     *     {@link PersistenceException} if it cannot be opened
     */
    @CheckReturnValue
    Mono<Void> start();

    /**
     * Ends the store: disconnects, completes every publisher and frees everything. An attempt to connect that is under way is waited for, 2 s at
     * most. Cold; final.
     *
     * <p>A store without a persistence ends with all that it holds. Where that is the only copy of something, as far as is known, the end says so
     * as it comes: with {@link DiagnosticCode#ONLY_COPY_GONE} on {@link #diagnostics()}, and a warning in the log.
     *
     * @return completes when it is over
     */
    @CheckReturnValue
    Mono<Void> close();

    /**
     * Tells when the store has ended. A program that has nothing else to do than to wait for that does so with
     * {@code store.start().then(store.onClose()).block()}, which ends, too, if the store cannot start. Hot; replayed to those who come later.
     *
     * @return completes when the store was closed; a {@link StoreFailedException} if it ended by itself because of an error of the JVM
     */
    @CheckReturnValue
    Mono<Void> onClose();

    /**
     * Ends the store and forgets everything it kept: records, pending writes, the client id, the sync mode. Cold; final, so build
     * a new store to go on, with a new persistence. Also the way out where {@link #start()} failed with a {@link
     * ModeMismatchException}.
     *
     * <p>In peer mode nothing is forgotten, and the store goes on, where that may be the only copy: where a scope has records and no other peer
     * was ever heard there, where writes were not sent, and where it is known that nobody heard of one and that nobody has said since that they
     * have it. {@link #clearLocalData(boolean)} does it all the same. A store that has not started opens what it keeps for that.
     *
     * @return completes when nothing is left; a {@link StitchException} if it could not be deleted, among them in peer mode an
     *     {@link OnlyCopyException}, a {@link PersistenceException} if what is kept cannot be read, so that nobody knows, and a
     *     {@link ClosedException} from a store that was closed, which cannot tell either
     */
    @CheckReturnValue
    default Mono<Void> clearLocalData() {
        return clearLocalData(false);
    }

    /**
     * Does what {@link #clearLocalData()} does, also, if told so, where a peer's records may be the only copy that there is. Cold.
     *
     * @param onlyCopyToo whether they may go, whatever is known of them
     * @return completes when nothing is left; otherwise as {@link #clearLocalData()}
     */
    @CheckReturnValue
    Mono<Void> clearLocalData(boolean onlyCopyToo);

    /**
     * {@return the MQTT client id of this store; with a persistence, the kept one from the end of {@link #start()} on}
     */
    String clientId();

    /**
     * Makes a scope the active one and closes the one before. Returns at once and does no I/O on the caller's thread.
     *
     * @param id the id of the root
     * @return the scope, whose records stream in; the same handle if it is the active one already
     * @throws ValidationException if the id cannot be one
     */
    Scope replaceScope(String id);

    /**
     * Opens a scope beside those that are open. Opening one twice shares it; each handle is closed by itself. Returns at
     * once and does no I/O on the caller's thread.
     *
     * @param id the id of the root
     * @return the scope; its records stream in
     * @throws ValidationException if the id cannot be one
     */
    Scope openScope(String id);

    /**
     * Opens a scope as {@link #openScope(String)} does, and says how long it stays warm from when this handle is closed: as if it were open,
     * so that opening it again costs nothing. Each handle of a scope counts, and the latest end of them stands. Nobody who looks at a closed
     * handle notices; {@link #events(EntityType)}, {@link #loadScope} and {@link #clearScope} take a warm scope for an open one, and so do other
     * peers. A logout, another login and the end of the store let go of all that are warm.
     *
     * @param id the id of the root
     * @param keepWarm how long, instead of {@link StitchStoreBuilder#keepWarm}; zero for not at all
     * @return the scope; its records stream in
     * @throws ValidationException if the id cannot be one
     * @throws IllegalArgumentException if the time is negative
     */
    Scope openScope(String id, Duration keepWarm);

    /**
     * {@return the handles that are open now, the active one among them, in no order} Synchronous, from memory; a copy.
     */
    List<Scope> openScopes();

    /**
     * {@return the active scope and every one after it} Hot, with the newest replayed.
     */
    @CheckReturnValue
    Flux<Scope> activeScope();

    /**
     * {@return the events of the active scope, following {@link #replaceScope}}
     */
    @CheckReturnValue
    Flux<RecordEvent> events();

    /**
     * The records of an entity that belongs to no scope.
     *
     * @param type a top-level or local-only entity
     * @param <T> the type of a record
     * @return the collection
     * @throws SchemaException if the schema has no such entity
     * @throws ClosedException if the store is closed
     */
    <T> RecordCollection<T> collection(EntityType<T> type);

    /**
     * Reads a record from the server. Cold. A projection wants a type whose other fields may be absent.
     *
     * <p>Without a connection it is read from what this store keeps, if it has a persistence and the record is there; else it fails
     * with a {@link RequestFailedException}. In peer mode it is always read from this store.
     *
     * @param type its entity
     * @param id its id
     * @param fields the fields to ask for, the id always among them; none for the whole record
     * @param <T> the type of a record
     * @return the record, or empty if there is none
     * @throws ValidationException if the id cannot be one
     */
    @CheckReturnValue
    <T> Mono<T> read(EntityType<T> type, String id, String... fields);

    /**
     * Lists records on the server. Cold. A query with a projection wants a type whose fields may be absent.
     *
     * <p>The list is whole, however long it is, and in the order asked for: a server cuts every list at 10 000 records before it sorts them, so
     * one without a part is asked for page by page, and sorted here; so is a part in another order than that of ids, where it may have
     * been cut, and what no server knows ({@link ListQuery#whereAny}, {@link ListQuery.Operator#CONTAINS}). With many records that takes as many
     * requests, and memory; a filter or a part in the order of ids costs less.
     *
     * <p>Without a connection a store with a persistence lists what it keeps, pending writes included, and one without fails with a
     * {@link RequestFailedException}. In peer mode what this store has is always the answer.
     *
     * @param type the entity
     * @param query what to list
     * @param <T> the type of a record
     * @return the records
     * @throws SchemaException if the query groups, or its part ends behind the first 10 000 records
     */
    @CheckReturnValue
    <T> Mono<List<T>> list(EntityType<T> type, ListQuery query);

    /**
     * Lists every root on the server; where the schema has a user scope field, the user's own and, after them, those that others {@linkplain
     * #share(EntityType, String, String, SharePermission) share} with the user. Cold. Without a connection, and in peer mode, it answers as
     * {@link #list} does, and of the user's own only.
     *
     * @param type the root entity
     * @param <T> the type of a root
     * @return the roots, page by page
     */
    @CheckReturnValue
    <T> Flux<T> listRoots(EntityType<T> type);

    /**
     * Lists roots as {@link #listRoots(EntityType)} does, but only some of them, or in another order. Cold.
     *
     * @param type the root entity
     * @param query which; where the schema has a user scope field, one filter less than a query takes otherwise
     * @param <T> the type of a root
     * @return the roots, in the order asked for
     * @throws SchemaException if the query groups, or its part ends behind the first 10 000 records
     */
    @CheckReturnValue
    <T> Flux<T> listRoots(EntityType<T> type, ListQuery query);

    /**
     * Counts the records of an entity in a scope, whether that is open here or not. Cold. On the server, if there is a connection; otherwise
     * among what this store keeps, as {@link #list} does.
     *
     * @param type a child entity
     * @param scopeId the scope
     * @return how many
     * @throws ValidationException if the id cannot be one
     * @throws SchemaException if the schema has no such child
     */
    @CheckReturnValue
    Mono<Integer> childCount(EntityType<?> type, String scopeId);

    /**
     * The events of an entity in all scopes that are open, and in those that are opened later; for each as {@link Scope#events} has them: what
     * is there, then every change, conflated.
     *
     * @param type the root or a child entity
     * @return the events; they complete when the store is closed
     * @throws SchemaException if the entity is not part of scopes
     */
    @CheckReturnValue
    Flux<RecordEvent> events(EntityType<?> type);

    /**
     * A live query over all scopes that are open, see {@link #query(EntityType, ListQuery, QueryRange)}.
     *
     * @param type an entity
     * @param query which records, in what order, and which part of them
     * @param <T> the type of a record
     * @return the results
     */
    @CheckReturnValue
    default <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query) {
        return query(type, query, QueryRange.OPEN);
    }

    /**
     * A live query over more than one scope; otherwise like {@link Scope#query}. What is equal in the order that is asked for comes in the order of
     * ids, and among peers, where two scopes may have an id in common, of their scopes' ids after that.
     *
     * <p>Over what is {@linkplain QueryRange#KEPT kept}, the disk is asked once, by the query's filters, and what they let through is held in
     * memory as long as the query is subscribed; then it is kept up to date as the others are. Nothing is heard of a closed scope but what is
     * written here: others' changes come when it is opened.
     *
     * @param type the root, a child, a top-level or a local-only entity
     * @param query which records, in what order, and which part of them
     * @param range over which records; of an entity without scopes it is always all of them
     * @param <T> the type of a record
     * @return the results; completes when the store is closed. A {@link PersistenceException} if what is kept cannot be read
     * @throws SchemaException if the schema has no such entity
     * @throws IllegalArgumentException if a filter's value is neither a boolean nor a number nor a text
     * @throws ClosedException if the store is closed and the entity has no scopes
     */
    @CheckReturnValue
    <T> Flux<QueryResult<T>> query(EntityType<T> type, ListQuery query, QueryRange range);

    /**
     * Makes an id for a new record: a UUID of version 7 (RFC 9562), so that ids made later come later in the order of ids. Its time is that of
     * the store's scheduler. Any thread.
     *
     * @return the id
     */
    String newId();

    /**
     * The live list of roots, as {@link #listRoots} but kept up to date: while there was no connection yet, it has what this store keeps.
     * What was written here and is pending is on top, whether the root's scope is open or not: a root that was created offline is in the
     * list, and one that was deleted is not. Its subscription on the broker lasts as long as somebody watches.
     *
     * @param type the root entity
     * @param <T> the type of a root
     * @return the newest list, at once and after each batch of changes
     */
    @CheckReturnValue
    <T> Flux<List<T>> roots(EntityType<T> type);

    /**
     * Writes several records at once: all of them or, if one breaks a rule of the schema, none. Subscribers see one change per
     * record; the server gets each write. Cold. The publisher is collected first; it may have as many mutations as may be
     * pending.
     *
     * @param mutations the writes, which are applied in order and must not be subscribed themselves
     * @return the results, in the order of the writes; a {@link StitchException} if one fails, and {@link #rejections()} tells
     *     of those behind it
     */
    @CheckReturnValue
    Flux<MutationResult<?>> batch(Publisher<? extends Mutation<?>> mutations);

    /**
     * {@return how many writes the server has not settled, now and after each change} Hot, with the newest replayed. Writes that were
     * subscribed before this is, on the same thread, are counted from the first number on, which waits until the store has taken them: so a
     * zero means that they are settled. Before a store with a persistence has started, it takes none.
     */
    @CheckReturnValue
    Flux<Integer> pendingCount();

    /**
     * {@return how many writes the server has not settled, as {@link #pendingCount()} told last} Synchronous; any thread.
     */
    int pendingWrites();

    /**
     * The writes that are pending, one by one: what each is, how often it was sent, and why it is not settled yet. Those of the current user,
     * in the order of writing; what never leaves this store is not among them. Hot, with the newest replayed. A slow subscriber gets the
     * newest list, and while many writes are pending nobody gets each: a list comes at most every 20 ms, and 10 µs later for each write in
     * it. Writes that were subscribed before this is, on the same thread, are in the first list.
     *
     * @return the list now and after changes; completes when the store is closed
     */
    @CheckReturnValue
    Flux<List<QueuedWrite>> queuedWrites();

    /**
     * Takes a pending write back, if nobody can have heard of it. Cold. It is undone here, which subscribers see as {@link
     * RecordEvent.Origin#ROLLBACK}; whoever waits for it gets a {@link RequestFailedException} with {@link
     * RequestFailedException.Reason#DROPPED}, and whoever does not wait any more finds it on {@link #rejections()}. What depends on it is
     * dropped with it: on a create, what was written on top of it and what was created to belong to it; on a delete, the record that was
     * created anew after it. Among peers, where a write is the whole record, all that was written on top of it.
     *
     * <p>A write that was sent, and not answered, may have been done: it stays, and the result says {@link DropResult#IN_DOUBT}. Among peers
     * that goes for each write that was pending while the store was connected, in an earlier run, too, because others may have heard of it.
     *
     * @param sequence {@link QueuedWrite#sequence}
     * @return what became of it, when that is on disk: after {@link DropResult#DROPPED} it is never done, by a later run either; a {@link
     *     PersistenceException} if it is undone, but still on a disk that gives way, from where a restart may take it up
     */
    @CheckReturnValue
    Mono<DropResult> dropWrite(long sequence);

    /**
     * Sends a pending write now that is parked, or waits after a failure: it, or the write of its record that goes first. Without a
     * connection a parked one is sent when there is one. Cold.
     *
     * @param sequence {@link QueuedWrite#sequence}
     * @return whether it was one of these
     */
    @CheckReturnValue
    Mono<Boolean> retryWrite(long sequence);

    /**
     * Tells when nothing is pending: at once if nothing is. Writes that were subscribed before, on the same thread, are waited for. Cold; ends
     * only when the server has settled each write, so it may take as long as there is no connection, or one is parked.
     *
     * @return completes when no write of the current user is pending; a {@link ClosedException} if the store is closed before
     */
    @CheckReturnValue
    Mono<Void> idle();

    /**
     * The writes that were undone after their writers had been told that they were queued, or had gone away. Hot: every subscriber
     * gets all from its subscription on. While there is none, up to 256 wait for the next one; and up to 256 wait for each
     * subscriber that does not ask for more.
     *
     * @return the rejections; those that find no place are counted on {@link #diagnostics()}
     */
    @CheckReturnValue
    Flux<Rejection> rejections();

    /**
     * Sends the writes again that were put aside because the server answered five times that it is in trouble. Cold.
     *
     * @return how many there are
     */
    @CheckReturnValue
    Mono<Integer> retryParked();

    /**
     * Loads an open scope from the server, whatever it holds, and tells when that is done: for exports and tests. Cold.
     *
     * @param id the scope
     * @return completes when all that the server listed is in the scope; an error if it refuses, or the connection ends meanwhile; an
     *     {@link UnsupportedInModeException} in peer mode, where nobody knows when all is there
     */
    @CheckReturnValue
    Mono<Void> loadScope(String id);

    /**
     * Forgets an open scope's records, which its subscribers see as deletes, and has the server send them again. Cold. Without a connection
     * nothing is forgotten. Nor is it in peer mode, where what is held here may be the only copy: there the scope is compared with the other
     * peers at once.
     *
     * @param id the scope
     * @return completes when they are gone; a {@link RequestFailedException} without a connection
     */
    @CheckReturnValue
    Mono<Void> clearScope(String id);

    /**
     * Sends a request of your own below the topic prefix. Cold.
     *
     * <p>The levels of the topic are not checked: put nothing into it that somebody else wrote, because an id with a slash in it reaches
     * another topic. {@link #request(List, JsonNode)} checks each.
     *
     * @param topic the topic below the prefix
     * @param payload the payload
     * @return the reply's data
     */
    @CheckReturnValue
    Mono<JsonNode> request(String topic, JsonNode payload);

    /**
     * Sends a request of your own on a topic whose levels are checked one by one, so that they may come from anywhere. Cold.
     *
     * @param levels the levels of the topic below the prefix
     * @param payload the payload
     * @return the reply's data
     * @throws IllegalArgumentException if there is none, or one is empty, longer than 512 bytes, or has slashes, wildcards or control
     *     characters
     */
    @CheckReturnValue
    default Mono<JsonNode> request(List<String> levels, JsonNode payload) {
        if (levels.isEmpty()) {
            throw new IllegalArgumentException("A request needs a topic of one level or more.");
        }
        for (String level : levels) {
            String problem = Names.levelProblem(level);
            if (problem != null) {
                throw new IllegalArgumentException("'%s' cannot be a level of a topic: %s.".formatted(level, problem));
            }
        }
        return request(String.join("/", levels), payload);
    }

    /**
     * {@return the state of the connection and every change of it} Hot, with the newest replayed.
     */
    @CheckReturnValue
    Flux<ConnectionStatus> connection();

    /**
     * {@return the state of the connection, as {@link #connection()} told last} Synchronous; any thread.
     */
    ConnectionStatus connectionStatus();

    /**
     * Connects, if the store is not connected or connecting already: with {@link StitchStoreBuilder#autoConnect} off, after
     * {@link #disconnect}, or after the session was invalid. Cold; cancelling ends the waiting, not the connecting. While the
     * broker cannot be reached it waits; {@link #connection()} says why.
     *
     * @return completes when connected; a {@link ConnectionException} if the session is invalid, or the store is
     *     disconnected or closed meanwhile
     */
    @CheckReturnValue
    Mono<Void> connect();

    /**
     * Disconnects and stays offline until {@link #connect}. Scopes stay open, and keep their records. Cold.
     *
     * @return completes when the connection is closed
     */
    @CheckReturnValue
    Mono<Void> disconnect();

    /**
     * Ends the connection, if there is one, and connects now, without the wait that failures left behind. Cold; like
     * {@link #connect} otherwise.
     *
     * @return completes when connected
     */
    @CheckReturnValue
    Mono<Void> reconnect();

    /**
     * Like {@link #reconnect()}, with other options from now on: after a new login, or to another address. Cold.
     *
     * @param remote where the broker is and how to log in
     * @return completes when connected; a {@link SchemaException} if the options cannot work
     */
    @CheckReturnValue
    Mono<Void> reconnect(RemoteOptions remote);

    /**
     * Disconnects, closes every scope, and forgets the user and every record, in memory and in the persistence, the local-only
     * ones among them: what was seen here must not be seen by the next user. Pending writes of the user are put away until the
     * same user logs in again. A store that has not started, or could not, opens what it keeps for that. Cold. Log in again with
     * {@link #reconnect(RemoteOptions)}.
     *
     * <p>In peer mode other peers keep what this one forgets, if there are any. If one of its scopes has records and no other peer was ever
     * heard there, or it is known of a record that nobody heard of it, and nobody has said since that they have it, nothing is forgotten, and nobody
     * is logged out: {@link #resetForLogout(boolean)} does it all the same.
     *
     * @return completes when everything is forgotten and the connection is closed; a {@link PersistenceException} if what is kept cannot be
     *     read or changed, so that it may still be there; an {@link OnlyCopyException} in peer mode; a {@link ClosedException} from a closed
     *     store, which can only delete all that it kept: {@link #clearLocalData(boolean)}
     */
    @CheckReturnValue
    default Mono<Void> resetForLogout() {
        return resetForLogout(false);
    }

    /**
     * Does what {@link #resetForLogout()} does, also, if told so, where a peer's records may be the only copy that there is. Cold.
     *
     * @param onlyCopyToo whether they may go
     * @return completes when everything is forgotten; otherwise as {@link #resetForLogout()}
     */
    @CheckReturnValue
    Mono<Void> resetForLogout(boolean onlyCopyToo);

    /**
     * The session is invalid: the login was refused, the ticket server says so, or a request was answered with 401. The
     * store has stopped connecting; log in again with {@link #reconnect(RemoteOptions)}.
     *
     * @return why, each time. Hot; replayed to late subscribers as long as the session is invalid
     */
    @CheckReturnValue
    Flux<StitchException> sessionInvalid();

    /**
     * {@return who the store is logged in as, empty as long as that is not known, and every change of it} Hot, with the
     * newest replayed. With tickets and a persistence, that is whoever was known last until the ticket provider is asked.
     */
    @CheckReturnValue
    Flux<Optional<AuthenticatedUser>> authenticatedUser();

    /**
     * Who is connected: the other clients of the server, as it tells them. A hint, not a promise: messages of it may be lost, and where the
     * server's operator did not switch presence on, nobody is ever listed. The store asks the broker for it while somebody watches; without
     * a connection the list is empty. At most 10 000.
     *
     * <p>Hot, with the newest list replayed; emits when somebody comes or goes. A slow subscriber gets the newest list. Ends with the store.
     *
     * @return the lists, in the order of the client ids; a {@link RequestRefusedException} if the broker does not let this client see it; an
     *     {@link UnsupportedInModeException} in peer mode, where {@code PeerSync.presence} tells who is there in a scope
     */
    @CheckReturnValue
    Flux<List<PresentClient>> presence();

    /**
     * Shares a record with another user of the server, and what belongs to it. Only its owner may. Cold. Sharing it again with another
     * permission changes the permission.
     *
     * @param type its entity, which has owners on the server
     * @param id its id
     * @param grantee the other user's id, or their e-mail where the server knows its users so
     * @param permission what they may do
     * @return what the server granted; a {@link RequestRefusedException} if the record is not this user's, is not there, or its entity has no
     *     owners; a {@link RequestFailedException} without a connection; an {@link UnsupportedInModeException} in peer mode
     * @throws ValidationException if the id cannot be one
     * @throws IllegalArgumentException if the grantee is blank, longer than 512 bytes, or has control characters
     */
    @CheckReturnValue
    default Mono<Share> share(EntityType<?> type, String id, String grantee, SharePermission permission) {
        return share(type, id, grantee, permission, true);
    }

    /**
     * Shares a record as {@link #share(EntityType, String, String, SharePermission)} does, and says whether that goes for what belongs to it,
     * too. Cold.
     *
     * @param type its entity
     * @param id its id
     * @param grantee the other user
     * @param permission what they may do
     * @param cascade whether records are shared as well that belong to it by the server's rules
     * @return what the server granted
     */
    @CheckReturnValue
    Mono<Share> share(EntityType<?> type, String id, String grantee, SharePermission permission, boolean cascade);

    /**
     * Ends what {@link #share(EntityType, String, String, SharePermission)} began. Cold. It is no error if the record was not shared with that
     * user.
     *
     * @param type its entity
     * @param id its id
     * @param grantee the other user
     * @return completes when it is over; errors as those of sharing
     */
    @CheckReturnValue
    Mono<Void> unshare(EntityType<?> type, String id, String grantee);

    /**
     * Lists with whom a record is shared. Only its owner may know. Cold.
     *
     * @param type its entity
     * @param id its id
     * @return the shares; errors as those of sharing
     */
    @CheckReturnValue
    Mono<List<Share>> shares(EntityType<?> type, String id);

    /**
     * {@return scopes that could not be opened, or may not be seen any more, from now on} Hot.
     */
    @CheckReturnValue
    Flux<ScopeRefusal> scopeErrors();

    /**
     * {@return what was dropped or went unusually, from now on} Hot; a slow subscriber misses reports, but not counts.
     */
    @CheckReturnValue
    Flux<Diagnostic> diagnostics();

    /**
     * {@return how often each kind of diagnostic has happened}
     */
    Map<DiagnosticCode, Long> diagnosticCounts();
}
