package io.stitch.samples.benchmarks;

import io.stitch.reactive.peer.PeerSync;
import io.stitch.server.PlainBroker;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A peer that comes back to another one, which holds the same large scope: nothing has changed. The bytes are all that goes through the
 * returning peer's socket, the connecting among them.
 *
 * @param tasks the size of the scope
 * @param rounds how often
 */
record PeerReconnect(int tasks, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(1_024);

    @Override
    public String name() {
        return "reconnect/%d/peer-unchanged/bytes".formatted(tasks);
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        List<Long> bytes = new ArrayList<>();
        try (PlainBroker broker = PlainBroker.start();
                Relay relay = Relay.before(URI.create(broker.url()).getPort());
                StoreClient holder = StoreClient.peer(broker.url(), mode());
                StoreClient returning = StoreClient.peer(relay.url(), mode())) {
            holder.fill(tasks);
            returning.open(tasks);
            relay.awaitQuiet();
            bytes.addAll(rounds.run(index -> {
                returning.disconnect();
                relay.awaitQuiet();
                long before = relay.bytes();
                returning.reconnect();
                relay.awaitQuiet();
                return relay.bytes() - before;
            }));
        }
        return List.of(new Figure(
                name(),
                Sample.of(bytes, Long::doubleValue),
                "bytes",
                LIMIT,
                "both ways, CONNECT and SUBSCRIBE among them"));
    }

    /** Rounds follow each other faster than hellos would, which wait otherwise. */
    private static PeerSync mode() {
        return PeerSync.builder().helloSpacing(Duration.ofMillis(500)).build();
    }
}
