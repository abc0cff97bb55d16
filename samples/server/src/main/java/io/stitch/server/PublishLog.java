package io.stitch.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last messages that clients published, bounded in number and in bytes. Thread-safe. */
final class PublishLog {
    private static final int MAX_MESSAGES = 10_000;
    private static final long MAX_BYTES = 64L << 20;
    private final Deque<StitchServer.Published> log = new ArrayDeque<>();
    private long bytes;

    synchronized void add(StitchServer.Published published) {
        log.addLast(published);
        bytes += size(published);
        while (log.size() > MAX_MESSAGES || (bytes > MAX_BYTES && log.size() > 1)) {
            bytes -= size(log.removeFirst());
        }
    }

    private static long size(StitchServer.Published published) {
        return published.message().payload().length;
    }

    synchronized List<StitchServer.Published> toList() {
        return List.copyOf(log);
    }
}
