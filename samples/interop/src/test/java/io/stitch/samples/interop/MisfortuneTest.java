package io.stitch.samples.interop;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static org.assertj.core.api.Assertions.assertThat;

/** The server is killed, and connections are cut, in the middle of many writes: none is lost, and none is there twice. */
@ExtendWith(RealPrograms.class)
class MisfortuneTest {
    private static final int WRITES = 2_000;
    private static final int AT_ONCE = 64;
    private static final int NEVER = -1;
    private static final List<Integer> KILLED_WHEN_LEFT = List.of(1_700, 1_100, 500);
    private static final List<Integer> CUT_WHEN_LEFT = List.of(1_700, 1_200, 700, 200);

    @TempDir
    Path folder;

    @Test
    void noWriteIsLostWhenTheServerIsKilledThreeTimes() {
        try (RealServer server = RealServer.start(folder, Board.INDEX)) {
            writesSurvive(server, server.url(), KILLED_WHEN_LEFT, () -> {
                server.kill();
                server.startAgain();
            });
        }
    }

    @Test
    void noWriteIsLostWhenConnectionsAreCut() {
        try (RealServer server = RealServer.start(folder, Board.INDEX);
                Proxy proxy = Proxy.before(server.port())) {
            writesSurvive(server, proxy.url(), CUT_WHEN_LEFT, proxy::cut);
            assertThat(proxy.cuts()).isGreaterThanOrEqualTo(CUT_WHEN_LEFT.size());
        }
    }

    /** Sends what was written without a connection, while the misfortune happens each time that so many writes are left. */
    private static void writesSurvive(RealServer server, String url, List<Integer> whenLeft, Runnable misfortune) {
        StitchStore watching = Board.connected(url);
        StitchStore writing = Board.connected(url);
        Board.makeProject(writing, SCOPE);
        Scope seen = Board.open(watching, SCOPE);
        writing.disconnect().block(LIMIT);
        Writes.results(writing, 0, WRITES, AT_ONCE).then().block(LIMIT);
        Iterator<Integer> next = whenLeft.iterator();
        AtomicInteger wanted = new AtomicInteger(next.next());
        Mono<Integer> settled = writing.pendingCount()
                .onBackpressureLatest()
                .publishOn(Schedulers.boundedElastic(), 1)
                .doOnNext(left -> {
                    if (left <= wanted.get()) {
                        wanted.set(next.hasNext() ? next.next() : NEVER);
                        misfortune.run();
                    }
                })
                .filter(left -> left == 0)
                .next();
        writing.connect().then(settled).block(LIMIT);
        assertThat(wanted).hasValue(NEVER);
        Board.await(seen, tasks -> tasks.equals(Writes.tasks(WRITES)));
        assertIsOnServer(server);
        Board.close(writing, watching);
    }

    /** A store that had no part in it lists what is there. */
    private static void assertIsOnServer(RealServer server) {
        StitchStore fresh = Board.connected(server.url());
        assertThat(Board.open(fresh, SCOPE).snapshot(Board.TASK)).isEqualTo(Writes.tasks(WRITES));
        Board.close(fresh);
    }
}
