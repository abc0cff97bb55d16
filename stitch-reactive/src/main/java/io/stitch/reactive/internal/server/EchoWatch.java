package io.stitch.reactive.internal.server;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.spi.RecordKey;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Waits for the events of own acknowledged writes: where one does not come, others' may be missing too. On the worker. */
final class EchoWatch {
    private final SyncContext context;
    private final Duration limit;
    private final Runnable missed;
    private final Map<RecordKey, Long> awaited = new LinkedHashMap<>();
    private final Disposable.Swap check = Disposables.swap();

    /**
     * Makes a watch.
     *
     * @param limit how long an event may take; zero for no watch
     * @param missed hears that one did not come in time
     */
    EchoWatch(SyncContext context, Duration limit, Runnable missed) {
        this.context = context;
        this.limit = limit;
        this.missed = missed;
    }

    void await(RecordKey key) {
        if (limit.isZero()) {
            return;
        }
        if (awaited.isEmpty()) {
            check.update(context.after(limit, this::check));
        }
        // From the first write on: of one that goes on being written, the events may be lost as well.
        awaited.putIfAbsent(key, context.now());
    }

    void heard(RecordKey key) {
        awaited.remove(key);
    }

    void stop() {
        check.update(Disposables.disposed());
        awaited.clear();
    }

    private void check() {
        if (awaited.isEmpty()) {
            return;
        }
        long oldest = awaited.values().iterator().next();
        long rest = oldest + limit.toMillis() - context.now();
        if (rest <= 0 || rest > limit.toMillis()) { // More than the whole limit: somebody has set the clock back.
            awaited.clear();
            missed.run();
        } else {
            check.update(context.after(Duration.ofMillis(rest), this::check));
        }
    }
}
