package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Turns changes into event messages. Worker only. */
final class Events {
    static final String SERVER = "__mqdb_server__";
    /** The level below the sync prefix below which each user has events of their own. */
    static final String USERS = "u";

    private static final String REPLAY = "__server_replay__";
    private static final int PARTITIONS = 8;
    private static final int LAST_OF_A_BURST = 2;
    private final StitchServerOptions options;
    private final RecordTable table;
    private final Access access;
    private final EventCounts counts;
    private long sequence;
    private boolean stopped;

    Events(StitchServerOptions options, RecordTable table, Access access, EventCounts counts) {
        this.options = options;
        this.table = table;
        this.access = access;
        this.counts = counts;
    }

    /** The events of one request, in order. */
    List<Message> of(List<Change> changes, Caller caller) {
        List<Message> messages = new ArrayList<>();
        Roots roots = rootsIn(changes);
        for (Change change : changes) {
            boolean bump = change.key().entity().equals(options.root())
                    && change.operation() == Change.Operation.UPDATE
                    && !changes.get(0).key().equals(change.key());
            add(messages, change, roots, bump ? new Caller(SERVER, caller.user()) : caller);
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

    /** Ends the silence after a burst, as a restart of an old server does. */
    void resume() {
        stopped = false;
    }

    private void add(List<Message> messages, Change change, Roots roots, Caller caller) {
        Key key = change.key();
        ObjectNode before = change.before();
        ObjectNode after = change.after();
        if (key.entity().equals(Shares.ENTITY)) {
            addShare(messages, change, roots, caller);
            return;
        }
        String from = before == null ? null : table.scopeOf(key.entity(), before);
        if (after == null) {
            ObjectNode data =
                    before == null || options.legacy() ? before : deleted(key, RecordTable.version(before) + 1);
            add(messages, Change.Operation.DELETE, key, new Place(from, before, roots), data, caller);
            return;
        }
        String to = table.scopeOf(key.entity(), after);
        if (options.legacy() || before == null || String.valueOf(from).equals(String.valueOf(to))) {
            add(messages, change.operation(), key, new Place(to, after, roots), after, caller);
            return;
        }
        // The delete in the old scope carries the old version: a higher one would outlive the create in the new scope.
        ObjectNode gone = deleted(key, RecordTable.version(before));
        add(messages, Change.Operation.DELETE, key, new Place(from, before, roots), gone, caller);
        add(messages, Change.Operation.CREATE, key, new Place(to, after, roots), after, caller);
    }

    /** Finds the root of a scope, also right after it was deleted. */
    private interface Roots {
        @Nullable
        ObjectNode of(String scope);
    }

    /** Where something happened to a record, and to what. */
    private record Place(@Nullable String scope, @Nullable ObjectNode data, Roots roots) {
        @Nullable
        ObjectNode root() {
            return scope == null ? null : roots.of(scope);
        }
    }

    private Roots rootsIn(List<Change> changes) {
        return scope -> {
            Key key = new Key(options.root(), scope);
            ObjectNode root = table.get(key);
            return root != null
                    ? root
                    : changes.stream()
                            .filter(change -> change.key().equals(key))
                            .map(Change::before)
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElse(null);
        };
    }

    /** The one with whom it is shared hears of it, and its owner, unless it was the owner who did it. */
    private void addShare(List<Message> messages, Change change, Roots roots, Caller caller) {
        boolean created = change.after() != null;
        ObjectNode row = created ? change.after() : change.before();
        if (row == null) {
            return;
        }
        ObjectNode payload = payload(change.operation(), change.key(), row);
        if (!created && caller.user() != null) {
            payload.put("sender", caller.user());
        }
        if (!options.scopedEvents()) {
            messages.add(message(options.prefix(), change.operation(), change.key(), null, payload, null));
            return;
        }
        Key resource = Shares.resource(row);
        ObjectNode shared = resource.entity().equals(options.root()) ? roots.of(resource.id()) : table.get(resource);
        Set<String> audience = new LinkedHashSet<>();
        audience.add(Shares.grantee(row));
        if (shared != null) {
            String owner = shared.path(options.owners().getOrDefault(resource.entity(), ""))
                    .asString("");
            if (!owner.isEmpty() && !owner.equals(caller.user())) {
                audience.add(owner);
            }
        }
        addToEach(messages, audience, change.key(), payload, null);
    }

    private void addToEach(
            List<Message> messages, Set<String> audience, Key key, ObjectNode payload, @Nullable String origin) {
        byte[] bytes = Json.write(payload);
        audience.stream()
                .filter(Names::validLevel)
                .forEach(user -> messages.add(new Message(
                        "%s/%s/%s/events/%s/%s".formatted(options.prefix(), USERS, user, key.entity(), key.id()),
                        bytes,
                        properties(origin),
                        null,
                        null)));
    }

    static ObjectNode deleted(Key key, long version) {
        return deleted(key).put("_version", version);
    }

    static ObjectNode deleted(Key key) {
        return Json.object().put("id", key.id());
    }

    private void add(
            List<Message> messages,
            Change.Operation operation,
            Key key,
            Place place,
            @Nullable ObjectNode data,
            Caller caller) {
        ObjectNode payload = payload(operation, key, data);
        if (caller.user() != null) {
            payload.put("sender", caller.user());
        }
        payload.put("client_id", caller.clientId());
        String scope = place.scope();
        if (scope != null && options.has(Feature.EVENT_COUNT)) {
            counts.number(scope, payload);
        }
        ObjectNode subject = place.data();
        if (options.scopedEvents() && subject != null && access.isOwned(key.entity(), scope)) {
            if (scope != null) {
                addScope(payload, scope);
            }
            addToEach(messages, access.audience(key, subject, place.root()), key, payload, caller.clientId());
        } else {
            messages.add(message(options.prefix(), operation, key, scope, payload, caller.clientId()));
        }
    }

    private void addScope(ObjectNode payload, String scope) {
        payload.putArray("scope").add(options.root()).add(scope);
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
            @Nullable String origin) {
        String topic;
        if (scope == null) {
            int partition = Math.floorMod(key.id().hashCode(), PARTITIONS);
            topic = base + "/" + key.entity() + "/events/p" + partition + "/" + key.id();
        } else {
            addScope(payload, scope);
            String child = key.entity().equals(options.root()) ? "" : "/" + key.entity();
            topic = base + "/" + options.root() + "/" + scope + child + "/events/" + operation.suffix;
        }
        return new Message(topic, Json.write(payload), properties(origin), null, null);
    }

    private static Map<String, String> properties(@Nullable String origin) {
        Map<String, String> properties = new LinkedHashMap<>();
        if (origin != null) {
            properties.put("x-origin-client-id", origin);
        }
        properties.put("x-mqtt-sender", "mqdb-internal-0");
        properties.put("x-mqtt-client-id", "mqdb-event-publisher");
        return properties;
    }
}
