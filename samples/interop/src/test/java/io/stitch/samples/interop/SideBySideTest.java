package io.stitch.samples.interop;

import io.stitch.reactive.MutationResult;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The store and the other client, one after the other on one server, each with a local database on disk: the other client
 * shows nothing of a scope without one. Only the ratio is asserted: how fast either is
 * depends on the machine.
 */
@ExtendWith(RealPrograms.class)
class SideBySideTest {
    private static final int RECORDS = 10_000;
    private static final int ROUNDS = 3;
    private static final int WARM_UP = 2_000;
    private static final int WRITES = 1_000;
    /** As many as the other client was seen to be fastest with. */
    private static final int IN_FLIGHT = 16;

    @TempDir
    Path folder;

    @Test
    void aScopeOpensInHalfTheTime() {
        try (RealServer server = RealServer.start(folder, Board.INDEX, "--careless")) {
            StitchStore writer = Board.connected(server.url());
            Board.makeProject(writer, SCOPE);
            Writes.create(writer, RECORDS, 64);
            double ours = IntStream.range(0, ROUNDS)
                    .mapToDouble(round -> ourOpening(server, round))
                    .sorted()
                    .skip(ROUNDS / 2)
                    .findFirst()
                    .orElseThrow();
            double theirs = theirOpening(server);
            double ratio = ours / theirs;
            System.out.printf(
                    "A scope of %d: here %.0f ms, in stitch-sync %.0f ms, ratio %.2f.%n", RECORDS, ours, theirs, ratio);
            assertThat(ratio).isLessThanOrEqualTo(0.5);
            Board.close(writer);
        }
    }

    private double ourOpening(RealServer server, int round) {
        StitchStore store = withDatabase(server, "reader-" + round);
        long begun = System.nanoTime();
        Scope scope = store.openScope(SCOPE);
        Board.await(scope, tasks -> tasks.size() == RECORDS);
        double millis = (System.nanoTime() - begun) / 1e6;
        Board.close(store);
        return millis;
    }

    private double theirOpening(RealServer server) {
        try (OtherClient other = OtherClient.connected(server.url(), "other-reader", folder)) {
            JsonNode opened = other.open(SCOPE);
            assertThat(opened.path("tasks").asInt()).isEqualTo(RECORDS);
            return opened.path("millis").asDouble();
        }
    }

    @Test
    void fourTimesAsManyWritesAreAcknowledgedInASecond() {
        try (RealServer server = RealServer.start(folder, Board.INDEX, "--careless");
                OtherClient other = OtherClient.connected(server.url(), "other-writer", folder)) {
            StitchStore store = withDatabase(server, "writer");
            Board.makeProject(store, SCOPE);
            Board.makeProject(store, "theirs");
            other.open("theirs");

            // A program of Java is as fast as it gets after some writes, one of Rust at once.
            Writes.create(store, WARM_UP, 64);
            long begun = System.nanoTime();
            long synced = Writes.results(store, WARM_UP, WRITES, 64)
                    .filter(result -> result.status() == MutationResult.Status.SYNCED)
                    .count()
                    .block(LIMIT);
            double ours = WRITES / ((System.nanoTime() - begun) / 1e9);
            JsonNode done = other.tell(
                    "many", Map.of("scope", "theirs", "prefix", "o", "count", WRITES, "flight", IN_FLIGHT));
            double theirs = WRITES / (done.path("millis").asDouble() / 1e3);
            StitchStore fresh = Board.connected(server.url());
            int oursThere = Board.open(fresh, SCOPE).childCount(Board.TASK);
            int theirsThere = Board.open(fresh, "theirs").childCount(Board.TASK);
            System.out.printf(
                    "%d creates: here %.0f a second, %d there; in stitch-sync %.0f a second, %d there; ratio %.1f.%n",
                    WRITES, ours, oursThere - WARM_UP, theirs, theirsThere, ours / theirs);
            assertThat(synced).isEqualTo(WRITES);
            assertThat(oursThere).isEqualTo(WARM_UP + WRITES);
            assertThat(ours / theirs).isGreaterThanOrEqualTo(4);
            Board.close(store, fresh);
        }
    }

    private StitchStore withDatabase(RealServer server, String name) {
        StitchStore store = StitchStore.builder()
                .schema(Board.schema())
                .remote(RemoteOptions.to(server.url()))
                .persistence(H2Persistence.builder(folder.resolve(name)).build())
                .build();
        store.start().block(LIMIT);
        Board.awaitConnected(store);
        return store;
    }
}
