package io.stitch.simulation.soak;

import com.sun.management.UnixOperatingSystemMXBean;
import reactor.core.publisher.Mono;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What this JVM holds while nothing happens.
 *
 * @param heap the live objects
 * @param threads how many threads there are of each name; numbers in names are left out
 * @param descriptors open files and sockets
 * @param files the databases' size, in bytes
 * @param subscriptions what stores are subscribed to
 * @param records how many records they show
 */
record Resources(
        LiveObjects heap, Map<String, Integer> threads, long descriptors, long files, int subscriptions, int records) {
    private static final long MEGABYTE = 1 << 20;
    private static final long UNDER_WAY = 64 << 10;
    private static final int COLLECTIONS = 6;
    private static final Duration BETWEEN_COLLECTIONS = Duration.ofMillis(100);
    /** What is opened beside stores: a class that is loaded late, a file that is measured. */
    private static final int OTHER_DESCRIPTORS = 4;
    /** Pools of the JVM and of Reactor that all stores share: they come and go, and have bounds of their own. */
    private static final List<String> SHARED =
            List.of("boundedElastic", "ForkJoinPool", "parallel", "surefire", "process reaper");

    /** {@return the smallest heap after one of some collections: what is freed by one thread of the JVM may be found by the next one} */
    static long liveHeap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            Mono.delay(BETWEEN_COLLECTIONS).block();
        }
        return least;
    }

    static Map<String, Integer> threadsNow() {
        Map<String, Integer> threads = new TreeMap<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            String name = thread.getName().replaceAll("[0-9]+", "#");
            if (SHARED.stream().noneMatch(name::contains)) {
                threads.merge(name, 1, Integer::sum);
            }
        }
        return threads;
    }

    static long descriptorsNow() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : 0;
    }

    /**
     * {@return in what this is not where it was at the first rest} A tenth of the heap is what pools and the contents of pages differ by, and
     * a tenth and 64 KB of the stores' own objects is what happens to be under way; a database that is written all the time has pages in its file that it will use again, but not more of them than it has records.
     */
    List<String> growthSince(Resources before) {
        List<String> growth = new ArrayList<>();
        if (heap.bytes() > before.heap.bytes() * 11 / 10) {
            growth.add("live objects: %s, and %s before"
                    .formatted(megabytes(heap.bytes()), megabytes(before.heap.bytes())));
        }
        if (heap.stores() > before.heap.stores() * 11 / 10 + UNDER_WAY) {
            growth.add(
                    "live objects of stores: %d bytes, and %d before".formatted(heap.stores(), before.heap.stores()));
        }
        Map<String, Integer> more = new TreeMap<>(threads);
        before.threads.forEach((name, count) -> more.merge(name, -count, Integer::sum));
        more.values().removeIf(count -> count <= 0);
        if (!more.isEmpty()) {
            growth.add("threads, more than before: %s".formatted(more));
        }
        if (Math.abs(descriptors - before.descriptors) > OTHER_DESCRIPTORS) {
            growth.add("open files and sockets: %d, and %d before".formatted(descriptors, before.descriptors));
        }
        if (files > 2 * before.files) {
            growth.add("databases: %s, and %s before".formatted(megabytes(files), megabytes(before.files)));
        }
        if (subscriptions != before.subscriptions) {
            growth.add("subscriptions: %d, and %d before".formatted(subscriptions, before.subscriptions));
        }
        if (records != before.records) {
            growth.add("records: %d, and %d before".formatted(records, before.records));
        }
        return growth;
    }

    static String megabytes(long bytes) {
        return "%.1f MB".formatted((double) bytes / MEGABYTE);
    }

    @Override
    public String toString() {
        return ("live objects %s, of stores %d KB, %d threads, %d open files and sockets, databases %s, %d subscriptions,"
                        + " %d records")
                .formatted(
                        megabytes(heap.bytes()),
                        heap.stores() >> 10,
                        threads.values().stream().mapToInt(each -> each).sum(),
                        descriptors,
                        megabytes(files),
                        subscriptions,
                        records);
    }
}
