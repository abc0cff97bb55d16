package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Answers hellos: limits their rate, compares the manifest with the records, and replays the difference. Worker only. */
final class Hello {
    private static final int MAX_LIMITS = 10_000;
    private final StitchServerOptions options;
    private final ServerHost host;
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
            ServerHost host,
            RecordTable table,
            RecordService service,
            Access access,
            Events events,
            Worker worker,
            Outbox outbox) {
        this.options = options;
        this.host = host;
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
            Names.checkId(scopeId);
            access.checkScope(scopeId, caller);
            ObjectNode hello = Json.read(message.payload());
            boolean direct = hello.path("replay").asString("").equals("direct");
            // The inbox is the authenticated client's, whatever the payload says.
            String base = direct ? options.responsePrefix() + "/" + caller.clientId() + "/replay" : options.prefix();
            Manifest manifest = Manifest.read(hello, options.root(), scopeId);
            // The root goes out at once; finding out what else is missing takes longer the more there is.
            Key root = new Key(options.root(), scopeId);
            Set<Key> roots = table.get(root) == null ? Set.of() : Set.of(root);
            Queue<Step> first = compare(caller, scopeId, roots, manifest.ofRoot(root), base);
            new Replay(first, () -> compareOthers(caller, scopeId, roots, manifest, base)).run();
        } catch (Refusal e) {
            ObjectNode error =
                    Json.object().put("scopeId", scopeId).put("code", e.code()).put("message", e.reason());
            outbox.reply(options.responsePrefix() + "/" + caller.clientId() + "/scope-open-error", null, error);
        }
    }

    /** The first two hellos too many pass in silence, the third is told. */
    private boolean admitted(Caller caller, String scopeId) {
        long now = host.nanos();
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
            limits.remove(limits.keySet().iterator().next());
        }
        Limit fresh = new Limit();
        fresh.answeredAt = now;
        // Taken out first, so that the oldest is in front.
        limits.remove(who);
        limits.put(who, fresh);
        return true;
    }

    /** Makes one event; null where it is no longer needed. */
    private interface Step {
        @Nullable
        Message get();
    }

    private Queue<Step> compareOthers(Caller caller, String scopeId, Set<Key> done, Manifest manifest, String base) {
        Set<Key> held = new LinkedHashSet<>(table.scope(scopeId));
        if (!options.owners().isEmpty()) {
            held.removeIf(key -> !access.allows(key.entity(), service.require(key), caller));
        }
        Map<Key, Long> known = manifest.versions(held, table.tombstones());
        held.removeAll(done);
        known.keySet().removeAll(done);
        return compare(caller, scopeId, held, known, base);
    }

    private Queue<Step> compare(Caller caller, String scopeId, Set<Key> held, Map<Key, Long> known, String base) {
        Queue<Step> replay = new ArrayDeque<>();
        for (Key key : held) {
            long version = RecordTable.version(table.get(key));
            Long theirs = known.remove(key);
            if (theirs != null && theirs > version) {
                service.raise(key, theirs + 1);
            }
            if (theirs == null || theirs != version) {
                Change.Operation operation = theirs == null ? Change.Operation.CREATE : Change.Operation.UPDATE;
                // Read when it is sent, so that a replay never says less than an event before it.
                replay.add(() -> {
                    ObjectNode data = here(key, scopeId);
                    return data == null ? null : events.replay(base, operation, key, scopeId, data);
                });
            }
        }
        known.forEach((key, version) -> {
            long deleted = deletedVersion(caller, key, version, scopeId);
            if (deleted > 0) {
                ObjectNode data = Events.deleted(key, deleted);
                replay.add(() -> here(key, scopeId) != null
                        ? null
                        : events.replay(base, Change.Operation.DELETE, key, scopeId, data));
            }
        });
        return replay;
    }

    private @Nullable ObjectNode here(Key key, String scopeId) {
        ObjectNode data = table.get(key);
        return data != null && scopeId.equals(table.scopeOf(key.entity(), data)) ? data : null;
    }

    /** The version that a delete of a record not held in the scope carries; 0 where there is nothing to say. */
    private long deletedVersion(Caller caller, Key key, long theirs, String scopeId) {
        ObjectNode elsewhere = table.get(key);
        if (elsewhere != null) {
            return theirs == 0 ? 0 : movedVersion(caller, key, elsewhere, theirs);
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

    /** Below the record's present version, or the client would drop it in its new scope. */
    private long movedVersion(Caller caller, Key key, ObjectNode elsewhere, long theirs) {
        if (!access.allows(key.entity(), elsewhere, caller)) {
            return theirs;
        }
        long version = RecordTable.version(elsewhere);
        if (theirs >= version) {
            service.raise(key, theirs + 1);
            return theirs;
        }
        return version - 1;
    }

    /** Sends the events in steps between other requests, with a bounded number of them unacknowledged. */
    private final class Replay implements Worker.Task {
        private final Supplier<Queue<Step>> others;
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicBoolean scheduled = new AtomicBoolean(true);

        private Queue<Step> rest;
        private boolean whole;

        Replay(Queue<Step> first, Supplier<Queue<Step>> others) {
            this.rest = first;
            this.others = others;
        }

        @Override
        public void run() {
            scheduled.set(false);
            while (open.get() < options.replayWindow()) {
                Step next = rest.poll();
                if (next == null && whole) {
                    return;
                }
                if (next == null) {
                    findOthers();
                    return;
                }
                Message message = next.get();
                if (message != null) {
                    open.incrementAndGet();
                    worker.afterCommit(() -> outbox.publish(message, this::acknowledged));
                }
            }
        }

        /** Looks for the others when what was found so far is on its way. */
        private void findOthers() {
            worker.resume(() -> {
                if (!whole) {
                    rest = others.get();
                    whole = true;
                }
                run();
            });
        }

        private void acknowledged() {
            if (open.decrementAndGet() <= options.replayWindow() / 2 && scheduled.compareAndSet(false, true)) {
                worker.resume(this);
            }
        }
    }
}
