package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Publishes what was merged in a scope with a stamp of its own, for the peers that look at the stamp of a record alone (protocol section 5.4). All who
 * merged it would do so: each waits a random time first, and leaves out what somebody else has published meanwhile. Afterwards it is what somebody has
 * written, and is not published again. What waits is at most an entry per record. On the worker.
 */
final class ShownMerges {
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(50);
    private static final long JITTER_MILLIS = 450;

    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final Set<RecordKey> waiting = new LinkedHashSet<>();
    private final Disposable.Swap timer = Disposables.swap();
    private final Disposable.Composite writes = Disposables.composite();

    ShownMerges(String scope, PeerSession session) {
        this.scope = scope;
        this.session = session;
        this.context = session.context();
    }

    void show(RecordKey key) {
        if (waiting.add(key) && waiting.size() == 1) {
            long jitter = (long) (JITTER_MILLIS * context.jitter().getAsDouble());
            timer.update(context.after(SHORTEST_WAIT.plusMillis(jitter), this::writeAll));
        }
    }

    private void writeAll() {
        List<RecordKey> keys = List.copyOf(waiting);
        waiting.clear();
        Disposable.Swap writing = Disposables.swap();
        writes.add(writing);
        writing.update(Flux.fromIterable(keys)
                .filter(session.replica()::isMerged)
                .concatMap(this::write)
                .doFinally(end -> writes.remove(writing))
                .subscribe());
    }

    /** A write of no field: it changes the stamp alone, which no patch of an application can. */
    private Mono<?> write(RecordKey key) {
        LocalWrite write =
                new LocalWrite(WriteKind.UPDATE, key, scope, Json.object().putNull(Hlc.FIELD));
        return context.writes().write(write).then().onErrorResume(error -> {
            context.diagnostics()
                    .report(
                            DiagnosticCode.COMPARE_FAILED,
                            scope + '/' + key.entity() + '/' + key.id(),
                            "what was merged of it could not be written for peers that merge whole records: "
                                    + error.getMessage());
            return Mono.empty();
        });
    }

    void close() {
        waiting.clear();
        timer.dispose();
        writes.dispose();
    }
}
