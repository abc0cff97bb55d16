package io.stitch.fuzz;

import com.sun.management.ThreadMXBean;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.Supplier;

import static org.assertj.core.api.Assertions.assertThat;

/** Bounds what reading may cost: whatever is in it, a message costs what its size justifies. */
public final class Cost {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long BYTES = 4L << 20;
    private static final long BYTES_PER_BYTE = 512;
    /** Of the processor, so that it says the same where others work, too; what is slow by nature takes minutes. */
    private static final long NANOS = Duration.ofSeconds(2).toNanos();

    private static final long NANOS_PER_BYTE = 20_000;

    private Cost() {}

    private record Spent(long bytes, long nanos) {
        static Spent sofar() {
            return new Spent(THREADS.getCurrentThreadAllocatedBytes(), THREADS.getCurrentThreadCpuTime());
        }

        Spent since(Spent before) {
            return new Spent(bytes - before.bytes, nanos - before.nanos);
        }
    }

    /**
     * Does something on this thread.
     *
     * @param size how many bytes it is given
     * @param reading what it does; it is done again where it was dear, since the first time may have had classes to load
     * @return what comes of it
     */
    public static <T> T bounded(int size, Supplier<T> reading) {
        Spent bound = new Spent(BYTES + size * BYTES_PER_BYTE, NANOS + size * NANOS_PER_BYTE);
        Spent before = Spent.sofar();
        T result = reading.get();
        Spent spent = Spent.sofar().since(before);
        if (spent.bytes > bound.bytes || spent.nanos > bound.nanos) {
            before = Spent.sofar();
            result = reading.get();
            spent = Spent.sofar().since(before);
            assertThat(spent.bytes).as("bytes allocated for %d bytes", size).isLessThanOrEqualTo(bound.bytes);
            assertThat(spent.nanos).as("nanoseconds for %d bytes", size).isLessThanOrEqualTo(bound.nanos);
        }
        return result;
    }
}
