package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.WireSchema;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Answers who asks which scopes there are: by a hello in each open scope, after a random wait, but for those in which somebody has said one
 * meanwhile. One answer is for all who asked until then, and there are some at once and then one in a while, however many ask and by whatever
 * names, so that questions that anybody can make up cost no more than connecting now and then. On the worker.
 */
final class Announcing {
    private static final long LONGEST_WAIT_MILLIS = 200;
    private static final Duration REFILL = Duration.ofSeconds(30);
    /** There is one bucket, and not one for each scope. */
    private static final String ALL = "";

    private final SyncContext context;
    private final Supplier<Collection<String>> open;
    private final Consumer<String> sayHello;
    private final HelloBucket bucket;
    private final Disposable.Swap waiting = Disposables.swap();
    private final Set<String> said = new HashSet<>();
    private boolean isWaiting;

    Announcing(SyncContext context, Supplier<Collection<String>> open, Consumer<String> sayHello) {
        this.context = context;
        this.open = open;
        this.sayHello = sayHello;
        this.bucket = new HelloBucket(context);
    }

    /** Somebody asks. */
    void asked() {
        if (isWaiting) {
            return;
        }
        if (!bucket.take(ALL, HelloBucket.BURST, REFILL)) {
            bucket.whenRefilled(ALL, this::asked);
            return;
        }
        isWaiting = true;
        long jitter = (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
        waiting.update(context.after(Duration.ofMillis(jitter), this::answer));
    }

    private void answer() {
        Set<String> saidByOthers = Set.copyOf(said);
        disconnected();
        for (String scopeId : List.copyOf(open.get())) {
            if (!saidByOthers.contains(scopeId) && !WireSchema.isTopLevel(scopeId)) {
                sayHello.accept(scopeId);
            }
        }
    }

    /** {@return whether hellos that are said now leave this store less to say} */
    boolean isWaiting() {
        return isWaiting;
    }

    /** Somebody said a hello that tells all that this store could tell of an open scope without being compared. */
    void said(String scopeId) {
        if (isWaiting) {
            said.add(scopeId);
        }
    }

    /** Who asked does not hear this store any more; on the next connection it says hello everywhere. */
    void disconnected() {
        isWaiting = false;
        said.clear();
        waiting.update(Disposables.disposed());
    }

    void close() {
        waiting.dispose();
        bucket.close();
    }
}
