package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.RecordKey;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
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
    private final Line line;
    private final Sending sending;
    private final GivingUp givingUp = new GivingUp();
    private final Disposable.Swap holding = Disposables.swap();
    private boolean held;
    private boolean picking;

    /**
     * Makes a queue that is not connected.
     *
     * @param moved runs whenever anything may stand elsewhere than before
     */
    WriteQueue(Scheduler serial, Lanes lanes, WriteOrder order, Noting noting, Fate fate, Runnable moved) {
        this.serial = serial;
        this.lanes = lanes;
        this.order = order;
        this.noting = noting;
        this.fate = fate;
        this.moved = moved;
        this.line = new Line(lanes);
        this.sending = new Sending(lanes, noting, this::answered);
    }

    // ---- connections ----

    /** Begins to send, in order: what waited, once the open scopes have been compared; and at once if nothing did. */
    void connected(WriteSender sender, Mono<Void> compared) {
        sending.connected(sender);
        held = !lanes.all().isEmpty();
        if (held) {
            holding.update(compared.timeout(LONGEST_HOLD, Mono.empty(), serial)
                    .subscribe(unused -> {}, failure -> unhold(), this::unhold));
        }
        line.all();
        pick();
    }

    boolean isConnected() {
        return sending.isConnected();
    }

    /** Whether what waited for the connection waits for the open scopes to be compared. */
    boolean isHeld() {
        return held;
    }

    /** Whether a record's version on the server is never lower than one it had, as the last sender knew. */
    boolean versionsRise() {
        return sending.versionsRise();
    }

    private void unhold() {
        held = false;
        pick();
    }

    /** Sends nothing from now on. What is under way is in doubt once its sender says so. */
    void disconnected() {
        sending.disconnected();
        holding.update(Disposables.disposed());
        standStill();
        moved.run();
    }

    private void standStill() {
        line.clear();
        for (Lane lane : lanes.all()) {
            if (lane.turn.state != Turn.State.UNDER_WAY) {
                postponed(lane, GivingUp::notConnected);
            }
        }
        giveUp();
    }

    /** Somebody else's rows are to be sent: what stands in line stands there no more. */
    void userChanged() {
        standStill();
        for (Lane lane : lanes.all()) {
            if (lane.turn.state != Turn.State.UNDER_WAY) {
                line.begins(lane);
            }
        }
        if (isConnected()) {
            line.all();
            pick();
        }
    }

    // ---- rows ----

    /** A row of a lane is durable, so that it may be sent. */
    void durable(Lane lane) {
        Turn turn = lane.turn;
        if (turn.state == Turn.State.IDLE && isConnected()) {
            line.ready(lane);
            pick();
        } else if (turn.state == Turn.State.WAITING
                || turn.state == Turn.State.PARKED
                || turn.state == Turn.State.IDLE
                || (turn.state == Turn.State.BLOCKED && !line.isMoving(lane))) {
            postponed(lane);
            giveUp();
        }
    }

    /** Rows were left out of a lane: others may have waited for them. */
    void left(Lane lane) {
        if (lane.firstOfOurs() == null && lane.turn.state != Turn.State.UNDER_WAY) {
            line.idle(lane);
        }
        line.release(lane.key());
        pick();
    }

    /** A lane that earlier runs left behind begins where it stood. */
    void restored(Lane lane) {
        line.begins(lane);
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
                beginAnew(lane);
            }
        }
        for (Lane lane : from) {
            unblock(lane); // It may have waited for what only a row named that was left out.
            line.release(lane.key());
        }
        pick();
    }

    private void beginAnew(Lane lane) {
        lane.turn.beginAnew();
        goOn(lane);
    }

    /** What comes next in a lane is in line, if there is anything and it can be sent. */
    private void goOn(Lane lane) {
        if (isConnected() && lane.firstOfOurs() != null) {
            line.ready(lane);
        } else {
            line.idle(lane);
        }
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
            while (!held && sending.hasRoom() && (lane = line.next()) != null) {
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
        if (first == null || !first.isDurable()) { // It is in line again when it is.
            if (first == null) { // Others' are durable, and wait for their writers to be back.
                postponed(lane, GivingUp::notConnected);
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
        List<Lane> circle = line.circle(lane, blocker);
        line.blocked(lane, blocker);
        if (!circle.isEmpty()) {
            fate.outOfOrder(circle);
            Lane jumper = circle.get(0);
            jumper.turn.jumps = true;
            line.ready(jumper);
        } else if (lane.isUntold() && !line.isMoving(lane)) {
            postponed(lane, GivingUp::heldUp);
        }
    }

    private void start(Lane lane, Noting.Plan plan) {
        lane.turn.jumps = false;
        if (plan.isNothing()) {
            noting.forget(lane, plan);
            fate.settled(lane, plan.first(), new WriteOutcome.Done(null));
            finished(lane);
        } else {
            line.underWay(lane, plan.rows());
            sending.begin(lane, plan);
        }
    }

    // ---- answers ----

    private void answered(Lane lane, Row row, WriteOutcome outcome) {
        lane.turn.underWay = List.of();
        if (row.isOver()) { // It was settled, and what followed from that has failed.
            finished(lane);
        } else if (outcome instanceof WriteOutcome.Later later) {
            later(lane, row, later);
        } else {
            ended(lane, () -> fate.settled(lane, row, outcome));
        }
        giveUp();
        pick();
    }

    private void ended(Lane lane, Runnable telling) {
        lane.turn.succeeded();
        telling.run();
        finished(lane);
    }

    private void finished(Lane lane) {
        goOn(lane);
        if (lane.turn.state == Turn.State.IDLE) {
            postponed(lane, GivingUp::notConnected); // Others' rows, or those behind what ended with the connection.
        }
        noting.handOver();
        line.release(lane.key());
    }

    private void later(Lane lane, Row row, WriteOutcome.Later later) {
        row.failed(later.error());
        if (!later.inDoubt() && noting.unsent(lane, row)) {
            fate.workedOutAnew(lane);
        }
        if (row.isOnlineOnly()) {
            ended(lane, () -> fate.gaveUp(lane, row, later.error()));
            return;
        }
        Turn turn = lane.turn;
        boolean atOnce = later.answer() == WriteOutcome.Answer.MOVED && turn.mayBeOutdated();
        if (!atOnce) {
            turn.failed(later.answer());
        }
        if (turn.troubles >= TROUBLES_BEFORE_PARKING) {
            line.parked(lane);
            park(lane, true);
            fate.parked(row, later.error());
        } else if (atOnce || !isConnected() || !row.equals(lane.firstOfOurs())) {
            goOn(lane);
        } else {
            line.waiting(lane, serial.schedule(() -> again(lane), turn.pause().toMillis(), TimeUnit.MILLISECONDS));
        }
        if (turn.state != Turn.State.READY) { // Those of the lane are told, and those of the lanes that wait for it.
            line.with(lane).forEach(this::postponed);
        }
        noting.handOver();
    }

    private void again(Lane lane) {
        if (lane.turn.state == Turn.State.WAITING && isConnected()) {
            line.ready(lane);
            pick();
        }
    }

    private void park(Lane lane, boolean parked) {
        Row first = lane.firstOfOurs();
        if (first != null) {
            noting.parked(first, parked);
        }
    }

    // ---- what waits ----

    private void postponed(Lane lane) {
        postponed(lane, isConnected() ? GivingUp::heldUp : GivingUp::notConnected);
    }

    /** The rows of a lane that are durable will be sent later than now; those that are not to wait are over. */
    private void postponed(Lane lane, Function<Row, RuntimeException> why) {
        fate.postponed(lane);
        givingUp.waits(lane, why);
    }

    /**
     * Undoes what is not to wait. All of it, before anything else is sent: others may have waited for it, and have their turn then, or wait
     * for something else.
     */
    private void giveUp() {
        for (List<GivingUp.Found> all = givingUp.take(); !all.isEmpty(); all = givingUp.take()) {
            Set<Lane> begun = new LinkedHashSet<>(); // Those whose first row it was.
            for (GivingUp.Found each : all) {
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
            goOn(lane);
        }
    }
}
