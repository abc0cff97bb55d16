package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Decides when which write is sent (protocol section 3.4): picks, one after another, lanes whose first row is durable and that no other
 * lane comes before ({@link WriteOrder}). A lane has one write under way. One that fails waits, longer each time, and is parked after five
 * answers of server trouble; what names its record waits with it, and nobody else. What is not to wait is given up where others are told that
 * they do. On the worker.
 */
final class WriteQueue {
    private static final int TROUBLES_BEFORE_PARKING = 5;
    /** How long what waited for a connection waits for the open scopes to be compared: the connection may not live long. */
    private static final Duration LONGEST_HOLD = Duration.ofMillis(500);

    private final Scheduler serial;
    private final Lanes lanes;
    private final WriteOrder order;
    private final Noting noting;
    private final Fate fate;
    private final Runnable moved;
    private final Deque<Lane> ready = new ArrayDeque<>();
    private final Blocked blocked;
    private final Disposable.Swap holding = Disposables.swap();
    /** What is not to wait and would have to. Undone when the lanes are at rest: that may free others. */
    private final Deque<GivenUp> givenUp = new ArrayDeque<>();

    private @Nullable WriteSender sender;
    private boolean versionsRise;
    private boolean held;
    private boolean picking;
    private int underWay;

    /** What is done with rows when their fate is known. */
    interface Fate {
        /** A write is done or will never be. Its lane may have other rows. */
        void settled(Lane lane, Row row, WriteOutcome outcome);

        /** The rows of a lane that are durable will be sent later than now: whoever waits is told. */
        void postponed(Lane lane);

        /** A write that is not to wait would have to: it is undone, and whoever waits is told why. */
        void gaveUp(Lane lane, Row row, RuntimeException why);

        /** A write that was sent is to be worked out anew, so that another state of its record may be seen. */
        void workedOutAnew(Lane lane);

        /** A write failed too often to be sent again by itself. */
        void parked(Row row, Throwable why);

        /** Records wait for one another, and one of them goes first all the same. */
        void outOfOrder(List<Lane> circle);
    }

    /**
     * Makes a queue that is not connected.
     *
     * @param moved runs whenever anything may stand elsewhere than before
     */
    WriteQueue(Scheduler serial, Lanes lanes, WriteOrder order, Noting noting, Fate fate, Runnable moved) {
        this.serial = serial;
        this.lanes = lanes;
        this.blocked = new Blocked(lanes);
        this.order = order;
        this.noting = noting;
        this.fate = fate;
        this.moved = moved;
    }

    // ---- connections ----

    /** Begins to send, in order: what waited, once the open scopes have been compared; and at once if nothing did. */
    void connected(WriteSender newSender, Mono<Void> compared) {
        sender = newSender;
        versionsRise = newSender.versionsRise();
        held = !lanes.all().isEmpty();
        if (held) {
            holding.update(compared.timeout(LONGEST_HOLD, Mono.empty(), serial)
                    .subscribe(unused -> {}, failure -> unhold(), this::unhold));
        }
        lineUp();
        pick();
    }

    boolean isConnected() {
        return sender != null;
    }

    /** Whether what waited for the connection waits for the open scopes to be compared. */
    boolean isHeld() {
        return held;
    }

    /** Whether a record's version on the server is never lower than one it had, as the last sender knew. */
    boolean versionsRise() {
        return versionsRise;
    }

    private void unhold() {
        held = false;
        pick();
    }

    /** Puts every lane that waits for nothing but its turn in line, the one that was written first first. */
    private void lineUp() {
        lanes.all().stream()
                .filter(lane -> lane.turn.state == Turn.State.IDLE && lane.firstOfOurs() != null)
                .sorted(Comparator.comparingLong(WriteOrder::sequence))
                .forEach(this::makeReady);
    }

    /** Sends nothing from now on. What is under way is in doubt once its sender says so. */
    void disconnected() {
        sender = null;
        holding.update(Disposables.disposed());
        standStill();
        moved.run();
    }

