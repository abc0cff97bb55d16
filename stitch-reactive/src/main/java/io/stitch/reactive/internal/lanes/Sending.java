package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.internal.writes.WriteSender;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * What is under way: a write that was begun is noted on disk, handed to the connection's sender, and answered once, whatever becomes of it;
 * and never more are under way than the sender takes. On the worker.
 */
final class Sending {
    private final Lanes lanes;
    private final Noting noting;
    private final Answered answered;
    private @Nullable WriteSender sender;
    private boolean versionsRise;
    private int underWay;

    /** Hears what became of a write that was begun. */
    interface Answered {
        /** It is under way no more. */
        void answered(Lane lane, Row row, WriteOutcome outcome);
    }

    Sending(Lanes lanes, Noting noting, Answered answered) {
        this.lanes = lanes;
        this.noting = noting;
        this.answered = answered;
    }

    void connected(WriteSender newSender) {
        sender = newSender;
        versionsRise = newSender.versionsRise();
    }

    /** Begins nothing from now on. What is under way is answered all the same. */
    void disconnected() {
        sender = null;
    }

    boolean isConnected() {
        return sender != null;
    }

    /** Whether a record's version on the server is never lower than one it had, as the last sender knew. */
    boolean versionsRise() {
        return versionsRise;
    }

    /** Whether one more may be begun. */
    boolean hasRoom() {
        WriteSender current = sender;
        return current != null && underWay < current.concurrency();
    }

    /** Notes what is to be sent of a lane, and sends it once that is durable. */
    void begin(Lane lane, Noting.Plan plan) {
        Begun begun = new Begun(lane, plan.first());
        noting.note(lane, plan, failure -> {
            if (failure == null) {
                transmit(begun);
            } else {
                begun.answer(later(new IllegalStateException(failure), begun.inDoubt));
            }
        });
    }

    private void transmit(Begun begun) {
        WriteSender current = sender;
        Lane lane = begun.lane;
        Row row = begun.row;
        if (current == null || !lanes.isOurs(row)) { // Since it was noted, the connection has become another user's.
            begun.answer(later(GivingUp.notConnected(row), begun.inDoubt));
            return;
        }
        row.attempted();
        WriteRequest request =
                new WriteRequest(row.write(), begun.inDoubt, row.waited(), lane::isAcknowledged, () -> lane.data(row));
        // Its own, and set before it is sent: an answer that comes at once may begin the lane's next write.
        Disposable.Swap sending = Disposables.swap();
        lane.turn.sending.update(sending);
        sending.update(current.send(request)
                .subscribe(begun::answer, defect -> begun.answer(later(GivingUp.defective(row, defect), true))));
    }

    private static WriteOutcome.Later later(RuntimeException why, boolean inDoubt) {
        return new WriteOutcome.Later(why, inDoubt, WriteOutcome.Answer.NONE);
    }

    /** A write that is under way. */
    private final class Begun {
        private final Lane lane;
        private final Row row;
        /** Whether it may have been executed before it was begun. */
        private final boolean inDoubt;

        private boolean over;

        Begun(Lane lane, Row row) {
            this.lane = lane;
            this.row = row;
            this.inDoubt = row.write().isInDoubt();
            underWay++;
        }

        /** What follows from an answer may fail, which is one more answer: to a write that is under way no more. */
        void answer(WriteOutcome outcome) {
            if (!over) {
                over = true;
                underWay--;
            }
            answered.answered(lane, row, outcome);
        }
    }
}
