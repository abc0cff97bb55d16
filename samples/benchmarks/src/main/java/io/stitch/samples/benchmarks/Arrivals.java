package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Notes when the first and the last of an expected number of records came. They come on one thread at a time. */
final class Arrivals {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final int expected;
    private final long start = System.nanoTime();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile int count;
    private volatile @Nullable Throwable failure;
    private volatile long returned;
    private volatile long first;
    private volatile long last;

    /** Starts the clock. */
    Arrivals(int expected) {
        this.expected = expected;
    }

    /** The call that asked for the records came back. */
    void returned() {
        returned = System.nanoTime();
    }

    void came(int more) {
        int before = count;
        count = before + more;
        if (before == 0) {
            first = System.nanoTime();
        }
        if (before + more >= expected) {
            last = System.nanoTime();
            done.countDown();
        }
    }

    void failed(Throwable error) {
        failure = error;
        done.countDown();
    }

    /** Waits for the last record. */
    OpenTimes await() {
        try {
            if (!done.await(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        "Only %d of %d records came within %s.".formatted(count, expected, LIMIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while records were coming.", e);
        }
        if (failure != null) {
            throw new IllegalStateException("The stream of records failed after " + count, failure);
        }
        if (count != expected) {
            throw new IllegalStateException("%d records came instead of %d.".formatted(count, expected));
        }
        return new OpenTimes(millis(returned), millis(first), millis(last));
    }

    private double millis(long moment) {
        return (moment - start) / 1e6;
    }
}
