package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.writes.WriteOutcome;

import java.util.List;

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
