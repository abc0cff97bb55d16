package io.stitch.samples.desktop;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import javafx.application.Platform;

/** The thread of JavaFX as a scheduler, so that a stream arrives where it may be shown: {@code flux.publishOn(FxThread.SCHEDULER)}. */
final class FxThread {
    /** Runs tasks in order, after what the toolkit has to do already. It has no delays. */
    static final Scheduler SCHEDULER = Schedulers.fromExecutor(Platform::runLater);

    private FxThread() {}
}
