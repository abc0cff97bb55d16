package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Hears what an application tells from any thread. */
final class ApplicationSignals {
    private ApplicationSignals() {}

    /**
     * Hears that something has changed. Signals that come faster than the worker takes them are taken as one; an error is reported, and then no
     * more is heard.
     *
     * @param signals what is emitted does not matter
     * @param source who tells, for the report
     * @param subject of what, for the report
     * @param changed runs on the worker
     * @return ends the hearing
     */
    static Disposable hear(SyncContext context, Publisher<?> signals, String source, String subject, Runnable changed) {
        return Flux.from(signals)
                .onBackpressureLatest()
                .publishOn(context.serial(), 1)
                .subscribe(
                        unused -> changed.run(),
                        error -> context.diagnostics()
                                .report(
                                        DiagnosticCode.INTERNAL_ERROR,
                                        source,
                                        "no change of %s is heard of any more: %s"
                                                .formatted(
                                                        subject,
                                                        error.getClass().getName())));
    }
}
