package io.stitch.samples.webflux;

import io.stitch.reactive.StitchStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

import java.time.Duration;

/** Starts the store before the web server, and ends it after: writes that were taken are sent first. */
@Component
class StoreLifecycle implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(StoreLifecycle.class);

    private final StitchStore store;
    private final Duration flush;
    private volatile boolean running;

    StoreLifecycle(StitchStore store, BoardProperties properties) {
        this.store = store;
        this.flush = properties.shutdownFlush();
    }

    /** Waits on the main thread, because without its store the service must not start. It does not wait for the broker. */
    @Override
    public void start() {
        store.start().block();
        running = true;
    }

    @Override
    public void stop(Runnable callback) {
        flushed()
                .then(store.close())
                .doOnError(error -> LOG.warn("The store did not close cleanly.", error))
                .onErrorComplete()
                .doFinally(signal -> {
                    running = false;
                    callback.run();
                })
                .subscribe();
    }

    private Mono<Integer> flushed() {
        return store.pendingCount()
                .filter(pending -> pending == 0)
                .next()
                .timeout(
                        flush,
                        Mono.fromSupplier(store::pendingWrites)
                                .filter(pending -> pending > 0)
                                .doOnNext(pending -> LOG.warn(
                                        "{} writes were not settled within {} and are given up. Set board.shutdown-flush"
                                                + " higher, or look at the broker.",
                                        pending,
                                        flush)));
    }

    @Override
    public void stop() {
        throw new UnsupportedOperationException("Spring calls stop(Runnable), which does not block");
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Below the web server's phases, so it starts before them and stops after. */
    @Override
    public int getPhase() {
        return 0;
    }
}
