package io.stitch.reactive.internal.wire;

import io.stitch.reactive.Names;

import java.util.List;

/**
 * Builds the topics of protocol section 1 from a sync prefix and a response prefix.
 *
 * @param prefix the sync topic prefix, P in the protocol
 * @param responsePrefix the response prefix, R in the protocol
 * @param root the root entity
 */
public record Topics(String prefix, String responsePrefix, String root) {
    /** The MQTT user property that names the client whose write an event tells of. */
    public static final String ORIGIN_PROPERTY = "x-origin-client-id";
    /** The MQTT user property in which an MQDB broker names the true publisher's user. */
    public static final String SENDER_PROPERTY = "x-mqtt-sender";
    /** Below the inbox, before the topics of events that were replayed to this client alone. */
    public static final String REPLAY_INBOX = "replay/";
    /** Below the inbox, before the scope whose hello is answered. */
    public static final String HELLO_INBOX = "hello/";

    static final String SERVER_ORIGIN = "__mqdb_server__";
    static final String REPLAY_SENDER = "__server_replay__";
    static final String SCOPE_OPEN_ERROR = "scope-open-error";
    /** Below the sync prefix, where a server says who is connected. */
    static final String PRESENCE = "_presence/";
    /** The level below the sync prefix below which each user has events of their own. */
    static final String USERS = "u";
    /** The entity of a server's records of who shares what with whom. */
    static final String SHARES = "_shares";

    /**
     * Checks the prefixes.
     *
     * @param prefix the sync topic prefix
     * @param responsePrefix the response prefix
     * @param root the root entity
     */
    public Topics {
        Names.requirePrefix("The topic prefix", prefix);
        Names.requirePrefix("The response prefix", responsePrefix);
    }

    /**
     * The filters that bring every event of a scope and nothing else: no requests, no hellos.
     *
     * @param scopeId the scope
     * @return two filters
     */
    public List<String> scopeFilters(String scopeId) {
        String base = prefix + '/' + root + '/' + scopeId;
        return List.of(base + "/events/#", base + "/+/events/#");
    }

    /**
     * {@return the filter that brings the events of every root, for the live list of roots}
     */
    public String rootsFilter() {
        return prefix + '/' + root + "/+/events/#";
    }

    /**
     * {@return the filter that brings who is connected (protocol section 4.10)}
     */
    public String presenceFilter() {
        return prefix + '/' + PRESENCE + '+';
    }

    /**
     * The filter of the events that a server sends to one user alone (protocol section 4.10).
     *
     * @param user the user's id, which must be fit for a level of a topic
     * @return the filter
     */
    public String userFilter(String user) {
        return prefix + '/' + USERS + '/' + user + "/events/#";
    }

    /**
     * The filter of a top-level entity.
     *
     * @param entity the entity
     * @param events which of its events, a filter below its topics
     * @return the filter
     */
    public String topLevelFilter(String entity, String events) {
        return prefix + '/' + entity + '/' + events;
    }

    /**
     * The filter of what a server says of an entity whatever the scope: there, and only there, MQDB tells that a record has expired.
     *
     * @param entity the entity
     * @return the filter
     */
    public String unscopedFilter(String entity) {
        return prefix + '/' + entity + "/events/#";
    }

    /**
     * The topic of a hello.
     *
     * @param scopeId the scope
     * @return the topic
     */
    public String hello(String scopeId) {
        return prefix + '/' + root + '/' + scopeId + "/hello";
    }

    /**
     * The topic of an event in a scope.
     *
     * @param scopeId the scope
     * @param entity the record's entity
     * @param operation what happened
     * @return the topic
     */
    public String event(String scopeId, String entity, Operation operation) {
        String base = prefix + '/' + root + '/' + scopeId;
        return (entity.equals(root) ? base : base + '/' + entity) + "/events/" + operation.topicSuffix();
    }

    /**
     * The topic of a create request.
     *
     * @param entity the entity
     * @return the topic
     */
    public String create(String entity) {
        return prefix + '/' + entity + "/create";
    }

    /**
     * The topic of a read request.
     *
     * @param entity the entity
     * @param id the record
     * @return the topic
     */
    public String read(String entity, String id) {
        return prefix + '/' + entity + '/' + id;
    }

    /**
     * The topic of an update request.
     *
     * @param entity the entity
     * @param id the record
     * @return the topic
     */
    public String update(String entity, String id) {
        return read(entity, id) + "/update";
    }

    /**
     * The topic of a delete request.
     *
     * @param entity the entity
     * @param id the record
     * @return the topic
     */
    public String delete(String entity, String id) {
        return read(entity, id) + "/delete";
    }

    /**
     * The topic of a list request.
     *
     * @param entity the entity
     * @return the topic
     */
    public String list(String entity) {
        return prefix + '/' + entity + "/list";
    }

    /**
     * The topic of a request about the sharing of a record (protocol section 4.10).
     *
     * @param entity the entity
     * @param id the record
     * @param request {@code share}, {@code unshare} or {@code shares}
     * @return the topic
     */
    public String sharing(String entity, String id, String request) {
        return read(entity, id) + '/' + request;
    }

    /**
     * The topic of a request for what others share with the user.
     *
     * @param entity the entity
     * @return the topic
     */
    public String shared(String entity) {
        return prefix + '/' + entity + "/shared";
    }

    /**
     * Tells what a request asks for.
     *
     * @param topic the topic of a request
     * @return {@code create}, {@code read}, {@code update}, {@code delete} or {@code list}; {@code other} if it looks like none of them
     */
    public String operation(String topic) {
        String[] levels = topic.substring(prefix.length() + 1).split("/", -1);
        String last = levels[levels.length - 1];
        return switch (levels.length) {
            case 2 -> last.equals("create") || last.equals("list") ? last : "read";
            case 3 -> last.equals("update") || last.equals("delete") ? last : "other";
            default -> "other";
        };
    }

    /**
     * The filter of everything that is addressed to one client.
     *
     * @param clientId the client
     * @return the filter
     */
    public String inbox(String clientId) {
        return responsePrefix + '/' + clientId + "/#";
    }

    /**
     * The topic on which a request is answered.
     *
     * @param clientId the client
     * @param requestId the request
     * @return the topic
     */
    public String reply(String clientId, String requestId) {
        return responsePrefix + '/' + clientId + '/' + requestId;
    }
}
