package io.stitch.reactive.spring;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.spi.SettingRules;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Starts the store with the application and ends it with the application: late, so that all else is there, but before the web server takes
 * requests, and after it has stopped doing so. When the application ends, writes that are not settled are waited for, and the store is closed; the
 * file that it has open is free when that is over.
 *
 * <p>An application context that is only stopped may be started again, and a closed store cannot: that disconnects the store, and a start
 * connects it again.
 */
public final class StitchStoreLifecycle
        implements SmartLifecycle, ApplicationListener<ContextClosedEvent>, DisposableBean {
    /** Below those of Spring Boot's web server and of what listens to messages, so it is started before them and ended after. */
    public static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 3072;

    /** For closing the store, when writes were waited for as long as could be. */
    private static final Duration TIME_TO_CLOSE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(StitchStoreLifecycle.class);

    private final StitchStore store;
    private final boolean autoStart;
    private final boolean autoConnect;
    private final List<String> warmScopes;
    private final Duration patience;
    private final boolean kept;
    private final ApplicationContext context;
    private final Disposable.Composite watching = Disposables.composite();
    private volatile boolean started;
    private volatile boolean running;
    private volatile boolean closing;
    private volatile boolean destroyed;
    private volatile boolean closed;

    /**
     * Leads a store.
     *
     * @param store the store
     * @param properties what was set
     * @param longestPhase how long Spring waits for a phase of the shutdown
     * @param kept whether writes that are not settled outlive the application
     * @param context the context that the store ends with
     */
    StitchStoreLifecycle(
            StitchStore store,
            StitchProperties properties,
            Duration longestPhase,
            boolean kept,
            ApplicationContext context) {
        this.store = store;
        this.autoStart = properties.autoStart();
        this.autoConnect = properties.autoConnect();
        this.warmScopes = properties.warmScopes();
        this.patience = patience(properties.shutdown().timeout(), longestPhase);
        this.kept = kept;
        this.context = context;
    }

    private static Duration patience(Duration wanted, Duration longestPhase) {
        if (wanted.isNegative()) {
            throw new InvalidConfigurationPropertyValueException(
                    "stitch.shutdown.timeout", wanted, "It must not be negative; zero does not wait.");
        }
        Setting.apply("stitch.shutdown.timeout", wanted, time -> SettingRules.requireNotNegative("time", time));
        Duration most = longestPhase.minus(TIME_TO_CLOSE);
        if (wanted.compareTo(most) <= 0) {
            return wanted;
        }
        // Beyond it Spring goes on without waiting, and would take away what the store still needs.
        Duration cut = most.isNegative() ? Duration.ZERO : most;
        LOG.warn(
                "stitch.shutdown.timeout is {}, and writes are waited for no longer than {}: set"
                        + " spring.lifecycle.timeout-per-shutdown-phase, which is {}, higher.",
                wanted,
                cut,
                longestPhase);
        return cut;
    }

    /** How long unsettled writes are waited for. */
    Duration patience() {
        return patience;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStart;
    }

    /** A store that is paused with an unused test context would have to connect anew. */
    @Override
    public boolean isPauseable() {
        return false;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    /** Waits for the file, without which the application must not start, and not for the broker. */
    @Override
    public void start() {
        if (started) {
            if (autoConnect) {
                watching.add(store.connect()
                        .subscribe(
                                unused -> {}, error -> LOG.info("The store does not connect: {}", error.getMessage())));
            }
        } else {
            store.start().block();
            started = true;
            openWarmScopes();
        }
        running = true;
    }

    private void openWarmScopes() {
        watching.add(store.scopeErrors()
                .filter(refusal -> warmScopes.contains(refusal.scopeId()))
                .subscribe(refusal -> LOG.warn(
                        "The scope '{}' of stitch.warm-scopes cannot be opened: {} {}",
                        refusal.scopeId(),
                        refusal.code(),
                        refusal.message())));
        for (String id : warmScopes) {
            try {
                Scope scope = store.openScope(id);
                LOG.debug("The scope '{}' is kept open.", scope.id());
            } catch (ValidationException e) {
                throw new InvalidConfigurationPropertyValueException(
                        "stitch.warm-scopes", id, String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        if (event.getApplicationContext() == context) { // The closing of a child context is told here, too.
            closing = true;
        }
    }

    private boolean ending() {
        return closing || destroyed;
    }

    @Override
    public void stop(Runnable callback) {
        settled()
                .then(Mono.defer(() -> closing ? close() : store.disconnect()))
                .doOnError(error -> LOG.warn("The store did not end cleanly.", error))
                .onErrorComplete()
                .doFinally(signal -> {
                    running = false;
                    callback.run();
                })
                .subscribe();
    }

    @Override
    public void stop() {
        throw new UnsupportedOperationException("Spring calls stop(Runnable), which does not block");
    }

    /** Waits for the writes: until the store has taken those that were subscribed before, and then as long as that may help. */
    private Mono<Void> settled() {
        return store.pendingCount()
                .filter(pending -> pending == 0 || !mayBeSettled())
                .next()
                .timeout(patience)
                .onErrorComplete(TimeoutException.class)
                .then(Mono.fromRunnable(this::tellOfUnsettled));
    }

    /** What is kept, and cannot be sent as there is no connection, is left for the next start; and nothing is sent where nobody connects. */
    private boolean mayBeSettled() {
        return switch (store.connectionStatus().status()) {
            case CONNECTED -> true;
            case CONNECTING, DISCONNECTED -> !kept;
            case OFFLINE, ERROR -> false;
        };
    }

    private void tellOfUnsettled() {
        int pending = store.pendingWrites();
        if (pending == 0) {
            return;
        }
        if (kept) {
            LOG.info("Writes that are not settled: {}. They are kept, and sent at the next start.", pending);
        } else if (!ending()) {
            LOG.info("Writes that are not settled: {}. They wait for the context to be started again.", pending);
        } else if (mayBeSettled()) {
            LOG.warn(
                    "Writes that were not settled within {} and are given up: {}. Set stitch.persistence.file, so that they are"
                            + " kept, or stitch.shutdown.timeout higher; or look at the broker.",
                    patience,
                    pending);
        } else {
            LOG.warn(
                    "Writes that are not settled, and are given up because the store does not connect: {}. Set"
                            + " stitch.persistence.file, so that they are kept.",
                    pending);
        }
    }

    private Mono<Void> close() {
        watching.dispose();
        // Before Spring is told, which goes on at once and has the bean destroyed.
        return store.close().doOnTerminate(() -> closed = true);
    }

    /**
     * Closes the store where it was not stopped before: because the application did not start, or the store was never started by this. Waits,
     * because what comes next may want the file.
     */
    @Override
    public void destroy() {
        if (closed) {
            return;
        }
        destroyed = true;
        Mono<Void> end = settled().then(Mono.defer(this::close)).onErrorResume(StitchException.class, error -> {
            LOG.warn("The store did not close cleanly.", error);
            return Mono.empty();
        });
        if (Schedulers.isInNonBlockingThread()) {
            end.subscribe();
        } else {
            end.block(patience.plus(TIME_TO_CLOSE.multipliedBy(5)));
        }
    }
}
