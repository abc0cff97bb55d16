package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * How many hellos of each peer are taken for a scope: some at once, and then one in a while. One that comes too soon waits for its time (protocol
 * section 5.3); a newer one takes its place, for it says what is there now. Names of peers can be made up, so that all of them together are
 * limited, too, in number and bytes. What waits is bounded, and what does not fit is dropped. On the worker.
 */
public final class HelloLimits {
    /** One more than others say at once, because theirs may have been filled a moment earlier than it looks from here. */
    private static final int BURST = 4;

    private static final Duration REFILL = Duration.ofSeconds(5);
    private static final int MOST_AT_ONCE = 1_000;

    private final SyncContext context;
    private final long mostBytes;
    private final Consumer<PeerInbound.Hello> take;
    private final Map<String, Asker> askers = new LinkedHashMap<>();
    private final Disposable.Swap timer = Disposables.swap();
    private int taken;
    private int waitingAskers;
    private long waitingBytes;
    /** What was taken since the last refill, of all. */
    private long takenBytes;

    /** What becomes of a hello. */
    public enum Verdict {
        /** Now is its time. */
        NOW,
        /** It is taken when its time has come. */
        LATER,
        /** Too much waits already. */
        NEVER
    }

    private static final class Asker {
        private final Map<String, Integer> rounds = new LinkedHashMap<>();
        private final Queue<PeerInbound.Hello> waiting = new ArrayDeque<>();
        private int taken;
    }

    /**
     * Begins with full buckets.
     *
     * @param context the store
     * @param mostBytes how much may wait, and how much is taken until a bucket is refilled
     * @param take takes a hello that has waited
     */
    public HelloLimits(SyncContext context, long mostBytes, Consumer<PeerInbound.Hello> take) {
        this.context = context;
        this.mostBytes = mostBytes;
        this.take = take;
    }

    /**
     * Asks for a hello before anything of it is read.
     *
     * @param hello the hello
     * @return what becomes of it
     */
    public Verdict heard(PeerInbound.Hello hello) {
        Asker asker = askers.computeIfAbsent(hello.peer(), peer -> new Asker());
        boolean hasRoom = takenBytes == 0 || takenBytes + hello.payload().length <= mostBytes;
        if (hasRoom && isFurtherPart(asker, hello.round())) {
            takenBytes += hello.payload().length;
            return Verdict.NOW;
        }
        if (hasRoom && asker.taken < BURST && taken < MOST_AT_ONCE) {
            take(asker, hello);
            return Verdict.NOW;
        }
        Verdict verdict = keep(asker, hello) ? Verdict.LATER : Verdict.NEVER;
        forget(hello.peer(), asker);
        return verdict;
    }

    private static boolean isFurtherPart(Asker asker, @Nullable String round) {
        Integer parts = round == null ? null : asker.rounds.get(round);
        if (round == null || parts == null || parts >= DigestNode.MAX_MESSAGES) {
            return false;
        }
        asker.rounds.put(round, parts + 1);
        return true;
    }

    private void take(Asker asker, PeerInbound.Hello hello) {
        String round = hello.round();
        takenBytes += hello.payload().length;
        asker.taken++;
        taken++;
        if (round != null) {
            asker.rounds.remove(round);
            asker.rounds.put(round, 1);
            if (asker.rounds.size() > BURST) {
                asker.rounds.remove(asker.rounds.keySet().iterator().next());
            }
        }
        if (taken == 1) {
            arm();
        }
    }

    private boolean keep(Asker asker, PeerInbound.Hello hello) {
        PeerInbound.Hello before = asker.waiting.peek();
        boolean joins = before != null && hello.round() != null && hello.round().equals(before.round());
        if (before != null && (!joins || asker.waiting.size() >= DigestNode.MAX_MESSAGES)) {
            letGo(asker);
        }
        if (waitingBytes + hello.payload().length > mostBytes
                || (asker.waiting.isEmpty() && waitingAskers >= MOST_AT_ONCE)) {
            return false;
        }
        waitingAskers += asker.waiting.isEmpty() ? 1 : 0;
        waitingBytes += hello.payload().length;
        asker.waiting.add(hello);
        return true;
    }

    private List<PeerInbound.Hello> letGo(Asker asker) {
        List<PeerInbound.Hello> waited = new ArrayList<>(asker.waiting);
        waitingAskers -= waited.isEmpty() ? 0 : 1;
        waited.forEach(hello -> waitingBytes -= hello.payload().length);
        asker.waiting.clear();
        return waited;
    }

    private void forget(String peer, Asker asker) {
        if (asker.taken == 0 && asker.waiting.isEmpty()) {
            askers.remove(peer, asker);
        }
    }

    /** A timer and not the time, which may be set back or stand still. */
    private void arm() {
        timer.update(context.after(REFILL, () -> {
            List<PeerInbound.Hello> due = refill();
            if (!askers.isEmpty()) {
                arm();
            }
            due.forEach(take);
            context.records().flush();
        }));
    }

    private List<PeerInbound.Hello> refill() {
        List<PeerInbound.Hello> due = new ArrayList<>();
        takenBytes = 0;
        for (Asker asker : askers.values()) {
            taken -= asker.taken > 0 ? 1 : 0;
            asker.taken -= asker.taken > 0 ? 1 : 0;
        }
        for (Iterator<Asker> each = askers.values().iterator(); each.hasNext(); ) {
            Asker asker = each.next();
            PeerInbound.Hello first = asker.waiting.peek();
            if (first != null && taken < MOST_AT_ONCE && takenBytes < mostBytes) {
                due.addAll(letGo(asker));
                take(asker, first);
            }
            if (asker.taken == 0 && asker.waiting.isEmpty()) {
                each.remove();
            }
        }
        return due;
    }

    /** Takes nothing more. */
    public void close() {
        timer.dispose();
        askers.clear();
    }
}
