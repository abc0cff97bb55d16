package io.stitch.reactive.internal.connection;

import io.reactivex.Scheduler;
import io.reactivex.disposables.Disposable;
import io.reactivex.disposables.Disposables;

import java.util.concurrent.TimeUnit;

/**
 * Runs the callbacks of the MQTT client on the thread that has something to tell: what is done there is short and never blocks, and each
 * change of threads costs more. RxJava's own scheduler for this, the trampoline, keeps a priority queue for each message under way,
 * because tasks may schedule tasks; the client hands it drain loops only, which never do.
 */
final class CallingThread extends Scheduler {
    static final Scheduler INSTANCE = new CallingThread();

    private CallingThread() {}

    @Override
    public Worker createWorker() {
        return new Direct();
    }

    private static final class Direct extends Worker {
        private volatile boolean disposed;

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            if (delay > 0) {
                throw new UnsupportedOperationException(
                        "The thread of the MQTT client keeps no task for later: schedule it on the store's worker.");
            }
            if (!disposed) {
                task.run();
            }
            return Disposables.disposed();
        }

        @Override
        public void dispose() {
            disposed = true;
        }

        @Override
        public boolean isDisposed() {
            return disposed;
        }
    }
}
