package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** A store that is busy while a broker sends it more than it wants to hold. */
class ReceiveOverflowTest {
    private static final int MESSAGES = 40;
    private static final int BYTES = 1_000_000;
    private static final int PUBACK_BYTES = 4;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatDidNotFitIsCountedAndComparedAsSoonAsTheStoreIsFreeAgain(boolean plain) throws Exception {
        StitchServerOptions.Builder options = StitchServerOptions.builder();
        ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor();
        Scheduler scheduler = Schedulers.fromExecutorService(worker);
        try (StitchServer server = StitchServer.start((plain ? options.plain() : options).build());
                Counter counter = new Counter(server.port())) {
            Board.seedProject(server, "p1", 1);
            StitchStore store = Board.connect(StitchStore.builder()
                    .schema(Board.SCHEMA)
                    .remote(RemoteOptions.to("mqtt://127.0.0.1:" + counter.listener.getLocalPort())
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
            // One message may be taken; the others are acknowledged only when one of them was dropped.
            counter.expect(10 * PUBACK_BYTES);
            for (int i = 0; i < MESSAGES; i++) {
                server.put(
                        "task",
                        "{\"id\":\"t%d\",\"projectId\":\"p1\",\"title\":\"%s\"}".formatted(i, "x".repeat(BYTES)));
            }
            counter.await();
            free.countDown();

            StepVerifier.create(Board.tasks(scope, 1 + MESSAGES))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(store.diagnosticCounts().get(DiagnosticCode.RECEIVE_OVERFLOW))
                    .isPositive();
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

    /** Stands between a store and its broker, and counts what the store sends. */
    private static final class Counter implements AutoCloseable {
        final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        private final int target;
        private final AtomicLong missing = new AtomicLong(Long.MAX_VALUE);
        private final CountDownLatch all = new CountDownLatch(1);

        Counter(int target) throws IOException {
            this.target = target;
            daemon(this::accept);
        }

        void expect(long bytes) {
            missing.set(bytes);
        }

        void await() {
            ReceiveOverflowTest.await(all);
        }

        private void accept() {
            while (!listener.isClosed()) {
                try {
                    Socket client = listener.accept();
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                    daemon(() -> pump(client, server, true));
                    daemon(() -> pump(server, client, false));
                } catch (IOException e) {
                    assertThat(listener.isClosed()).isTrue();
                }
            }
        }

        private void pump(Socket from, Socket to, boolean counted) {
            try (from;
                    to;
                    InputStream in = from.getInputStream();
                    OutputStream out = to.getOutputStream()) {
                byte[] buffer = new byte[64 << 10];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    out.write(buffer, 0, read);
                    if (counted && missing.addAndGet(-read) <= 0) {
                        all.countDown();
                    }
                }
            } catch (IOException e) {
                // One side has gone, so the other one goes, too.
            }
        }

        private static void daemon(Runnable task) {
            Thread thread = new Thread(task, "counter");
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
