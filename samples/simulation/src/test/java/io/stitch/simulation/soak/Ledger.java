package io.stitch.simulation.soak;

import io.stitch.reactive.MutationResult.Status;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.WriteKind;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one device wrote into records that nobody else writes, and what it was told became of it. Each write has a number, which it writes
 * into the field {@link #FIELD}, so that a record says which write was the last one. Thread-safe.
 */
final class Ledger {
    static final String FIELD = "seq";
    /** The number of a record that is not there. */
    private static final long ABSENT = 0;

    private final Problems problems;
    private final Map<String, List<Entry>> writes = new HashMap<>();
    private final Map<String, Long> before = new HashMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private long last;

    private enum Fate {
        UNTOLD,
        DONE,
        QUEUED,
        UNDONE,
        /** Nobody can know. */
        UNKNOWN
    }

    /** A write. */
    static final class Entry {
        final String id;
        final long number;
        final boolean deletes;
        private boolean creates;
        private boolean deletedMeanwhile;
        private boolean mayBeUndone;
        private Fate fate = Fate.UNTOLD;
        private String said = "nothing";

        private Entry(String id, long number, boolean deletes) {
            this.id = id;
            this.number = number;
            this.deletes = deletes;
        }

        @Override
        public String toString() {
            return "%s %d: %s (%s)".formatted(deletes ? "delete" : "write", number, fate, said);
        }
    }

    Ledger(Problems problems) {
        this.problems = problems;
    }

    synchronized Entry begin(String id, boolean deletes) {
        Entry entry = new Entry(id, ++last, deletes);
        writes.computeIfAbsent(id, unused -> new ArrayList<>()).add(entry);
        return entry;
    }

    /** It is a create, of a record that this device does not see; which may be there all the same. */
    synchronized void creates(Entry entry) {
        entry.creates = true;
    }

    synchronized void told(Entry entry, Status status) {
        entry.said = status.name();
        count(entry.said);
        if (entry.fate == Fate.UNTOLD) {
            entry.fate = status == Status.QUEUED ? Fate.QUEUED : Fate.DONE;
        }
    }

    synchronized void failed(Entry entry, Throwable error) {
        entry.said = error.toString();
        count(error.getClass().getSimpleName());
        entry.deletedMeanwhile = isNotFound(error);
        entry.fate = leavesOpen(error) ? Fate.UNKNOWN : Fate.UNDONE;
    }

    /** It was done before, perhaps, without an answer, and then the server said twice that there is no such record. */
    private static boolean isNotFound(Throwable error) {
        return error instanceof RequestRefusedException refused && refused.code() == 404;
    }

    /** It had been sent before, and the server refuses to send it again and to read it. */
    private static boolean leavesOpen(Throwable error) {
        return String.valueOf(error.getMessage()).contains("does not tell what became of that");
    }

    /** Nobody was told, because somebody else was told an error first. */
    synchronized void unknown(Entry entry, String why) {
        if (entry.fate == Fate.UNTOLD) {
            entry.said = why;
            entry.fate = Fate.UNKNOWN;
        }
    }

    /**
     * A store says of a record that a write of it was refused. Which one, its rejection tells, unless the writer has logged out meanwhile:
     * nobody else is told.
     */
    synchronized void refused(String id) {
        writes.getOrDefault(id, List.of()).forEach(entry -> entry.mayBeUndone = entry.fate == Fate.QUEUED);
    }

    /** Of writes that became one before they were sent, one hears once; what was queued before may be among them, or long done. */
    synchronized void rejected(Rejection rejection) {
        count("rejected " + rejection.reason());
        boolean delete = rejection.kind() == WriteKind.DELETE;
        long number = delete ? Long.MAX_VALUE : rejection.written().path(FIELD).asLong();
        for (Entry entry : writes.getOrDefault(rejection.id(), List.of())) {
            entry.mayBeUndone = false;
            if (entry.number <= number && entry.fate == Fate.QUEUED) {
                entry.said += ", then " + rejection.error();
                entry.deletedMeanwhile =
                        rejection.reason() == Rejection.Reason.DELETED_MEANWHILE || isNotFound(rejection.error());
                entry.fate = entry.number == number && !leavesOpen(rejection.error()) ? Fate.UNDONE : Fate.UNKNOWN;
            }
        }
    }

    /** {@return the ids of records that may be there} */
    synchronized Set<String> ids() {
        Set<String> ids = new HashSet<>(before.keySet());
        ids.addAll(writes.keySet());
        return ids;
    }

    /**
     * Holds what was told against what is there, once nothing is pending, and goes on from what is there.
     *
     * @param there the number in each record that is there
     * @param deletesMayBeLies whether a server said of records that are there that they are not
     */
    synchronized void judge(String device, Map<String, Long> there, boolean deletesMayBeLies) {
        for (String id : ids()) {
            Set<Long> possible = new HashSet<>(Set.of(before.getOrDefault(id, ABSENT)));
            List<Entry> entries = writes.getOrDefault(id, List.of());
            Set<Long> sinceCreated =
                    new HashSet<>(); // What it may have been, while a create of it was perhaps never sent.
            for (Entry entry : entries) {
                if (entry.fate == Fate.DONE) {
                    sinceCreated.clear();
                } else if (entry.creates || !sinceCreated.isEmpty()) {
                    sinceCreated.addAll(possible);
                }
                long after = entry.deletes ? ABSENT : entry.number;
                switch (entry.fate) {
                    case UNTOLD -> problems.add("%s was never told what became of %s: %s".formatted(device, id, entry));
                    case DONE, QUEUED -> {
                        if (!(entry.deletes && deletesMayBeLies) && !entry.mayBeUndone) {
                            possible.clear();
                        }
                        if (entry.deletes) { // Of a create that was never sent: then nothing is sent, though it may
                            // have been there.
                            possible.addAll(sinceCreated);
                        }
                        possible.add(after);
                    }
                    case UNKNOWN -> possible.add(after);
                    case UNDONE -> {
                        if (entry.deletedMeanwhile && deletesMayBeLies) { // Of one that had been executed, perhaps.
                            possible.add(after);
                        }
                    }
                }
            }
            long now = there.getOrDefault(id, ABSENT);
            if (!possible.contains(now)) {
                problems.add("%s: %s has %d where one of %s was told; from %d on: %s"
                        .formatted(device, id, now, possible, before.getOrDefault(id, ABSENT), entries));
            }
        }
        before.clear();
        before.putAll(there);
        writes.clear();
    }

    synchronized void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** {@return how often what was told, since this was asked last} */
    synchronized Map<String, Integer> counts() {
        Map<String, Integer> result = new TreeMap<>(counts);
        counts.clear();
        return result;
    }
}
