package io.stitch.samples.webflux;

import io.stitch.reactive.StitchStore;
import jakarta.annotation.PostConstruct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;

/** Tells viewers of writes that were queued and then refused, and logs them: those who wrote them may be gone. */
@Component
class RejectedWrites {
    private static final Logger LOG = LoggerFactory.getLogger(RejectedWrites.class);

    private final StitchStore store;

    RejectedWrites(StitchStore store) {
        this.store = store;
    }

    @PostConstruct
    void listen() {
        store.rejections()
                .subscribe(
                        rejection -> LOG.warn(
                                "The {} of {} '{}' was undone: {}",
                                rejection.kind(),
                                rejection.entity(),
                                rejection.id(),
                                rejection.error().getMessage()),
                        error -> LOG.error("Rejections are not logged any more. Restart the service.", error));
    }

    /** {@return what is undone of boards themselves from now on} Hot; a viewer who does not read misses all but the newest. */
    Flux<BoardEvent.Rejected> ofBoards() {
        return store.rejections()
                .filter(rejection -> rejection.entity().equals(Board.PROJECT.name()))
                .map(BoardEvent.Rejected::of)
                .onBackpressureLatest();
    }

    /** {@return what is undone in a project from now on} Hot; a viewer who does not read misses all but the newest. */
    Flux<BoardEvent.Rejected> of(String projectId) {
        return store.rejections()
                .filter(rejection -> projectId.equals(rejection.scopeId()))
                .map(BoardEvent.Rejected::of)
                .onBackpressureLatest();
    }
}
