package io.stitch.samples.quickstart;

import io.stitch.reactive.RecordEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Ada starts her application again, and there is no broker. Her store opens its file, and the scope shows what she saw last. She
 * could go on working, as she did offline.
 */
final class AdaStartsAgain implements Act {
    private static final int SHOWN = 3;

    @Override
    public String title() {
        return "The broker is down, and Ada starts again: what she had is on her disk";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        Client ada = stage.ada();
        Narrator narrator = stage.narrator();
        return ada.store()
                .start()
                .thenMany(Flux.defer(() -> {
                    narrator.timed(
                            "replaceScope(\"%s\")".formatted(ApolloRefit.ID),
                            () -> ada.store().replaceScope(ApolloRefit.ID));
                    return ada.arrivals();
                }))
                .filter(event -> event.origin() == RecordEvent.Origin.STORED)
                .index()
                .doOnNext(numbered -> {
                    if (numbered.getT1() < SHOWN) {
                        narrator.event(EventText.headline(numbered.getT2()) + "  (STORED)");
                    }
                })
                .count()
                .doOnNext(count -> narrator.event("... and %d more, all from disk".formatted(count - SHOWN)))
                .then();
    }
}
