package io.stitch.reactive.internal.intake;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What waits because a set of records that it is about is being read, or because something before it waits that is about the same.
 * Each keeps the place in which it was handed over: what has its turn again may have to wait once more, and what came after it must not
 * get in front of it meanwhile. On the worker.
 */
final class HeldBack {
    private final TreeMap<Long, Submission> waiting = new TreeMap<>();
    /** The first place of what waits and is about a set of records. */
    private final Map<String, Long> first = new HashMap<>();

    private Predicate<String> loading = scope -> false;
    private long nextPlace;

    /** Something in its place. */
    record Placed(long place, Submission submission) {}

    void waitFor(Predicate<String> isLoading) {
        loading = isLoading;
    }

    /** Gives something its place, which is behind all others. */
    Placed place(Submission submission) {
        return new Placed(nextPlace++, submission);
    }

    boolean mustWait(Placed next) {
        for (String scope : next.submission().scopes()) {
            Long before = first.get(scope);
            if ((before != null && before < next.place()) || loading.test(scope)) {
                return true;
            }
        }
        return false;
    }

    void hold(Placed next) {
        waiting.put(next.place(), next.submission());
        next.submission().scopes().forEach(scope -> first.merge(scope, next.place(), Math::min));
    }

    /** Takes out all that waits, in order. */
    List<Placed> release() {
        List<Placed> released = waiting.entrySet().stream()
                .map(each -> new Placed(each.getKey(), each.getValue()))
                .toList();
        waiting.clear();
        first.clear();
        return released;
    }

    /** {@return the sets of records that something which waits is about} */
    Set<String> scopes() {
        return Set.copyOf(first.keySet());
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
