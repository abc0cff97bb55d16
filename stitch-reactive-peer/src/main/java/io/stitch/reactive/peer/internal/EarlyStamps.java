package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.Hlc;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * What was not taken because its stamp is from the future. Mostly it is the own clock that is wrong, as on a device that has not asked for the
 * time yet; nothing tells when it is set, so it is looked at: after 1 s, and then after ever longer waits, up to 5 minutes. On the worker.
 */
final class EarlyStamps {
    private static final Duration FIRST_LOOK = Duration.ofSeconds(1);

    private final SyncContext context;
    private final Predicate<Hlc> isEarly;
    private final Runnable timeHasCome;
    private final Disposable.Swap timer = Disposables.swap();
    private @Nullable Hlc earliest;
    private int looks;

    EarlyStamps(SyncContext context, Predicate<Hlc> isEarly, Runnable timeHasCome) {
        this.context = context;
        this.isEarly = isEarly;
        this.timeHasCome = timeHasCome;
    }

    /** One was not taken. */
    void saw(Hlc stamp) {
        if (earliest == null) {
            earliest = stamp;
            looks = 0;
            lookLater();
        } else if (earliest.isAfter(stamp)) {
            earliest = stamp;
        }
    }

    /** {@return whether something was not taken whose time has not come} */
    boolean any() {
        return earliest != null;
    }

    private void lookLater() {
        looks++;
        timer.update(context.after(context.backoff(FIRST_LOOK, looks), () -> {
            Hlc stamp = earliest;
            if (stamp != null && isEarly.test(stamp)) {
                lookLater();
            } else {
                earliest = null;
                timeHasCome.run();
            }
        }));
    }

    void disconnected() {
        earliest = null;
        timer.update(Disposables.disposed());
    }
}
