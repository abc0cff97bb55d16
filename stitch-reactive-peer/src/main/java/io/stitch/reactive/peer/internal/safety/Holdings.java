package io.stitch.reactive.peer.internal.safety;

import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Safety;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.peer.internal.hello.Roster;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who else is known to hold what of an open scope. Each change here has a number. What a peer says of all that it holds, by a fingerprint or by a
 * manifest, is kept as one number, up to which it holds everything, and a few exceptions; so a change costs one entry, a hello no more than its
 * comparison, and nothing grows with the scope. A delete is a change like others: it is held by those who do not have the record.
 *
 * <p>At most {@link #MOST_CHANGES} changes are known one by one. Those before them are known together: a peer that has not said since the last of
 * them that it holds everything counts as holding none of them. At most as many peers as a scope knows are remembered, of which newcomers give way
 * first, and at most {@link #MOST_HOLDERS} who have one change. So what is said here is less than what is true, never more, as long as peers say the truth: who signs nothing may claim anything. On the
 * worker.
 */
public final class Holdings {
    static final int MOST_CHANGES = 10_000;
    static final int MOST_EXCEPTIONS = 1_000;
    /** Who says that it has a change is remembered for so many; a name costs whoever invents it nothing. */
    static final int MOST_HOLDERS = 256;
    /** Of peers with exceptions, so many are asked of each change. */
    private static final int MOST_ASKED = 16;

    private static final long NOTHING = -1;

    private final Map<RecordKey, Change> changes = new LinkedHashMap<>();
    private final Roster<Known> peers;
    private long sequence;
    /** The number of whatever is not among the changes. */
    private long rest;

    /** How far an own change is known to have got. */
    private enum Told {
        NOBODY,
        /** The broker took it, and nobody was subscribed. */
        BROKER_ALONE,
        BROKER
    }

    /** The last change of a record. */
    private static final class Change {
        private final long number;
        private final boolean deleted;
        private final Set<String> holders = new HashSet<>(2);
        private Told told = Told.NOBODY;

        private Change(long number, boolean deleted) {
            this.number = number;
            this.deleted = deleted;
        }

        void isHeldBy(String peer) {
            if (holders.size() < MOST_HOLDERS) {
                holders.add(peer);
            }
        }
    }

    /** What a peer is known to hold: everything up to a number, but for some. */
    private record Known(long upTo, Set<RecordKey> except) {
        boolean holds(RecordKey key, long number) {
            return number <= upTo && !except.contains(key);
        }
    }

    /**
     * Knows nothing.
     *
     * @param bound how many peers are remembered at most
     */
    public Holdings(int bound) {
        this.peers = new Roster<>(bound);
    }

    // ---- what changes here ----

    /**
     * A record was changed.
     *
     * @param key the record
     * @param deleted whether it is gone
     * @param by who is known to have it so: the peer that said it; {@code null} if it was changed here
     */
    public void changed(RecordKey key, boolean deleted, @Nullable String by) {
        Change change = new Change(++sequence, deleted);
        if (by != null) {
            change.isHeldBy(by);
        }
        changes.remove(key); // It is the last one now.
        changes.put(key, change);
        if (changes.size() > MOST_CHANGES) {
            Iterator<Change> oldest = changes.values().iterator();
            rest = Math.max(rest, oldest.next().number);
            oldest.remove();
        }
    }

    /**
     * The broker took what was said of a record as it is now.
     *
     * @param key the record
     * @param heard whether somebody was subscribed
     */
    public void published(RecordKey key, boolean heard) {
        Change change = changes.get(key);
        if (change != null && change.told != Told.BROKER) {
            change.told = heard ? Told.BROKER : Told.BROKER_ALONE;
        }
    }

    /** {@return the number of the last change} */
    public long sequence() {
        return sequence;
    }

    // ---- what others say ----

    /**
     * A peer has a record as it is here.
     *
     * @param key the record
     * @param peer the peer
     */
    public void holds(RecordKey key, String peer) {
        Change change = changes.get(key);
        Known known = peers.get(peer);
        if (known != null && (change == null ? rest : change.number) <= known.upTo) {
            known.except.remove(key);
        } else if (change != null) {
            change.isHeldBy(peer);
        }
    }

    /**
     * A peer has all that was here at some time.
     *
     * @param peer the peer
     * @param upTo the number of the last change then
     * @param now what time it is, in milliseconds
     */
    public void holdsAll(String peer, long upTo, long now) {
        Known known = peers.get(peer);
        if (known == null || upTo >= known.upTo) {
            peers.heard(peer, now, new Known(upTo, new HashSet<>()));
        }
    }

    /**
     * A peer has all that is here, but for some.
     *
     * @param peer the peer
     * @param except what it lacks, or has in another state
     * @param now what time it is, in milliseconds
     */
    public void holdsAllBut(String peer, Set<RecordKey> except, long now) {
        boolean few = except.size() <= MOST_EXCEPTIONS;
        peers.heard(peer, now, few ? new Known(sequence, new HashSet<>(except)) : new Known(NOTHING, new HashSet<>()));
        lacks(peer, few ? except : changes.keySet());
    }

    /**
     * A peer has some of what is here, and some of it not.
     *
     * @param peer the peer
     * @param held what it has
     * @param except what it lacks, or has in another state
     */
    public void holdsSome(String peer, Collection<RecordKey> held, Set<RecordKey> except) {
        held.stream().filter(key -> !except.contains(key)).forEach(key -> holds(key, peer));
        Known known = peers.get(peer);
        if (known != null) {
            known.except.addAll(except);
            if (known.except.size() > MOST_EXCEPTIONS) {
                peers.remove(peer);
            }
        }
        lacks(peer, except);
    }

    private void lacks(String peer, Collection<RecordKey> these) {
        for (RecordKey key : these) {
            Change change = changes.get(key);
            if (change != null) {
                change.holders.remove(peer);
            }
        }
    }

    /** Forgets everybody and everything. */
    public void clear() {
        peers.clear();
        changes.clear();
    }

    // ---- how safe it is ----

    /**
     * Tells how safe a scope is. Looks at the changes and at the peers, not at the records.
     *
     * @param records how many records the scope has
     * @param pending how many of its writes wait
     * @param isPending whether writes of a record wait
     * @param alone whether nobody else was ever heard in the scope
     * @return how safe it is
     */
    public ScopeSafety of(int records, int pending, Predicate<RecordKey> isPending, boolean alone) {
        Everybody everybody = new Everybody();
        int onlyHere = 0;
        int taken = 0;
        int rows = records;
        for (Map.Entry<RecordKey, Change> entry : changes.entrySet()) {
            Change change = entry.getValue();
            rows -= change.deleted ? 0 : 1;
            if (!everybody.holds(entry.getKey(), change) && !isPending.test(entry.getKey())) {
                if (isAlone(change, alone)) {
                    onlyHere++;
                } else {
                    taken++;
                }
            }
        }
        int unheld = everybody.unheldOfTheRest(Math.max(0, rows));
        return new ScopeSafety(
                pending, onlyHere + (alone ? unheld : 0), taken + (alone ? 0 : unheld), everybody.holdingAll());
    }

    /**
     * Tells how much of a scope nobody else is known to hold, besides what waits to be sent. Where nobody else was ever heard, that is all of which
     * nobody said that they have it, whatever the broker said; and deletes do not count, for nobody has what was deleted.
     *
     * @param records how many records the scope has
     * @param isPending whether writes of a record wait
     * @param alone whether nobody else was ever heard in the scope
     * @return how many records and deletes
     */
    public int onlyHere(int records, Predicate<RecordKey> isPending, boolean alone) {
        ScopeSafety all = of(records, 0, isPending, alone);
        if (!alone) {
            return all.onlyHere();
        }
        Everybody everybody = new Everybody();
        long deletes = changes.entrySet().stream()
                .filter(entry -> entry.getValue().deleted
                        && !everybody.holds(entry.getKey(), entry.getValue())
                        && !isPending.test(entry.getKey()))
                .count();
        return all.onlyHere() + all.taken() - (int) deletes;
    }

    /**
     * {@return whether somebody holds what was here before the changes that are known one by one}
     */
    public boolean isRestHeld() {
        return new Everybody().isRestHeld();
    }

    private static boolean isAlone(Change change, boolean alone) {
        return change.told == Told.BROKER_ALONE || (change.told == Told.NOBODY && alone);
    }

    /**
     * Tells how safe a record is.
     *
     * @param key the record
     * @param pending whether writes of it wait
     * @param alone whether nobody else was ever heard in the scope
     * @return how safe it is
     */
    public RecordSafety of(RecordKey key, boolean pending, boolean alone) {
        Change change = changes.get(key);
        Set<String> holders = change == null ? new HashSet<>() : new HashSet<>(change.holders);
        long number = change == null ? rest : change.number;
        peers.forEach((peer, known) -> {
            if (known.holds(key, number)) {
                holders.add(peer);
            }
        });
        boolean only = change == null ? alone : isAlone(change, alone);
        Safety unheld = only ? Safety.ONLY_HERE : Safety.TAKEN;
        Safety level = pending ? Safety.PENDING : holders.isEmpty() ? unheld : Safety.HELD;
        return new RecordSafety(level, holders.size());
    }

    /** What all peers together hold, looked at once. */
    private final class Everybody {
        private final List<Known> withExceptions = new ArrayList<>();
        private long allUpTo = NOTHING;

        Everybody() {
            peers.forEach((peer, known) -> {
                if (known.except.isEmpty()) {
                    allUpTo = Math.max(allUpTo, known.upTo);
                } else {
                    withExceptions.add(known);
                }
            });
            withExceptions.sort((one, other) -> Long.compare(other.upTo, one.upTo));
            if (withExceptions.size() > MOST_ASKED) {
                withExceptions.subList(MOST_ASKED, withExceptions.size()).clear();
            }
        }

        boolean holds(RecordKey key, Change change) {
            return change.number <= allUpTo
                    || !change.holders.isEmpty()
                    || withExceptions.stream().anyMatch(known -> known.holds(key, change.number));
        }

        boolean isRestHeld() {
            return rest <= allUpTo;
        }

        /** How many of the records that are not among the changes nobody holds. */
        int unheldOfTheRest(int rows) {
            if (isRestHeld()) {
                return 0;
            }
            List<Known> able =
                    withExceptions.stream().filter(known -> known.upTo >= rest).toList();
            if (able.isEmpty()) {
                return rows;
            }
            return (int) Math.min(
                    rows,
                    able.get(0).except.stream()
                            .filter(key -> !changes.containsKey(key)
                                    && able.stream().allMatch(known -> known.except.contains(key)))
                            .count());
        }

        /** How many peers hold everything: up to a number, and each change since by itself. */
        int holdingAll() {
            long[] numbers =
                    changes.values().stream().mapToLong(change -> change.number).toArray();
            Map<String, Integer> since = new HashMap<>();
            for (Change change : changes.values()) {
                for (String holder : change.holders) {
                    Known known = peers.get(holder);
                    if (known != null && change.number > known.upTo) {
                        since.merge(holder, 1, Integer::sum);
                    }
                }
            }
            int[] holding = {0};
            peers.forEach((peer, known) -> {
                boolean upToNow = known.upTo >= rest && known.except.isEmpty();
                if (upToNow && since.getOrDefault(peer, 0) == behind(numbers, known.upTo)) {
                    holding[0]++;
                }
            });
            return holding[0];
        }

        /** How many of some rising numbers are above one. */
        private static int behind(long[] numbers, long number) {
            int low = 0;
            int high = numbers.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (numbers[middle] > number) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return numbers.length - low;
        }
    }
}
