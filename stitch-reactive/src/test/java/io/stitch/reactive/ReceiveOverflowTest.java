package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** A store that is busy while a broker sends it more than it wants to hold. */
class ReceiveOverflowTest {
    private static final int MESSAGES = 40;
    private static final int BYTES = 1_000_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatABusyStoreWasSentIsThereWhenItIsFreeAgainWhetherItFittedOrNot(boolean plain) {
        StitchServerOptions.Builder options = StitchServerOptions.builder();
        ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor();
        Scheduler scheduler = Schedulers.fromExecutorService(worker);
        try (StitchServer server = StitchServer.start((plain ? options.plain() : options).build())) {
            Board.seedProject(server, "p1", 1);
            StitchStore store = Board.connect(StitchStore.builder()
                    .schema(Board.SCHEMA)
                    .remote(RemoteOptions.to(server.url())
                            .maximumPacketSize(4_000_000)
                            .waitingBytes(4_000_000))
                    .scheduler(scheduler)
                    .clientId("ada"));
            Scope scope = store.replaceScope("p1");
            StepVerifier.create(Board.tasks(scope, 1))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            CountDownLatch free = new CountDownLatch(1);
            worker.execute(() -> await(free));
            for (int i = 0; i < MESSAGES; i++) {
                server.put(
                        "task",
                        "{\"id\":\"t%d\",\"projectId\":\"p1\",\"title\":\"%s\"}".formatted(i, "x".repeat(BYTES)));
            }
            free.countDown();

            StepVerifier.create(Board.tasks(scope, 1 + MESSAGES))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(store.connectionStatus().isConnected()).isTrue();
            Board.close(store);
        } finally {
            scheduler.dispose();
            worker.shutdownNow();
        }
    }

    @Test
    void aBoundBelowTheLargestPacketIsRefused() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> RemoteOptions.to("mqtt://127.0.0.1")
                        .maximumPacketSize(5_000)
                        .waitingBytes(4_999)
                        .request("c1")))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("waitingBytes: must be at least maximumPacketSize, 5000 bytes");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
