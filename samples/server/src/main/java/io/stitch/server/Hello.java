package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers hellos: limits their rate, compares the manifest with the records, and replays the difference. Worker only. */
final class Hello {
    private static final int MAX_LIMITS = 10_000;
    private final StitchServerOptions options;
    private final RecordTable table;
    private final RecordService service;
    private final Access access;
    private final Events events;
    private final Worker worker;
    private final Outbox outbox;
    private final Map<String, Limit> limits = new LinkedHashMap<>();

    private static final class Limit {
        long answeredAt;
        int excess;
    }

    Hello(
            StitchServerOptions options,
            RecordTable table,
            RecordService service,
            Access access,
            Events events,
            Worker worker,
            Outbox outbox) {
        this.options = options;
        this.table = table;
        this.service = service;
        this.access = access;
        this.events = events;
        this.worker = worker;
        this.outbox = outbox;
    }

    void answer(Caller caller, String scopeId, Message message) {
        try {
            if (!admitted(caller, scopeId)) {
                return;
            }
            access.checkScope(scopeId, caller);
            ObjectNode hello = Json.read(message.payload());
            boolean direct = hello.path("replay").asString("").equals("direct");
            // The inbox is the authenticated client's, whatever the payload says.
            String base = direct ? options.responsePrefix() + "/" + caller.clientId() + "/replay" : options.prefix();
            Queue<Step> replay = compare(scopeId, hello.path("manifest"), base);
            new Replay(replay).run();
        } catch (Refusal e) {
            ObjectNode error =
                    Json.object().put("scopeId", scopeId).put("code", e.code()).put("message", e.reason());
            outbox.reply(options.responsePrefix() + "/" + caller.clientId() + "/scope-open-error", null, error);
        }
    }

    /** The first two hellos too many pass in silence, the third is told. */
    private boolean admitted(Caller caller, String scopeId) {
        long now = System.nanoTime();
        String who = caller.clientId() + "/" + scopeId;
        Limit limit = limits.get(who);
        if (limit != null && now - limit.answeredAt < options.helloSpacing().toNanos()) {
            if (++limit.excess > 2) {
                throw new Refusal(
                        429,
                        "too many hellos for this scope: wait "
                                + options.helloSpacing().toSeconds() + " s");
            }
            return false;
        }
        if (limits.size() >= MAX_LIMITS) {
            limits.values()
                    .removeIf(each ->
                            now - each.answeredAt > options.helloSpacing().toNanos());
        }
        Limit fresh = new Limit();
        fresh.answeredAt = now;
        limits.put(who, fresh);
        return true;
    }

    /** Makes one event; null where it is no longer needed. */
    private interface Step {
        @Nullable
        Message get();
    }

    private Queue<Step> compare(String scopeId, JsonNode manifest, String base) {
        Set<Key> held = new LinkedHashSet<>(table.scope(scopeId));
        Map<Key, Long> known = known(scopeId, held, manifest);
        Queue<Step> replay = new ArrayDeque<>();
        for (Key key : held) {
            long version = RecordTable.version(table.get(key));
            Long theirs = known.remove(key);
            if (theirs != null && theirs > version) {
                service.raise(key, theirs + 1);
            }
            if (theirs == null || theirs != version) {
                Change.Operation operation = theirs == null ? Change.Operation.CREATE : Change.Operation.UPDATE;
                replay.add(() -> {
                    // Read when it is sent, so that a replay never says less than an event before it.
                    ObjectNode data = table.get(key);
                    boolean here = data != null && scopeId.equals(table.scopeOf(key.entity(), data));
                    return data != null && here ? events.replay(base, operation, key, scopeId, data) : null;
                });
            }
        }
        known.forEach((key, version) -> {
            long deleted = deletedVersion(key, version, scopeId);
            if (deleted > 0) {
                replay.add(
                        () -> events.replay(base, Change.Operation.DELETE, key, scopeId, Events.deleted(key, deleted)));
            }
        });
        return replay;
    }

    /** The version that a delete of a record not held in the scope carries; 0 where there is nothing to say. */
    private long deletedVersion(Key key, long theirs, String scopeId) {
        ObjectNode elsewhere = table.get(key);
        if (elsewhere != null) {
            // Moved: below its present version, or the client would drop it in its new scope.
            return theirs == 0 ? 0 : Math.max(1, Math.max(theirs, RecordTable.version(elsewhere) - 1));
        }
        Tombstone stone = table.tombstone(key);
        if (stone != null && stone.version() > theirs) {
            return stone.version();
        }
        if (theirs == 0) {
            return 0;
        }
        // A later create must continue above what the client has seen.
        service.bury(key, scopeId, theirs + 1);
        return theirs + 1;
    }

    private Map<Key, Long> known(String scopeId, Set<Key> held, JsonNode manifest) {
        Map<String, Set<Key>> byId = new HashMap<>();
        if (manifest.valueStream().anyMatch(entry -> !entry.hasNonNull("entity"))) {
            held.forEach(key ->
                    byId.computeIfAbsent(key.id(), id -> new LinkedHashSet<>()).add(key));
            for (Tombstone stone : table.tombstones()) {
                if (stone.scope().equals(scopeId)) {
                    byId.computeIfAbsent(stone.key().id(), id -> new LinkedHashSet<>())
                            .add(stone.key());
                }
            }
        }
        Map<Key, Long> known = new LinkedHashMap<>();
        for (JsonNode entry : manifest) {
            String id = entry.path("id").asString("");
            long version = entry.path("version").asLong(0);
            if (entry.hasNonNull("entity")) {
                known.put(new Key(entry.path("entity").asString(""), id), version);
            } else {
                byId.getOrDefault(id, Set.of()).forEach(key -> known.merge(key, version, Math::min));
            }
        }
        known.keySet().removeIf(key -> key.id().isEmpty() || !Names.validEntity(key.entity()));
        return known;
    }

    /** Sends the events in steps between other requests, with a bounded number of them unacknowledged. */
    private final class Replay implements Worker.Task {
        private final Queue<Step> rest;
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicBoolean scheduled = new AtomicBoolean(true);

        Replay(Queue<Step> rest) {
            this.rest = rest;
        }

        @Override
        public void run() {
            scheduled.set(false);
            while (open.get() < options.replayWindow()) {
                Step next = rest.poll();
                if (next == null) {
                    return;
                }
                Message message = next.get();
                if (message != null) {
                    open.incrementAndGet();
                    worker.afterCommit(() -> outbox.publish(message, this::acknowledged));
                }
            }
        }

        private void acknowledged() {
            if (open.decrementAndGet() <= options.replayWindow() / 2 && scheduled.compareAndSet(false, true)) {
                worker.resume(this);
            }
        }
    }
}
