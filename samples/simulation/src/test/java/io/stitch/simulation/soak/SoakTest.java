package io.stitch.simulation.soak;

import io.stitch.reactive.StitchException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Hooks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;

import static org.assertj.core.api.Assertions.assertThat;

/** Half an hour, or {@code -Dsoak.minutes=N}; {@code -Dsoak.old=true} has an old server. Not part of a usual build: see the README. */
@Tag("soak")
class SoakTest {
    private static final Duration LENGTH = Duration.ofMinutes(Integer.getInteger("soak.minutes", 30));
    /** The longer it is, the more can pile up in a round; but a run is to have some of them. */
    private static final Duration ROUND = Duration.ofSeconds(Math.max(8, Math.min(60, LENGTH.toSeconds() / 10)));

    /** Until then files grow: a database keeps the pages that it no longer needs for a while, and has as many from here on. */
    private static final int WARM_UP_ROUNDS = 4;

    private final Queue<String> dropped = new ConcurrentLinkedQueue<>();

    /** Of errors. A value is dropped for whoever goes away in that moment; whether those who stay are told, {@link Answers} knows. */
    @BeforeEach
    void hearWhatIsDropped() {
        Hooks.onErrorDropped(error -> {
            if (!(error instanceof StitchException)) { // That of a write, say, whose writer has gone away.
                error.printStackTrace(System.out);
                dropped.add("dropped: " + error);
            }
        });
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> dropped.add(thread.getName() + ": " + error));
    }

    @AfterEach
    void hearNoMore() {
        Hooks.resetOnErrorDropped();
        Thread.setDefaultUncaughtExceptionHandler(null);
    }

    @Test
    void everythingEndsWhereItBegan(@TempDir Path folder) throws Exception {
        long seed = Long.getLong("soak.seed", ThreadLocalRandom.current().nextInt());
        System.out.printf("-Dsoak.seed=%d, rounds of %d s%n", seed, ROUND.toSeconds());
        try (Soak soak = new Soak(folder, Boolean.getBoolean("soak.old"), seed)) {
            soak.start();
            long end = System.nanoTime() + LENGTH.toNanos();
            @Nullable Resources before = null;
            List<String> growth = List.of();
            for (int round = 1; round <= WARM_UP_ROUNDS + 1 || System.nanoTime() < end; round++) {
                soak.round(ROUND);
                Resources now = soak.rest();
                System.out.printf("%s rest %d: %s; %s%n", Soak.now(), round, now, soak.happened());
                if (before != null) {
                    growth = now.growthSince(before);
                    growth.forEach(
                            each -> System.out.println("  not as at rest %d: %s".formatted(WARM_UP_ROUNDS, each)));
                } else if (round == WARM_UP_ROUNDS) {
                    before = now;
                }
            }
            assertThat(soak.problems()).isEmpty();
            assertThat(dropped).isEmpty();
            assertThat(growth)
                    .as("what is not as it was at rest %d", WARM_UP_ROUNDS)
                    .isEmpty();
        }
    }
}
