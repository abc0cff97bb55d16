package io.stitch.samples.quickstart;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ben opens the same scope: the call returns at once, and the records stream in behind it. */
final class BenOpensTheScope implements Act {
    private static final int SHOWN = 6;

    @Override
    public String title() {
        return "Ben opens the same scope, and what is there streams in";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        Client ben = stage.ben();
        Narrator narrator = stage.narrator();
        return Flux.defer(() -> {
                    narrator.timed(
                            "replaceScope(\"%s\")".formatted(ApolloRefit.ID),
                            () -> ben.store().replaceScope(ApolloRefit.ID));
                    return ben.arrivals();
                })
                .index()
                .filter(numbered -> numbered.getT1() < SHOWN)
                .doOnNext(numbered -> narrator.event(EventText.headline(numbered.getT2())))
                .then()
                .doOnSuccess(done -> narrator.event("... and %d more".formatted(ApolloRefit.SIZE - SHOWN)));
    }
}
