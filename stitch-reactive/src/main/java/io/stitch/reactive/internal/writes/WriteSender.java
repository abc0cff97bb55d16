package io.stitch.reactive.internal.writes;

import reactor.core.publisher.Mono;

/** Sends writes to where the truth is: what a sync mode supplies to the queue while it is connected. On the worker. */
public interface WriteSender {
    /**
     * {@return how many writes may be under way at once, 1 or more}
     */
    int concurrency();

    /**
     * {@return whether the version of a record there is never lower than one that it had, so that what is known to be behind stays so}
     */
    boolean versionsRise();

    /**
     * Sends one write, or settles one that may have been executed. The server's new state of the record is in the store before
     * the outcome comes. Cold; answers on the worker.
     *
     * @param request the write
     * @return what became of it
     */
    Mono<WriteOutcome> send(WriteRequest request);
}
