package io.stitch.reactive.h2;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class WorkerTest {
    private final Worker worker = new Worker("test-worker");
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void end() {
        go.countDown();
        worker.end();
    }

    /** A task that waits, and then tells whether it was interrupted and whether its thread is a daemon. */
    private CompletableFuture<List<Boolean>> task() {
        CompletableFuture<List<Boolean>> told = new CompletableFuture<>();
        worker.execute(() -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Thread thread = Thread.currentThread();
            told.complete(List.of(thread.isInterrupted(), thread.isDaemon()));
        });
        return told;
    }

    @Test
    void whatWaitsAtTheEndIsDoneWithoutAnInterruptAndNothingMoreIsTaken() throws Exception {
        CompletableFuture<List<Boolean>> running = task();
        CompletableFuture<List<Boolean>> waiting = task();
        worker.end();
        go.countDown();

        assertThat(running.get(10, TimeUnit.SECONDS)).containsExactly(false, true);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).containsExactly(false, true);
        assertThat(worker.hasEnded()).isTrue();
        assertThatThrownBy(() -> worker.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void noThreadIsLeftThatWaitsForTheEndOrForALaterTask() throws Exception {
        CompletableFuture<Long> later =
                Mono.delay(Duration.ofHours(1), worker.scheduler()).toFuture();
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        worker.execute(() -> thread.complete(Thread.currentThread()));
        Thread own = thread.get(10, TimeUnit.SECONDS);

        worker.end();

        own.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(own.isAlive()).isFalse();
        assertThat(later).isNotDone();
    }
}
