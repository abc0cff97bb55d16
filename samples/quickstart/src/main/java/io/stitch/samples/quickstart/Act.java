package io.stitch.samples.quickstart;

import reactor.core.publisher.Mono;

/** A part of the story. */
interface Act {
    String title();

    /**
     * Plays it; called when the act before is over.
     *
     * @param stage what to play with
     * @return completes when all has arrived that should, or fails and says what is missing
     */
    Mono<Void> play(Stage stage);
}