    /** Every lane leaves the line; those that are under way come back when they were answered. */
    private void standStill() {
        ready.clear();
        blocked.clear();
        for (Lane lane : lanes.all()) {
            Turn turn = lane.turn;
            turn.timer.update(Disposables.disposed());
            turn.blocker = null;
            turn.jumps = false;
            turn.failures = 0;
            if (turn.state != Turn.State.UNDER_WAY) {
                if (turn.state != Turn.State.PARKED) {
                    turn.state = Turn.State.IDLE;
                }
                postponed(lane, GivenUp::notConnected);
            }
        }
        giveUp();
    }

    /** Somebody else's rows are to be sent: what stands in line stands there no more. */
    void userChanged() {
        standStill();
        for (Lane lane : lanes.all()) {
            Row first = lane.firstOfOurs();
            if (lane.turn.state != Turn.State.UNDER_WAY) {
                lane.turn.state = first != null && first.write().parked() ? Turn.State.PARKED : Turn.State.IDLE;
            }
        }
        if (sender != null) {
            lineUp();
            pick();
        }
    }

    // ---- rows ----

    /** A row of a lane is durable, so that it may be sent. */
    void durable(Lane lane) {
        Turn turn = lane.turn;
        if (turn.state == Turn.State.IDLE && sender != null) {
            makeReady(lane);
            pick();
        } else if (turn.state == Turn.State.WAITING
                || turn.state == Turn.State.PARKED
                || turn.state == Turn.State.IDLE
                || (turn.state == Turn.State.BLOCKED && !blocked.isMoving(lane))) {
            postponed(lane, sender == null ? GivenUp::notConnected : GivenUp::heldUp);
            giveUp();
        }
    }

    /** Rows were left out of a lane: others may have waited for them. */
    void left(Lane lane) {
        if (lane.firstOfOurs() == null && lane.turn.state != Turn.State.UNDER_WAY) {
            ready.remove(lane);
            lane.turn.timer.update(Disposables.disposed());
            lane.turn.state = Turn.State.IDLE;
        }
        release(lane.key());
        pick();
    }

    /** A lane that earlier runs left behind begins where it stood. */
    void restored(Lane lane) {
        Row first = lane.firstOfOurs();
        lane.turn.state = first != null && first.write().parked() ? Turn.State.PARKED : Turn.State.IDLE;
    }

    /** Sends parked writes again. */
    int unpark() {
        int count = 0;
        for (Lane lane : lanes.all()) {
            if (lane.turn.state == Turn.State.PARKED) {
                count++;
                unpark(lane);
            }
        }
        noting.handOver();
        pick();
        return count;
    }

    private void unpark(Lane lane) {
        park(lane, false);
        beginAnew(lane);
    }

    /** Sends the first write of a lane again, if that is parked or waits for its time. */
    boolean retry(Lane lane) {
        if (lane.turn.state == Turn.State.PARKED) {
            unpark(lane);
            noting.handOver();
        } else if (lane.turn.state == Turn.State.WAITING) {
            beginAnew(lane);
        } else {
            return false;
        }
        pick();
        return true;
    }

    /** The application had rows left out of lanes: what comes next in those where that was the first begins anew. */
    void dropped(Set<Lane> from, Set<Lane> begun) {
        for (Lane lane : begun) {
            if (lane.turn.state != Turn.State.UNDER_WAY) {
                ready.remove(lane);
                blocked.remove(lane);
                beginAnew(lane);
            }
        }
        for (Lane lane : from) {
            unblock(lane); // It may have waited for what only a row named that was left out.
            release(lane.key());
        }
        pick();
    }

    private void beginAnew(Lane lane) {
        Turn turn = lane.turn;
        turn.timer.update(Disposables.disposed());
        turn.troubles = 0;
        turn.failures = 0;
        turn.jumps = false;
        turn.blocker = null;
        turn.state = Turn.State.IDLE;
        if (sender != null && lane.firstOfOurs() != null) {
            makeReady(lane);
        }
    }

