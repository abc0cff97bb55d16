package io.stitch.reactive.internal.writes;

import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;

import java.util.function.UnaryOperator;

/**
 * Has an application's function see the thread-locals of whoever writes, when it runs on the worker: those of many callers come there
 * together, and a task of the worker has those of the one who woke it. To be loaded only where Reactor's automatic context propagation is
 * on, and its library there.
 */
final class CallersThread {
    // What the writer has not set is cleared, for somebody else may have.
    private static final ContextSnapshotFactory SNAPSHOTS =
            ContextSnapshotFactory.builder().clearMissing(true).build();

    private CallersThread() {}

    static <T> UnaryOperator<T> of(UnaryOperator<T> function) {
        ContextSnapshot writer = SNAPSHOTS.captureAll();
        return value -> {
            try (ContextSnapshot.Scope ignored = writer.setThreadLocals()) {
                return function.apply(value);
            }
        };
    }
}
