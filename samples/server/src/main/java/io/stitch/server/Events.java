package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns changes into event messages. Worker only. */
final class Events {
    static final String SERVER = "__mqdb_server__";
    private static final String REPLAY = "__server_replay__";
    private static final int PARTITIONS = 8;
    private static final int LAST_OF_A_BURST = 2;
    private final StitchServerOptions options;
    private final RecordTable table;
    private final EventCounts counts;
    private long sequence;
    private boolean stopped;

    Events(StitchServerOptions options, RecordTable table, EventCounts counts) {
        this.options = options;
        this.table = table;
        this.counts = counts;
    }

    /** The events of one request, in order. */
    List<Message> of(List<Change> changes, Caller caller) {
        List<Message> messages = new ArrayList<>();
        for (Change change : changes) {
            boolean bump = change.key().entity().equals(options.root())
                    && change.operation() == Change.Operation.UPDATE
                    && !changes.get(0).key().equals(change.key());
            add(messages, change, bump ? new Caller(SERVER, caller.user()) : caller);
        }
        if (stopped) {
            return List.of();
        }
        if (options.legacy() && messages.size() > options.legacyBurst()) {
            stopped = true;
            return messages.subList(0, LAST_OF_A_BURST);
        }
        return messages;
    }

    /** What is said of records whose time is over: an old server says it outside their scopes. */
    List<Message> expired(List<Change> changes) {
        if (!options.legacy()) {
            return of(changes, new Caller(SERVER, null));
        }
        return changes.stream()
                .map(change -> message(
                        options.prefix(),
                        change.operation(),
                        change.key(),
                        null,
                        payload(change.operation(), change.key(), change.before()),
                        SERVER))
                .toList();
    }

    /** Ends the silence after a burst, as a restart of an old server does. */
    void resume() {
        stopped = false;
    }

    private void add(List<Message> messages, Change change, Caller caller) {
        Key key = change.key();
        ObjectNode before = change.before();
        ObjectNode after = change.after();
        String from = before == null ? null : table.scopeOf(key.entity(), before);
        if (after == null) {
            ObjectNode data =
                    before == null || options.legacy() ? before : deleted(key, RecordTable.version(before) + 1);
            messages.add(event(Change.Operation.DELETE, key, from, data, caller));
            return;
        }
        String to = table.scopeOf(key.entity(), after);
        if (options.legacy() || before == null || String.valueOf(from).equals(String.valueOf(to))) {
            messages.add(event(change.operation(), key, to, after, caller));
            return;
        }
        // The delete in the old scope carries the old version: a higher one would outlive the create in the new scope.
        messages.add(event(Change.Operation.DELETE, key, from, deleted(key, RecordTable.version(before)), caller));
        messages.add(event(Change.Operation.CREATE, key, to, after, caller));
    }

    static ObjectNode deleted(Key key, long version) {
        return deleted(key).put("_version", version);
    }

    static ObjectNode deleted(Key key) {
        return Json.object().put("id", key.id());
    }

    private Message event(
            Change.Operation operation, Key key, @Nullable String scope, @Nullable ObjectNode data, Caller caller) {
        ObjectNode payload = payload(operation, key, data);
        if (caller.user() != null) {
            payload.put("sender", caller.user());
        }
        payload.put("client_id", caller.clientId());
        if (scope != null && options.has(Feature.EVENT_COUNT)) {
            counts.number(scope, payload);
        }
        return message(options.prefix(), operation, key, scope, payload, caller.clientId());
    }

    /** An event of a replay. The base is the sync prefix, or the inbox of the client that asked for a direct replay. */
    Message replay(String base, Change.Operation operation, Key key, String scope, ObjectNode data) {
        return replay(base, operation, key, scope, data, false);
    }

    /** A record whose version went back, because the server was restored from a backup: to be applied whatever its version. */
    Message restored(String base, Key key, String scope, ObjectNode data) {
        return replay(base, Change.Operation.UPDATE, key, scope, data, true);
    }

    private Message replay(
            String base, Change.Operation operation, Key key, String scope, ObjectNode data, boolean restored) {
        ObjectNode payload = payload(operation, key, data).put("sender", REPLAY);
        if (restored) {
            payload.put("restored", true);
        }
        return message(base, operation, key, scope, payload, SERVER);
    }

    private ObjectNode payload(Change.Operation operation, Key key, @Nullable ObjectNode data) {
        ObjectNode payload = Json.object()
                .put("sequence", sequence++)
                .put("entity", key.entity())
                .put("id", key.id())
                .put("operation", operation.word);
        payload.set("data", data == null ? Json.NODES.nullNode() : data);
        return payload;
    }

    private Message message(
            String base,
            Change.Operation operation,
            Key key,
            @Nullable String scope,
            ObjectNode payload,
            String origin) {
        String topic;
        if (scope == null) {
            int partition = Math.floorMod(key.id().hashCode(), PARTITIONS);
            topic = base + "/" + key.entity() + "/events/p" + partition + "/" + key.id();
        } else {
            payload.putArray("scope").add(options.root()).add(scope);
            String child = key.entity().equals(options.root()) ? "" : "/" + key.entity();
            topic = base + "/" + options.root() + "/" + scope + child + "/events/" + operation.suffix;
        }
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("x-origin-client-id", origin);
        properties.put("x-mqtt-sender", "mqdb-internal-0");
        properties.put("x-mqtt-client-id", "mqdb-event-publisher");
        return new Message(topic, Json.write(payload), properties, null, null);
    }
}