    private void makeReady(Lane lane) {
        lane.turn.state = Turn.State.READY;
        lane.turn.blocker = null;
        ready.add(lane);
    }

    // ---- picking ----

    /** In a loop and never inside itself: a sender may answer at once. */
    private void pick() {
        if (picking) {
            return;
        }
        picking = true;
        try {
            Lane lane;
            while (sender != null && !held && underWay < sender.concurrency() && (lane = ready.poll()) != null) {
                pick(lane);
                giveUp();
            }
        } finally {
            picking = false;
        }
        moved.run();
    }

    private void pick(Lane lane) {
        Row first = lane.firstOfOurs();
        if (first == null || !first.isDurable()) {
            lane.turn.state = Turn.State.IDLE; // Until it is durable.
            if (first == null) { // Others' are durable, and wait for their writers to be back.
                postponed(lane, GivenUp::notConnected);
            }
            return;
        }
        Noting.Plan plan = noting.plan(lane, first);
        RecordKey blocker = lane.turn.jumps ? null : order.before(lane, plan);
        if (blocker == null) {
            start(lane, plan);
        } else {
            block(lane, blocker);
        }
    }

    private void block(Lane lane, RecordKey blocker) {
        List<Lane> circle = order.cycle(lane, blocker);
        blocked.add(lane, blocker);
        if (!circle.isEmpty()) {
            fate.outOfOrder(circle);
            Lane jumper = circle.get(0);
            blocked.remove(jumper);
            jumper.turn.jumps = true;
            makeReady(jumper);
        } else if (!blocked.isMoving(lane)) {
            postponed(lane, GivenUp::heldUp);
        }
    }

    private void start(Lane lane, Noting.Plan plan) {
        lane.turn.jumps = false;
        if (plan.isNothing()) {
            noting.forget(lane, plan);
            fate.settled(lane, plan.first(), new WriteOutcome.Done(null));
            finished(lane);
            return;
        }
        boolean inDoubt = plan.first().write().isInDoubt();
        lane.turn.state = Turn.State.UNDER_WAY;
        lane.turn.underWay = plan.rows();
        underWay++;
        noting.note(lane, plan, failure -> {
            if (failure == null) {
                transmit(lane, plan.first(), inDoubt);
            } else {
                answered(lane, plan.first(), later(failure, inDoubt));
            }
        });
    }

    private static WriteOutcome.Later later(Throwable why, boolean inDoubt) {
        return new WriteOutcome.Later(new IllegalStateException(why), inDoubt, WriteOutcome.Answer.NONE);
    }

    private void transmit(Lane lane, Row row, boolean inDoubt) {
        WriteSender current = sender;
        if (current == null || !lanes.isOurs(row)) { // Since it was noted, the connection has become another user's.
            answered(lane, row, new WriteOutcome.Later(GivenUp.notConnected(row), inDoubt, WriteOutcome.Answer.NONE));
            return;
        }
        row.attempted();
        WriteRequest request =
                new WriteRequest(row.write(), inDoubt, row.waited(), lane::isAcknowledged, () -> lane.data(row));
        // Its own, and set before it is sent: an answer that comes at once may begin the lane's next write.
        Disposable.Swap sending = Disposables.swap();
        lane.turn.sending.update(sending);
        sending.update(current.send(request)
                .subscribe(
                        outcome -> answered(lane, row, outcome),
                        defect -> answered(
                                lane,
                                row,
                                new WriteOutcome.Later(
                                        GivenUp.defective(row, defect), true, WriteOutcome.Answer.NONE))));
    }

    // ---- answers ----

    private void answered(Lane lane, Row row, WriteOutcome outcome) {
        underWay--;
        lane.turn.underWay = List.of();
        if (outcome instanceof WriteOutcome.Later later) {
            postpone(lane, row, later);
        } else {
            ended(lane, () -> fate.settled(lane, row, outcome));
        }
        giveUp();
        pick();
    }

