package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * All lanes there are: those of records with rows, whoever wrote them. Counts the rows, and knows which records they name. On the
 * worker.
 */
final class Lanes {
    /** Whose a write is. */
    static final class Users {
        private final Supplier<@Nullable String> current;

        Users(Supplier<@Nullable String> current) {
            this.current = current;
        }

        /** Who is authenticated now, as far as is known. Any thread. */
        @Nullable
        String current() {
            return current.get();
        }

        /** A write from before anyone was known belongs to whoever logs in: with tickets, that is known from the first connection on. */
        boolean isOurs(Row row) {
            String writer = row.write().user();
            return writer == null || Objects.equals(writer, current.get());
        }
    }

    private final RecordStore records;
    private final Set<String> localOnly;
    private final Users users;
    private final Map<RecordKey, Lane> lanes = new LinkedHashMap<>();
    private final Map<String, Set<Lane>> byScope = new HashMap<>();
    private final Map<RecordKey, Set<Lane>> referrers = new HashMap<>();
    private Lane.Common common;
    /** Counted as they come and go: whoever watches a number is told of each, and looking through all of them each time would take too long. */
    private final Map<String, Integer> oursByScope = new HashMap<>();

    private int total;
    private int ours;
    private boolean connected;

    Lanes(RecordStore records, Set<String> localOnly, Users users) {
        this.records = records;
        this.localOnly = localOnly;
        this.users = users;
        this.common = new Lane.Common(records.scopeKeys(), users, false);
    }

    /** From now on, writes are in the records themselves and not on top of them. */
    void stamped() {
        common = new Lane.Common(records.scopeKeys(), users, true);
    }

    boolean areStamped() {
        return common.stamped();
    }

    /** The lane of a record, made if there is none. It counts from its first row on. */
    Lane of(RecordKey key, String scope) {
        return (Lane) records.pending().begin(key, scope, server -> begun(key, server));
    }

    private Lane begun(RecordKey key, @Nullable StoredRecord server) {
        return new Lane(key, server, localOnly.contains(key.entity()), common);
    }

    boolean isOurs(Row row) {
        return users.isOurs(row);
    }

    /** Whether a writer is who is known now. What nobody is known to have written is the current user's. */
    boolean isCurrent(@Nullable String subscribed) {
        return Objects.equals(writer(subscribed), users.current());
    }

    /** Whose a write is: what nobody wrote is the one's who is known now, if anybody is. */
    @Nullable
    String writer(@Nullable String subscribed) {
        return subscribed == null ? users.current() : subscribed;
    }

    boolean isHereOnly(RecordKey key) {
        return localOnly.contains(key.entity());
    }

    @Nullable
    Lane get(RecordKey key) {
        return lanes.get(key);
    }

    /** Every lane, the one that was made first first. */
    Collection<Lane> all() {
        return lanes.values();
    }

    /** The lanes with rows that were written in a set of records. */
    Collection<Lane> in(String scope) {
        return byScope.getOrDefault(scope, Set.of());
    }

    /** What the current user wrote in a set of records and is pending, in the order of writing. */
    List<PendingWrite> writesIn(String scope) {
        return in(scope).stream()
                .flatMap(lane -> lane.ours().stream())
                .map(Row::write)
                .filter(write -> write.scope().equals(scope))
                .sorted(Comparator.comparingLong(PendingWrite::sequence))
                .toList();
    }

    /** The lanes with rows that name a record, or did before they changed that. */
    Collection<Lane> naming(RecordKey target) {
        return referrers.getOrDefault(target, Set.of());
    }

    /** How many rows there are, whoever wrote them. */
    int total() {
        return total;
    }

    /** How many rows of the current user the server has not settled. */
    int ours() {
        return ours;
    }

    /** How many rows of the current user, of those written in a set of records, the server has not settled. */
    int oursIn(String scope) {
        return oursByScope.getOrDefault(scope, 0);
    }

    /** The store is connected from now on, or not: others may be told of what is pending meanwhile. */
    void connected(boolean isConnected) {
        connected = isConnected;
        if (isConnected && common.stamped()) {
            lanes.values().forEach(lane -> lane.rows().forEach(Row::mayBeHeard));
        }
    }

    /** A row was added to a lane. */
    void added(Lane lane, Row row) {
        if (connected) {
            row.mayBeHeard();
        }
        lanes.putIfAbsent(lane.key(), lane);
        byScope.computeIfAbsent(row.write().scope(), scope -> new LinkedHashSet<>())
                .add(lane);
        for (RecordKey target : row.references()) {
            referrers.computeIfAbsent(target, key -> new LinkedHashSet<>()).add(lane);
        }
        count(lane, row, 1);
    }

    /** Leaves a row out of its lane, and forgets the lane with its last one. */
    void drop(Lane lane, Row row) {
        if (lane.drop(row)) {
            dropped(lane, row);
        }
    }

    /** A row is no longer in its lane. */
    void dropped(Lane lane, Row row) {
        count(lane, row, -1);
        String scope = row.write().scope();
        Row last = lane.rows().peekLast(); // Rows of a record mostly are of one scope.
        boolean still = last != null && last.write().scope().equals(scope);
        if (!still
                && lane.rows().stream().noneMatch(other -> other.write().scope().equals(scope))) {
            leave(byScope, scope, lane);
        }
        for (RecordKey target : row.references()) {
            if (lane.rows().stream().noneMatch(other -> other.references().contains(target))) {
                leave(referrers, target, lane);
            }
        }
        if (lane.isOver()) {
            lanes.remove(lane.key(), lane);
        }
    }

    private static <K> void leave(Map<K, Set<Lane>> index, K key, Lane lane) {
        Set<Lane> there = index.get(key);
        if (there != null && there.remove(lane) && there.isEmpty()) {
            index.remove(key);
        }
    }

    private void count(Lane lane, Row row, int change) {
        if (lane.isHereOnly()) {
            return; // It is over when it is durable.
        }
        total += change;
        if (users.isOurs(row)) {
            countOurs(row, change);
        }
    }

    private void countOurs(Row row, int change) {
        ours += change;
        String scope = row.write().scope();
        if (oursByScope.merge(scope, change, Integer::sum) == 0) {
            oursByScope.remove(scope);
        }
    }

    /** Somebody else is logged in: other rows are ours, and the others are out of sight. */
    void userChanged() {
        ours = 0;
        oursByScope.clear();
        for (Lane lane : List.copyOf(lanes.values())) {
            lane.changed();
            if (!lane.isHereOnly()) {
                lane.ours().forEach(row -> countOurs(row, 1));
            }
        }
    }
}
