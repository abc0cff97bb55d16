package io.stitch.samples.benchmarks;

import io.stitch.server.Message;
import io.stitch.server.PlainBroker;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A fresh peer comes to ten that all hold a scope, and could all replay it: how many events they publish, counted at the broker. The
 * broker is in this JVM, because nothing is timed.
 *
 * @param records how many records the scope has
 * @param rounds how often
 */
record TenPeers(int records, Rounds rounds) implements Scenario {
    private static final int PEERS = 10;
    /** A peer waits 0.2 s at most before it answers, and 0.3 s while another one is answering. */
    private static final long QUIET_MILLIS = 800;

    private static final int MOST_EVENTS = 100_000;

    @Override
    public String name() {
        return "peer/ten-peers/events";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        List<Integer> counts = new ArrayList<>();
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (PlainBroker broker = PlainBroker.start(message -> take(message, events))) {
            List<StoreClient> peers = new ArrayList<>();
            try {
                fill(broker.url(), peers);
                counted(events);
                counts.addAll(rounds.run(index -> round(broker.url(), events)));
            } finally {
                peers.forEach(StoreClient::close);
            }
        }
        return List.of(new Figure(
                name(),
                Sample.of(counts, Integer::doubleValue),
                "events",
                Limit.atMost(1.1 * records),
                "%d peers hold %d records each; %d if one answered, %d if all did"
                        .formatted(PEERS, records, records, PEERS * records)));
    }

    private static void take(Message message, BlockingQueue<String> events) {
        if (message.topic().contains("/events/")) {
            events.add(message.topic());
        }
    }

    /** One writes what the others receive. */
    private void fill(String url, List<StoreClient> peers) {
        List<Arrivals> arrivals = new ArrayList<>();
        for (int i = 0; i < PEERS; i++) {
            StoreClient peer = StoreClient.peer(url);
            peers.add(peer);
            if (i > 0) {
                arrivals.add(peer.opening(records - 1));
            }
        }
        peers.get(0).fill(records - 1);
        arrivals.forEach(Arrivals::await);
    }

    private int round(String url, BlockingQueue<String> events) {
        try (StoreClient fresh = StoreClient.peer(url)) {
            fresh.open(records - 1);
            return counted(events);
        }
    }

    /** Takes the events, until no more come. */
    private static int counted(BlockingQueue<String> events) {
        try {
            int count = 0;
            while (events.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS) != null) {
                if (++count > MOST_EVENTS) {
                    throw new IllegalStateException("The peers do not stop: %d events so far.".formatted(count));
                }
            }
            return count;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while peers were talking.", e);
        }
    }
}
