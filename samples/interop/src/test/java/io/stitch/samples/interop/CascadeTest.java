package io.stitch.samples.interop;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.PROJECT;
import static io.stitch.samples.interop.Board.SCOPE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A root with 2 500 children is deleted. The server deletes the children too, and most of their events get lost: of a burst it keeps the first
 * thousand or so. The store must not show the rest until it compares by the clock, which is after five minutes.
 */
@ExtendWith(RealPrograms.class)
class CascadeTest {
    private static final int CHILDREN = 2_500;
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @Test
    void nothingOfADeletedRootStaysWhetherItWasDeletedHereOrElsewhere() {
        try (RealServer server = RealServer.start(folder, Board.INDEX, Board.CASCADE)) {
            StitchStore here = Board.connected(server.url());
            StitchStore elsewhere = Board.connected(server.url());
            Board.makeProject(here, SCOPE);
            Writes.create(here, CHILDREN, 64);
            Scope own = Board.open(here, SCOPE);
            Scope others = Board.open(elsewhere, SCOPE);
            assertThat(others.childCount(Board.TASK)).isEqualTo(CHILDREN);

            long begun = System.nanoTime();
            own.delete(PROJECT, SCOPE).block(LIMIT);
            Duration here1 = emptied(own, begun);
            Duration elsewhere1 = emptied(others, begun);
            System.out.printf(
                    "A root with %d children was deleted: gone after %d ms where it was deleted, after %d ms elsewhere.%n",
                    CHILDREN, here1.toMillis(), elsewhere1.toMillis());
            assertThat(here1).isLessThan(SOON);
            assertThat(elsewhere1).isLessThan(SOON);
            Board.close(here, elsewhere);
        }
    }

    @Test
    void nothingOfARootStaysThatAClientWithoutAStoreDeleted() {
        try (RealServer server = RealServer.start(folder, Board.INDEX, Board.CASCADE);
                Wire foreign = Wire.connect(server.port(), "foreign-1")) {
            StitchStore store = Board.connected(server.url());
            Board.makeProject(store, SCOPE);
            Writes.create(store, CHILDREN, 64);
            Scope scope = Board.open(store, SCOPE);
            long begun = System.nanoTime();
            assertThat(foreign.request("project/" + SCOPE + "/delete", "{}")
                            .path("status")
                            .asString())
                    .isEqualTo("ok");
            assertThat(emptied(scope, begun)).isLessThan(SOON);
            Board.close(store);
        }
    }

    private static Duration emptied(Scope scope, long begun) {
        Board.await(scope, tasks -> tasks.isEmpty());
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
