package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Writes that are not to wait, and would have to: they are found while lanes are moved, and undone when those are at rest, for that may free
 * others. On the worker.
 */
final class GivingUp {
    private List<Found> found = new ArrayList<>(0);

    /**
     * A write that is not to wait, and would have to.
     *
     * @param lane its lane
     * @param row the write
     * @param why what its caller is told
     */
    record Found(Lane lane, Row row, RuntimeException why) {}

    /** What of a lane is durable waits from now on. */
    void waits(Lane lane, Function<Row, RuntimeException> why) {
        if (lane.hasOnlineOnly()) {
            lane.rows().stream()
                    .filter(row -> row.isOnlineOnly() && row.isDurable())
                    .forEach(row -> found.add(new Found(lane, row, why.apply(row))));
        }
    }

    /** Takes out what was found, each write once. */
    List<Found> take() {
        if (found.isEmpty()) {
            return List.of();
        }
        List<Found> taken = found;
        found = new ArrayList<>(0);
        return taken;
    }

    // ---- what callers are told ----

    static RequestFailedException notConnected(Row row) {
        return why(
                Reason.NOT_CONNECTED,
                row,
                "%s was not sent before the connection ended. With WhenOffline.FAIL a write is not queued: it was undone, and nothing was sent.",
                null);
    }

    static RequestFailedException heldUp(Row row) {
        return why(
                Reason.HELD_UP,
                row,
                "%s would have to wait for an earlier write, of the record or of what it refers to, which waits to be sent again. With WhenOffline.FAIL a write is not queued: it was undone, and nothing was sent.",
                null);
    }

    /** What was sent has met a defect. */
    static RequestFailedException defective(Row row, Throwable defect) {
        return why(
                Reason.UNEXPECTED_REPLY,
                row,
                "%s was sent, and its answer could not be taken, so it is not known whether it was done.",
                defect);
    }

    private static RequestFailedException why(Reason reason, Row row, String text, @Nullable Throwable cause) {
        String subject = "The %s of %s '%s'"
                .formatted(
                        row.write().kind().name().toLowerCase(Locale.ROOT),
                        row.write().key().entity(),
                        row.write().key().id());
        return new RequestFailedException(reason, text.formatted(subject), cause);
    }
}
