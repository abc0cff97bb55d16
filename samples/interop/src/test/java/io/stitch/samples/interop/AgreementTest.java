package io.stitch.samples.interop;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two stores change, delete and create the same few records at once, while their connections are cut. Versions on this server start again with each
 * life of a record, and it announces what it was asked over a connection that is no more. In the end both stores show what the server has.
 */
@ExtendWith(RealPrograms.class)
class AgreementTest {
    private static final int WRITES = 400;
    private static final int RECORDS = 12;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration BETWEEN_CUTS = Duration.ofMillis(1_500);
    private static final int CUTS = 4;
    /** Of the cuts those that met a connection: after each a store waits a little longer before it connects again. */
    private static final int MET = 2;

    @TempDir
    Path folder;

    @Test
    void bothStoresEndAtWhatTheServerHas() {
        long seed =
                Long.getLong("stitch.interop.seed", ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
        System.out.printf("-Dstitch.interop.seed=%d%n", seed);
        try (RealServer server = RealServer.start(folder, Board.INDEX);
                Proxy proxy = Proxy.before(server.port())) {
            StitchStore one = Board.connected(proxy.url());
            StitchStore two = Board.connected(proxy.url());
            Board.makeProject(one, SCOPE);
            Scope ones = Board.open(one, SCOPE);
            Scope twos = Board.open(two, SCOPE);
            Mono<Void> cuts = Flux.interval(BETWEEN_CUTS)
                    .take(CUTS)
                    .doOnNext(unused -> proxy.cut())
                    .then();
            Mono.when(writes(ones, "one", new Random(seed)), writes(twos, "two", new Random(seed + 1)), cuts)
                    .block(LIMIT);
            Board.settle(one);
            Board.settle(two);

            StitchStore fresh = Board.connected(server.url());
            List<Board.Task> there = Board.open(fresh, SCOPE).snapshot(TASK);
            Board.await(ones, there::equals);
            Board.await(twos, there::equals);
            assertThat(proxy.cuts()).isGreaterThanOrEqualTo(MET);
            Board.close(one, two, fresh);
        }
    }

    /** What is refused, because somebody else was faster, is of no interest here. */
    private static Mono<Void> writes(Scope scope, String writer, Random random) {
        return Flux.range(0, WRITES)
                .delayElements(PACE)
                .flatMap(number -> write(scope, writer + " " + number, random).onErrorComplete(StitchException.class))
                .then();
    }

    private static Mono<?> write(Scope scope, String title, Random random) {
        String id = "t" + random.nextInt(RECORDS);
        int what = random.nextInt(10);
        if (scope.get(TASK, id).isEmpty()) {
            return scope.create(TASK, new Board.Task(id, SCOPE, title)).result();
        }
        return what == 0
                ? scope.delete(TASK, id).result()
                : scope.update(TASK, id, Patch.of("title", title)).result();
    }
}
