package io.stitch.reactive.internal;

import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.StoreObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what is dropped and tells those who listen. Safe on any thread; the counts are exact even where a slow listener
 * misses single reports.
 */
public final class Diagnostics {
    private static final Logger LOG = LoggerFactory.getLogger(Diagnostics.class);

    private final Map<DiagnosticCode, AtomicLong> counts = new EnumMap<>(DiagnosticCode.class);
    private final Sinks.Many<Diagnostic> reports = Sinks.many().multicast().directBestEffort();
    private final Scheduler clock;
    private final StoreObserver observer;

    /**
     * Makes a collector.
     *
     * @param clock where the time of a report comes from
     */
    public Diagnostics(Scheduler clock) {
        this(clock, StoreObserver.NONE);
    }

    /**
     * Makes a collector that an observer is told of.
     *
     * @param clock where the time of a report comes from
     * @param observer is told of each report
     */
    public Diagnostics(Scheduler clock, StoreObserver observer) {
        this.clock = clock;
        this.observer = observer;
        for (DiagnosticCode code : DiagnosticCode.values()) {
            counts.put(code, new AtomicLong());
        }
    }

    /**
     * Counts and reports one occurrence.
     *
     * @param code what kind of thing
     * @param subject what it happened to
     * @param detail what exactly
     */
    public void report(DiagnosticCode code, String subject, String detail) {
        report(code, subject, detail, Level.DEBUG);
    }

    /**
     * Counts and reports one occurrence of what somebody has to know even if nobody listens, and logs it as a warning.
     *
     * @param code what kind of thing
     * @param subject what it happened to
     * @param detail what exactly
     */
    public void warn(DiagnosticCode code, String subject, String detail) {
        report(code, subject, detail, Level.WARN);
    }

    private void report(DiagnosticCode code, String subject, String detail, Level level) {
        // Both quote the wire, and a subject may be any topic.
        String what = ForeignText.message(subject);
        String why = ForeignText.message(detail);
        long count = counts.getOrDefault(code, new AtomicLong()).incrementAndGet();
        observer.reported(code);
        LOG.atLevel(level).log("{} {}: {}", code, what, why);
        if (reports.currentSubscriberCount() > 0) {
            Diagnostic report =
                    new Diagnostic(code, what, why, count, Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS)));
            synchronized (reports) {
                Subscribers.tell(() -> reports.tryEmitNext(report));
            }
        }
    }

    /**
     * Counts one more occurrence of what was reported before, and tells nobody but the observer: what a stranger can repeat at will.
     *
     * @param code what kind of thing
     */
    public void count(DiagnosticCode code) {
        counts.getOrDefault(code, new AtomicLong()).incrementAndGet();
        observer.reported(code);
    }

    /**
     * The reports from now on. Hot; a subscriber without demand misses reports, and sees that in the next one's count.
     *
     * @return the reports; they end when the store is closed
     */
    public Flux<Diagnostic> reports() {
        return reports.asFlux();
    }

    /**
     * {@return how often each kind has happened; kinds that never did are absent}
     */
    public Map<DiagnosticCode, Long> counts() {
        Map<DiagnosticCode, Long> result = new EnumMap<>(DiagnosticCode.class);
        counts.forEach((code, counter) -> {
            long count = counter.get();
            if (count > 0) {
                result.put(code, count);
            }
        });
        return result;
    }

    /** Ends the reports. */
    public void complete() {
        synchronized (reports) {
            reports.tryEmitComplete();
        }
    }
}
