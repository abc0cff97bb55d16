package io.stitch.reactive.test;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What goes wrong on a link on purpose. Thread-safe. */
final class Weather {
    private record Loss(double share, Random random) {}

    private final Set<String> unreachable = ConcurrentHashMap.newKeySet();
    private final AtomicLong lost = new AtomicLong();
    private volatile Duration delay = Duration.ZERO;
    private volatile @Nullable Loss loss;
    private volatile boolean cut;

    Duration delay() {
        return delay;
    }

    void delay(Duration each) {
        delay = each;
    }

    void lose(double share, long seed) {
        loss = share == 0 ? null : new Loss(share, new Random(seed));
    }

    /** Whether the next message is lost; counts it. */
    boolean loses() {
        Loss current = loss;
        boolean loses = current != null && current.random().nextDouble() < current.share();
        if (loses) {
            lost.incrementAndGet();
        }
        return loses;
    }

    /** Counts a message that is lost for another reason. */
    void countLost() {
        lost.incrementAndGet();
    }

    long lost() {
        return lost.get();
    }

    boolean reaches(String clientId) {
        return !cut && !unreachable.contains(clientId);
    }

    void cut() {
        cut = true;
    }

    void cut(String clientId) {
        unreachable.add(clientId);
    }

    void restore() {
        cut = false;
        unreachable.clear();
    }

    void restore(String clientId) {
        unreachable.remove(clientId);
    }
}
