package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The comparisons with all that somebody holds, each of which costs as much as the scope is large, whoever asks and however little they say.
 * The first is made at once. Those that come while the worker has a rest from it wait, and are one then: what is said to one of those who
 * ask is heard by all. So no number of them takes more than a share of the worker, or of the network. What waits is bounded by {@link
 * io.stitch.reactive.peer.internal.hello.HelloLimits}. On the worker.
 */
final class Comparisons {
    /** Looking at a record takes about 0.2 µs, so that this is a tenth of the worker. */
    private static final int LOOKED_AT_IN_A_MILLI = 500;
    /** Saying it takes about 20 µs, and goes to everybody. */
    private static final int SAID_IN_A_MILLI = 10;
    /** What costs less needs no rest. */
    private static final long SHORTEST_REST_MILLIS = 20;

    private final SyncContext context;
    private final ManifestComparison comparison;
    private final Compared compared;
    private final Disposable.Swap rest = Disposables.swap();
    private List<Asked> waiting = new ArrayList<>();
    private boolean resting;

    /** A hello with all that its peer holds. */
    record Asked(PeerInbound.Hello arrived, PeerHello hello, PeerHello.Whole said) {}

    /** Goes on with a hello. */
    @FunctionalInterface
    interface Compared {
        /**
         * A peer's records were compared.
         *
         * @param asked its hello
         * @param clean whether nothing that was deleted is alive there
         * @param different what its peer lacks or has in another state; {@code null} if that is not known
         */
        void compared(Asked asked, boolean clean, @Nullable Set<RecordKey> different);
    }

    Comparisons(SyncContext context, ManifestComparison comparison, Compared compared) {
        this.context = context;
        this.comparison = comparison;
        this.compared = compared;
    }

    void ask(Asked asked) {
        waiting.add(asked);
        if (!resting) {
            compareAll();
        }
    }

    private void compareAll() {
        List<Asked> all = waiting;
        waiting = new ArrayList<>();
        ManifestComparison.Result result = comparison.compare(all.stream()
                .map(each -> new ManifestComparison.Held(
                        each.said().manifest(), each.hello().mergesByField()))
                .toList());
        for (int i = 0; i < all.size(); i++) {
            compared.compared(all.get(i), result.clean().get(i), result.different());
        }
        long millis = (long) result.lookedAt() / LOOKED_AT_IN_A_MILLI + result.owed() / SAID_IN_A_MILLI;
        if (millis >= SHORTEST_REST_MILLIS) {
            resting = true;
            rest.update(context.after(Duration.ofMillis(millis), this::rested));
        }
    }

    private void rested() {
        resting = false;
        if (!waiting.isEmpty()) {
            compareAll();
            context.records().flush();
        }
    }

    /** Nobody hears an answer any more. */
    void disconnected() {
        waiting.clear();
        resting = false;
        rest.update(Disposables.disposed());
    }
}
