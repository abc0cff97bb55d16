package io.stitch.reactive.internal.writes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Decides when which pending write is sent (protocol section 3.4). Order holds per record, because each record has a lane
 * with at most one write under way. Across records a root is created before its children and deleted after them. A lane that
 * fails waits, longer each time, and is parked after five answers of server trouble; no other lane waits for it. On the worker.
 */
final class WriteQueue {
    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final int TROUBLES_BEFORE_PARKING = 5;
    /** How long what waited for a connection waits for the open scopes to be compared: the connection may not live long. */
    private static final Duration LONGEST_HOLD = Duration.ofMillis(500);

    private final Scheduler serial;
    private final Scheduler clock;
    private final Journal journal;
    private final String root;
    private final Settlement settlement;
    private final String run =
            Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX) + "-w";
    private final Map<RecordKey, Lane> lanes = new LinkedHashMap<>();
    private final Map<String, Set<Lane>> byScope = new HashMap<>();
    private final Deque<Lane> ready = new ArrayDeque<>();
    private final Map<RecordKey, List<Lane>> blocked = new HashMap<>();
    private final Disposable.Swap holding = Disposables.swap();
    private @Nullable WriteSender sender;
    private boolean held;
    private boolean stamped;
    private int underWay;
    private long nextRequest;

    /** What is done with the writes of a lane when their fate is known. */
    interface Settlement {
        /** The first write of a record is done or rejected. */
        void settled(PendingRecord record, QueuedWrite first, WriteOutcome outcome);

        /** A write became part of the one before it. */
        void folded(QueuedWrite gone);

        /** A write will be sent later than now. */
        void postponed(PendingRecord record, QueuedWrite write);

        /** A write failed too often to be sent again by itself. */
        void parked(PendingRecord record, QueuedWrite write, Throwable why);
    }

    private enum State {
        IDLE,
        READY,
        UNDER_WAY,
        BLOCKED,
        WAITING,
        PARKED;

        /** Whether a write is about to be sent or being sent: only then do others wait for it. */
        boolean moves() {
            return this == READY || this == UNDER_WAY || this == BLOCKED;
        }
    }

    /** The writes of one record. */
    private static final class Lane {
        private final PendingRecord record;
        private final String scope;
        private final Disposable.Swap timer = Disposables.swap();
        private final Disposable.Swap sending = Disposables.swap();
        private State state = State.IDLE;
        private int failures;
        private int troubles;

        Lane(PendingRecord record, String scope) {
            this.record = record;
            this.scope = scope;
        }

        long firstSequence() {
            QueuedWrite first = record.writes().peekFirst();
            return first == null ? Long.MAX_VALUE : first.write().sequence();
        }
    }

    WriteQueue(Scheduler serial, Scheduler clock, Journal journal, String root, Settlement settlement) {
        this.serial = serial;
        this.clock = clock;
        this.journal = journal;
        this.root = root;
        this.settlement = settlement;
    }

    /** From now on, writes are stamped: sending one twice does no harm, so nothing is noted before it is sent. */
    void stamped() {
        stamped = true;
    }

    /** Begins to send, in order: what waited, once the open scopes have been compared; and at once if nothing did. */
    void connected(WriteSender newSender, Mono<Void> compared) {
        sender = newSender;
        held = !lanes.isEmpty();
        if (held) {
            holding.update(compared.timeout(LONGEST_HOLD, Mono.empty(), serial)
                    .subscribe(unused -> {}, failure -> unhold(), this::unhold));
        }
        lanes.values().stream()
                .filter(lane -> lane.state == State.IDLE)
                .sorted(Comparator.comparingLong(Lane::firstSequence))
                .forEach(this::makeReady);
        pump();
    }

    private void unhold() {
        held = false;
        pump();
    }

    /** Sends nothing from now on. What is under way is in doubt once its sender says so. */
    void disconnected() {
        sender = null;
        holding.update(Disposables.disposed());
        ready.clear();
        blocked.clear();
        for (Lane lane : lanes.values()) {
            lane.timer.update(Disposables.disposed());
            if (lane.state != State.UNDER_WAY && lane.state != State.PARKED) {
                lane.state = State.IDLE;
            }
            if (lane.state != State.UNDER_WAY) {
                postponed(lane.record);
            }
            lane.failures = 0;
        }
    }

    /** Makes room for a record's writes; {@link #send} puts them in line when they are durable. */
    void add(PendingRecord record, String scope) {
        lanes.computeIfAbsent(record.key(), key -> {
            Lane lane = new Lane(record, scope);
            byScope.computeIfAbsent(scope, name -> new LinkedHashSet<>()).add(lane);
            QueuedWrite first = record.writes().peekFirst();
            lane.state = first != null && first.write().parked() ? State.PARKED : State.IDLE;
            return lane;
        });
    }

    /** Lets go of a record whose writes were taken back. */
    void forget(PendingRecord record) {
        Lane lane = lanes.get(record.key());
        if (lane != null && record.writes().isEmpty()) {
            ready.remove(lane);
            remove(lane);
        }
    }

    /** Puts a record's durable writes in line. */
    void send(PendingRecord record) {
        Lane lane = lanes.get(record.key());
        if (lane == null || !lane.record.equals(record)) { // Put away meanwhile: kept, and sent another time.
            postponed(record);
        } else if (sender == null || lane.state == State.WAITING || lane.state == State.PARKED) {
            postponed(record);
        } else if (lane.state == State.IDLE) {
            makeReady(lane);
            pump();
        }
    }

    /** Sends parked writes again. */
    int unpark() {
        int count = 0;
        for (Lane lane : lanes.values()) {
            if (lane.state == State.PARKED) {
                count++;
                lane.troubles = 0;
                lane.failures = 0;
                lane.state = State.IDLE;
                park(lane, false);
                if (sender != null) {
                    makeReady(lane);
                }
            }
        }
        pump();
        return count;
    }

    /** Forgets every lane; what is under way goes on and is told to nobody. */
    void clear() {
        disconnected();
        lanes.clear();
        byScope.clear();
    }

    private void makeReady(Lane lane) {
        lane.state = State.READY;
        ready.add(lane);
    }

    private void pump() {
        while (sender != null && !held && underWay < sender.concurrency()) {
            Lane lane = ready.poll();
            if (lane == null) {
                return;
            }
            RecordKey blocker = blocker(lane);
            if (blocker == null) {
                start(lane);
            } else {
                lane.state = State.BLOCKED;
                blocked.computeIfAbsent(blocker, key -> new ArrayList<>()).add(lane);
            }
        }
    }

    /** The record whose writes must be answered first: a root before the create of its child, children before their root's end. */
    private @Nullable RecordKey blocker(Lane lane) {
        QueuedWrite first = decisive(lane.record);
        long sequence = first.write().sequence();
        for (RecordKey key : first.after()) {
            Lane earlier = lanes.get(key);
            if (earlier != null && earlier.state.moves() && earlier.firstSequence() < sequence) {
                return key;
            }
        }
        boolean isRoot = lane.record.key().entity().equals(root);
        if (isRoot) {
            return first.write().kind() == WriteKind.DELETE ? earlierChild(lane, sequence) : null;
        }
        RecordKey rootKey = new RecordKey(root, first.write().scope());
        Lane rootLane = lanes.get(rootKey);
        QueuedWrite rootFirst =
                rootLane == null ? null : rootLane.record.writes().peekFirst();
        // A child of a root that is not there yet can only be refused, so it also waits while its root waits.
        return rootLane != null
                        && rootLane.state != State.PARKED
                        && rootFirst != null
                        && rootFirst.write().kind() == WriteKind.CREATE
                ? rootKey
                : null;
    }

    /** The write that decides what is sent: an update that is followed by a delete becomes that delete. */
    private static QueuedWrite decisive(PendingRecord record) {
        QueuedWrite first = record.writes().getFirst();
        if (first.write().isInDoubt() || first.write().kind() == WriteKind.CREATE) {
            return first;
        }
        return record.writes().stream()
                .filter(write -> write.write().kind() == WriteKind.DELETE)
                .findFirst()
                .orElse(first);
    }

    private @Nullable RecordKey earlierChild(Lane rootLane, long sequence) {
        for (Lane lane : byScope.getOrDefault(rootLane.scope, Set.of())) {
            if (lane.state.moves() && !lane.equals(rootLane) && lane.firstSequence() < sequence) {
                return lane.record.key();
            }
        }
        return null;
    }

    private void start(Lane lane) {
        boolean durable = lane.record.writes().stream().allMatch(QueuedWrite::isDurable);
        QueuedWrite first = consolidate(lane.record);
        if (first == null) {
            finished(lane);
            return;
        }
        boolean inDoubt = first.write().isInDoubt();
        if (!inDoubt && !stamped) {
            if (first.write().kind() == WriteKind.CREATE) {
                lane.record.begins();
            }
            first.write(first.write()
                    .sent(run + Long.toString(nextRequest++, Character.MAX_RADIX), now(), lane.record.server()));
            journal.put(first.write());
        }
        lane.state = State.UNDER_WAY;
        underWay++;
        if (stamped && durable) {
            transmit(lane, first, false);
            return;
        }
        journal.commit(failure -> {
            if (failure == null) {
                transmit(lane, first, inDoubt);
            } else {
                answered(lane, first, new WriteOutcome.Later(new IllegalStateException(failure), inDoubt, false));
            }
        });
    }

    /** Folds what was never sent into the first write. {@code null} if nothing is left to send of it. */
    private @Nullable QueuedWrite consolidate(PendingRecord record) {
        Deque<QueuedWrite> writes = record.writes();
        QueuedWrite first = writes.getFirst();
        if (first.write().isInDoubt() || writes.size() == 1) {
            return first;
        }
        List<PendingWrite> queue = writes.stream().map(QueuedWrite::write).toList();
        Consolidation folded = stamped ? Consolidation.ofStamped(queue) : Consolidation.of(queue);
        Iterator<QueuedWrite> absorbed = writes.iterator();
        absorbed.next();
        for (int i = 1; i < folded.count(); i++) {
            QueuedWrite next = absorbed.next();
            absorbed.remove();
            first.absorb(next);
            settlement.folded(next);
        }
        PendingWrite merged = folded.write();
        if (merged == null) {
            settlement.settled(record, first, new WriteOutcome.Done(null));
            return null;
        }
        first.write(merged);
        journal.put(merged);
        return first;
    }

    private void transmit(Lane lane, QueuedWrite first, boolean inDoubt) {
        WriteSender current = sender;
        if (current == null) {
            answered(lane, first, new WriteOutcome.Later(new IllegalStateException("not connected"), inDoubt, false));
            return;
        }
        WriteRequest request = new WriteRequest(
                first.write(), inDoubt, first.waited(), lane.record::isAcknowledged, lane.record::data);
        // Its own, and set before it is sent: an answer that comes at once may begin the lane's next write.
        Disposable.Swap sending = Disposables.swap();
        lane.sending.update(sending);
        sending.update(current.send(request)
                .subscribe(
                        outcome -> answered(lane, first, outcome),
                        defect -> answered(
                                lane, first, new WriteOutcome.Later(new IllegalStateException(defect), true, false))));
    }

    private void answered(Lane lane, QueuedWrite first, WriteOutcome outcome) {
        underWay--;
        if (!lane.equals(lanes.get(lane.record.key()))) {
            return; // Cleared meanwhile.
        }
        if (outcome instanceof WriteOutcome.Later later) {
            postpone(lane, first, later);
        } else {
            lane.failures = 0;
            lane.troubles = 0;
            settlement.settled(lane.record, first, outcome);
            finished(lane);
        }
        pump();
    }

    private void postpone(Lane lane, QueuedWrite first, WriteOutcome.Later later) {
        if (!later.inDoubt() && first.write().isInDoubt()) {
            first.write(first.write().unsent());
            journal.put(first.write());
        }
        postponed(lane.record);
        lane.failures++;
        if (later.serverTrouble() && ++lane.troubles >= TROUBLES_BEFORE_PARKING) {
            lane.state = State.PARKED;
            park(lane, true);
            settlement.parked(lane.record, first, later.error());
        } else if (sender == null) {
            lane.state = State.IDLE;
        } else {
            lane.state = State.WAITING;
            lane.timer.update(
                    serial.schedule(() -> again(lane), wait(lane.failures).toMillis(), TimeUnit.MILLISECONDS));
        }
        journal.commit();
        release(lane.record.key());
    }

    /** Tells those who do not know yet; what is before one that waits already was told before. */
    private void postponed(PendingRecord record) {
        Deque<QueuedWrite> untold = new ArrayDeque<>(1);
        Iterator<QueuedWrite> newestFirst = record.writes().descendingIterator();
        while (newestFirst.hasNext()) {
            QueuedWrite write = newestFirst.next();
            if (write.waited() && !write.hasCallers()) {
                break;
            }
            untold.push(write);
        }
        untold.forEach(write -> settlement.postponed(record, write));
    }

    private void again(Lane lane) {
        if (lane.state == State.WAITING && sender != null) {
            makeReady(lane);
            pump();
        }
    }

    private void finished(Lane lane) {
        if (lane.record.writes().isEmpty()) {
            remove(lane);
        } else if (sender == null) {
            lane.state = State.IDLE;
        } else {
            makeReady(lane);
        }
        journal.commit();
        release(lane.record.key());
    }

    private void remove(Lane lane) {
        lanes.remove(lane.record.key());
        Set<Lane> siblings = byScope.get(lane.scope);
        if (siblings != null && siblings.remove(lane) && siblings.isEmpty()) {
            byScope.remove(lane.scope);
        }
    }

    private void release(RecordKey key) {
        List<Lane> freed = blocked.remove(key);
        if (freed != null) {
            freed.forEach(this::makeReady);
        }
    }

    private void park(Lane lane, boolean parked) {
        QueuedWrite first = lane.record.writes().getFirst();
        first.write(first.write().parked(parked));
        journal.put(first.write());
    }

    private static Duration wait(int failures) {
        Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures - 1, 10));
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }
}
