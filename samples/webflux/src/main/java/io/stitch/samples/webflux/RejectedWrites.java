package io.stitch.samples.webflux;

import io.stitch.reactive.Rejection;
import io.stitch.reactive.StitchStore;
import jakarta.annotation.PostConstruct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.node.ObjectNode;

/** Tells viewers of writes that were queued and then refused, and logs them: those who wrote them may be gone. */
@Component
class RejectedWrites {
    private static final Logger LOG = LoggerFactory.getLogger(RejectedWrites.class);

    private final StitchStore store;
    private final Sinks.Many<Rejection> rejections = Sinks.many().multicast().directBestEffort();

    RejectedWrites(StitchStore store) {
        this.store = store;
    }

    /** One subscriber takes them from the store, because the store keeps them for its first subscriber only. */
    @PostConstruct
    void listen() {
        store.rejections()
                .subscribe(
                        rejection -> {
                            LOG.warn(
                                    "A {} of {} '{}' was undone: {}",
                                    rejection.kind(),
                                    rejection.entity(),
                                    rejection.id(),
                                    rejection.error().getMessage());
                            rejections.emitNext(rejection, Sinks.EmitFailureHandler.FAIL_FAST);
                        },
                        error -> LOG.error("Rejections are not told to viewers any more. Restart the service.", error));
    }

    /** {@return what is undone in a project from now on} Hot; a viewer who does not read misses all but the newest. */
    Flux<BoardEvent.Rejected> of(String projectId) {
        return rejections
                .asFlux()
                .filter(rejection -> isIn(projectId, rejection))
                .map(BoardEvent.Rejected::of)
                .onBackpressureLatest();
    }

    private static boolean isIn(String projectId, Rejection rejection) {
        ObjectNode copy = rejection.localCopy() == null ? rejection.current() : rejection.localCopy();
        return rejection.id().equals(projectId)
                || (copy != null && copy.path("projectId").asString("").equals(projectId));
    }
}
