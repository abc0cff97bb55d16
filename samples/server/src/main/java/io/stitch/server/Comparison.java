package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/** Compares a manifest with the records, and makes the replay of the difference. Worker only. */
final class Comparison {
    /** How far a client may raise versions by what it says it holds. */
    private static final long MOST_AHEAD = 1_000_000;
    /** A delete that every subscriber hears must not have them take a version for known that one client made up. */
    private static final long UNTOLD = -1;
    /**
     * How many records that the server never had are believed for one hello. They are real ones if it was restored from a backup, and else are
     * made up: of those beyond, nothing is remembered and the other subscribers hear nothing.
     */
    private static final int MOST_UNKNOWN = 1_000;

    private final RecordTable table;
    private final RecordService service;
    private final Access access;
    private final ScopeDigests digests;
    private final Events events;

    Comparison(RecordTable table, RecordService service, Access access, ScopeDigests digests, Events events) {
        this.table = table;
        this.service = service;
        this.access = access;
        this.digests = digests;
        this.events = events;
    }

    /**
     * What is compared, and where the difference goes.
     *
     * @param caller who asks
     * @param scopeId the scope
     * @param root the scope's root
     * @param manifest what the caller holds
     * @param within what is compared
     * @param base what the topics of the replay begin with
     * @param direct whether the replay goes to nobody but the caller
     */
    record Question(
            Caller caller, String scopeId, Key root, Manifest manifest, Within within, String base, boolean direct) {}

    /** The difference of the root alone, which is found at once. */
    Queue<Replay.Step> ofRoot(Question question) {
        if (!question.within().holds(question.root())) {
            return new ArrayDeque<>();
        }
        return compare(question, rootIfThere(question), question.manifest().ofRoot(question.root()));
    }

    /** The difference of everything else, which takes the longer to find the more there is. */
    Queue<Replay.Step> ofOthers(Question question) {
        Set<Key> held = held(question);
        Map<Key, Long> known = question.manifest().versions(held, table.tombstones());
        known.keySet().removeIf(key -> !question.within().holds(key));
        // Compared already, if it was to be.
        held.remove(question.root());
        known.remove(question.root());
        return compare(question, held, known);
    }

    private Set<Key> rootIfThere(Question question) {
        return table.get(question.root()) == null ? Set.of() : Set.of(question.root());
    }

    private Set<Key> held(Question question) {
        if (question.within().isAll()) {
            return access.visible(question.scopeId(), question.caller());
        }
        Digest digest = digests.of(question.scopeId(), question.caller());
        Set<Key> held = new LinkedHashSet<>();
        question.within().prefixes().forEach(prefix -> held.addAll(digest.below(prefix)));
        access.retainVisible(held, question.caller());
        return held;
    }

    private Queue<Replay.Step> compare(Question question, Set<Key> held, Map<Key, Long> known) {
        Queue<Replay.Step> replay = new ArrayDeque<>();
        held.forEach(key -> compare(question, key, known.remove(key), replay));
        int unknown = 0;
        for (Map.Entry<Key, Long> entry : known.entrySet()) {
            Key key = entry.getKey();
            unknown += isUnknown(key) ? 1 : 0;
            boolean believed = unknown <= MOST_UNKNOWN;
            long deleted =
                    believed || question.direct() ? deletedVersion(question, key, entry.getValue(), believed) : 0;
            if (deleted != 0) {
                ObjectNode data = deleted == UNTOLD ? Events.deleted(key) : Events.deleted(key, deleted);
                replay.add(() -> here(question, key) != null
                        ? null
                        : events.replay(question.base(), Change.Operation.DELETE, key, question.scopeId(), data));
            }
        }
        return replay;
    }

    private void compare(Question question, Key key, @Nullable Long theirs, Queue<Replay.Step> replay) {
        long ours = RecordTable.version(table.get(key));
        if (theirs != null && theirs == ours) {
            return;
        }
        if (theirs != null && theirs > ours && question.direct()) {
            replay.add(() -> {
                ObjectNode data = here(question, key);
                return data == null ? null : events.restored(question.base(), key, question.scopeId(), data);
            });
            return;
        }
        boolean ignored = theirs != null && theirs > ours && !raisedAbove(key, theirs, ours);
        Change.Operation operation = theirs == null || ignored ? Change.Operation.CREATE : Change.Operation.UPDATE;
        // Read when it is sent, so that a replay never says less than an event before it.
        replay.add(() -> {
            ObjectNode data = here(question, key);
            return data == null ? null : events.replay(question.base(), operation, key, question.scopeId(), data);
        });
    }

    /** Raises a record above what a client knows; false if that is too far ahead to be believed. */
    private boolean raisedAbove(Key key, long theirs, long ours) {
        if (theirs - ours > MOST_AHEAD || theirs == RecordTable.MAX_VERSION) {
            return false;
        }
        service.raise(key, theirs + 1);
        return true;
    }

    private @Nullable ObjectNode here(Question question, Key key) {
        ObjectNode data = table.get(key);
        return data != null && question.scopeId().equals(table.scopeOf(key.entity(), data)) ? data : null;
    }

    /** The version that a delete of a record not held in the scope carries; 0 where there is nothing to say, or {@link #UNTOLD}. */
    private long deletedVersion(Question question, Key key, long theirs, boolean believed) {
        ObjectNode elsewhere = table.get(key);
        if (elsewhere != null) {
            return theirs == 0 ? 0 : movedVersion(question, key, elsewhere, theirs);
        }
        Tombstone stone = table.tombstone(key);
        long buried = stone == null ? 0 : stone.version();
        if (buried > theirs) {
            return buried;
        }
        if (theirs == 0) {
            return 0;
        }
        long deleted = Math.min(theirs + 1, RecordTable.MAX_VERSION);
        if (theirs - buried > MOST_AHEAD) {
            return question.direct() ? deleted : UNTOLD;
        }
        // Of a scope of which nothing is here, nothing is remembered that was not here.
        if (stone != null || (believed && table.hasScope(question.scopeId()))) {
            // A later create must continue above what the client has seen.
            service.bury(key, question.scopeId(), deleted);
        }
        return deleted;
    }

    private boolean isUnknown(Key key) {
        return table.get(key) == null && table.tombstone(key) == null;
    }

    /** Below the record's present version, or the client would drop it in its new scope. */
    private long movedVersion(Question question, Key key, ObjectNode elsewhere, long theirs) {
        long version = RecordTable.version(elsewhere);
        boolean unbelievable = theirs - version > MOST_AHEAD && !question.direct();
        if (!access.allows(key.entity(), elsewhere, question.caller(), Access.Right.READ)) {
            return unbelievable ? UNTOLD : theirs;
        }
        if (theirs < version) {
            return version - 1;
        }
        raisedAbove(key, theirs, version);
        return unbelievable ? UNTOLD : theirs;
    }
}
