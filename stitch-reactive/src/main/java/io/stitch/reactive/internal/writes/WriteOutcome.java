package io.stitch.reactive.internal.writes;

import io.stitch.reactive.Rejection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What became of a write that was sent. */
public sealed interface WriteOutcome {
    /**
     * It is done, by this client or by whoever did the same.
     *
     * @param record the record as the server holds it; {@code null} if it has none
     */
    record Done(@Nullable ObjectNode record) implements WriteOutcome {}

    /**
     * It was not done and never will be.
     *
     * @param reason why
     * @param error what the caller gets
     */
    record Rejected(Rejection.Reason reason, RuntimeException error) implements WriteOutcome {}

    /**
     * It was not done now and is sent again later.
     *
     * @param error why
     * @param inDoubt whether it may have been executed all the same
     * @param answer what was answered
     */
    record Later(RuntimeException error, boolean inDoubt, Answer answer) implements WriteOutcome {}

    /** What was answered to a write that is sent again later. */
    enum Answer {
        /** That its record is another one than the one it was worked out over: it is worked out anew, and sent at once. */
        MOVED,
        /** Nothing. */
        NONE,
        /** That it is not taken now. */
        NOT_NOW,
        /** That the server is in trouble: after five such answers in a row the write is parked. */
        TROUBLE
    }
}