    private void ended(Lane lane, Runnable telling) {
        lane.turn.outdated = 0;
        lane.turn.failures = 0;
        lane.turn.troubles = 0;
        telling.run();
        finished(lane);
    }

    private void postpone(Lane lane, Row row, WriteOutcome.Later later) {
        Turn turn = lane.turn;
        row.failed(later.error());
        if (!later.inDoubt() && noting.unsent(lane, row)) {
            fate.workedOutAnew(lane);
        }
        if (row.isOnlineOnly()) {
            ended(lane, () -> fate.gaveUp(lane, row, later.error()));
            return;
        }
        boolean atOnce = later.answer() == WriteOutcome.Answer.MOVED && turn.mayBeOutdated();
        if (!atOnce) {
            turn.failed(later.answer());
        }
        if (turn.troubles >= TROUBLES_BEFORE_PARKING) {
            turn.state = Turn.State.PARKED;
            park(lane, true);
            fate.parked(row, later.error());
        } else if (atOnce || sender == null || !row.equals(lane.firstOfOurs())) {
            turn.state = Turn.State.IDLE;
        } else {
            turn.state = Turn.State.WAITING;
            turn.timer.update(serial.schedule(() -> again(lane), turn.pause().toMillis(), TimeUnit.MILLISECONDS));
        }
        if (turn.state == Turn.State.IDLE && sender != null && lane.firstOfOurs() != null) {
            makeReady(lane);
        } else {
            tellThoseBehind(lane);
        }
        noting.handOver();
    }

    /** Those of the lane, and of the lanes that wait for it. */
    private void tellThoseBehind(Lane lane) {
        blocked.with(lane).forEach(each -> postponed(each, sender == null ? GivenUp::notConnected : GivenUp::heldUp));
    }

    /** The rows of a lane that are durable will be sent later than now; those that are not to wait are over. */
    private void postponed(Lane lane, Function<Row, RuntimeException> why) {
        fate.postponed(lane);
        if (lane.hasOnlineOnly()) {
            lane.rows().stream()
                    .filter(row -> row.isOnlineOnly() && row.isDurable())
                    .forEach(row -> givenUp.add(new GivenUp(lane, row, why.apply(row))));
        }
    }

    /**
     * Undoes what is not to wait. All of it, before anything else is sent: others may have waited for it, and have their turn then, or wait
     * for something else.
     */
    private void giveUp() {
        while (!givenUp.isEmpty()) {
            List<GivenUp> all = List.copyOf(givenUp);
            givenUp.clear();
            Set<Lane> begun = new LinkedHashSet<>(); // Those whose first row it was.
            for (GivenUp each : all) {
                if (!each.row().isOver()) {
                    if (each.row().equals(each.lane().firstOfOurs())) {
                        begun.add(each.lane());
                    }
                    fate.gaveUp(each.lane(), each.row(), each.why());
                }
            }
            begun.forEach(this::unblock);
            all.forEach(each -> left(each.lane()));
        }
    }

    /** What comes next in a lane may wait for nobody. */
    private void unblock(Lane lane) {
        if (lane.turn.state == Turn.State.BLOCKED) {
            blocked.remove(lane);
            lane.turn.state = Turn.State.IDLE;
            if (sender != null && lane.firstOfOurs() != null) {
                makeReady(lane);
            }
        }
    }

    private void again(Lane lane) {
        if (lane.turn.state == Turn.State.WAITING && sender != null) {
            makeReady(lane);
            pick();
        }
    }

    private void finished(Lane lane) {
        if (lane.firstOfOurs() == null || sender == null) {
            lane.turn.state = Turn.State.IDLE;
            postponed(lane, GivenUp::notConnected); // Others' rows, or those behind what ended with the connection.
        } else {
            makeReady(lane);
        }
        noting.handOver();
        release(lane.key());
    }

    private void release(RecordKey key) {
        blocked.release(key).forEach(this::makeReady);
    }

    private void park(Lane lane, boolean parked) {
        Row first = lane.firstOfOurs();
        if (first != null) {
            noting.parked(first, parked);
        }
    }
}
