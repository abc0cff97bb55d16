package io.stitch.reactive.internal.connection;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.internal.ThreadExecutorMap;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.FirstSocket;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** An attempt that is given up, and publishes that are not acknowledged, against a server that speaks as many bytes of MQTT as the test needs. */
class HiveMqConnectorTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final byte CONNECT = 0x10;
    private static final byte DISCONNECT = (byte) 0xE0;
    private static final byte PUBLISH = 0x32;
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};
    /** With Receive Maximum 1. */
    private static final byte[] CONNACK_ONE_AT_A_TIME = {0x20, 6, 0, 0, 3, 0x21, 0, 1};

    private final Sinks.Many<Byte> packets = Sinks.many().unicast().onBackpressureBuffer();
    private final Sinks.One<byte[]> connect = Sinks.one();
    private final Sinks.One<byte[]> connAck = Sinks.one();
    private final Sinks.Empty<Void> hangUp = Sinks.empty();
    private DisposableServer server;

    @BeforeEach
    void start() {
        server = TcpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((inbound, outbound) -> {
                    Sinks.Empty<Void> asked = Sinks.empty();
                    Flux<Void> received = inbound.receive()
                            .asByteArray()
                            .doOnNext(bytes -> {
                                packets.tryEmitNext(bytes[0]);
                                connect.tryEmitValue(bytes);
                                asked.tryEmitEmpty();
                            })
                            .thenMany(Flux.empty());
                    // Answered once it has asked: what it sends then never comes in one piece with its CONNECT.
                    Mono<byte[]> answer = asked.asMono().then(connAck.asMono());
                    return Flux.merge(received, outbound.sendByteArray(answer).then())
                            .takeUntilOther(hangUp.asMono());
                })
                .bindNow();
    }

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    private ConnectRequest request(Duration timeout) {
        return new ConnectRequest(
                ConnectRequest.address("mqtt://127.0.0.1:" + server.port()),
                "c1",
                null,
                timeout,
                Duration.ofSeconds(60));
    }

    @Test
    void aConnectSaysHowMuchTheBrokerMaySendAtOnceAndRoundsTheKeepAliveUp() {
        ConnectRequest request = new ConnectRequest(
                ConnectRequest.address("mqtt://127.0.0.1:" + server.port()),
                "c1",
                null,
                LIMIT,
                Duration.ofMillis(1),
                null,
                null,
                new ReceiveLimits(300, 1_000_000));
        var waiting =
                new HiveMqConnector(Schedulers.parallel()).connect(request).subscribe();

        StepVerifier.create(connect.asMono().map(HiveMqConnectorTest::variableHeader))
                // MQTT 5, 3.1.2: name, version, flags, keep-alive, the length of the properties, Receive Maximum,
                // Maximum Packet Size.
                .expectNext("00044d51545405020001" + "08" + "21012c" + "27000f4240")
                .expectComplete()
                .verify(LIMIT);
        waiting.dispose();
    }

    /** Without the fixed header, as far as the two properties go. */
    private static String variableHeader(byte[] packet) {
        return HexFormat.of().formatHex(packet, 2, 21);
    }

    @Test
    void aConnectionThatComesAboutAfterTheCallerCancelledIsEnded() {
        Mono<MqttConnection> attempt = new HiveMqConnector(Schedulers.parallel()).connect(request(LIMIT));
        var waiting = attempt.subscribe();

        StepVerifier.create(packets.asFlux())
                .expectNext(CONNECT)
                .then(waiting::dispose)
                .then(() -> connAck.tryEmitValue(CONNACK))
                .expectNext(DISCONNECT)
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void aFailureThatComesAfterTheCallerCancelledIsNotReportedAsADefect() {
        server.disposeNow();
        // As in a store, cancelled where failures are told: nothing can be promised to one that another thread cancels.
        Scheduler worker = Schedulers.newSingle("worker");
        MqttConnector connector = new HiveMqConnector(worker);
        Mono<MqttConnection> attempts = connector
                .connect(request(LIMIT))
                .onErrorComplete() // The first one of a process begins later than it is subscribed.
                .publishOn(worker)
                .thenMany(Flux.range(0, 8)
                        .doOnNext(i -> connector
                                .connect(request(LIMIT))
                                .subscribe(connection -> {}, error -> {})
                                .dispose()))
                .then(connector.connect(request(LIMIT)));

        StepVerifier.create(attempts.subscribeOn(worker))
                .expectError(TransportException.class)
                .verifyThenAssertThat(LIMIT)
                .hasNotDroppedErrors();
        worker.dispose();
    }

    @Test
    void aFailureThatComesWhileTheStoreEndsIsNotReportedAsADefect() {
        server.disposeNow();
        EndingScheduler worker = new EndingScheduler();
        Mono<Void> told = FirstSocket.opened().then(Mono.defer(() -> {
            worker.attempt.update(
                    new HiveMqConnector(worker).connect(request(LIMIT)).subscribe(connection -> {}, error -> {}));
            return worker.told.asMono();
        }));

        StepVerifier.create(told).expectComplete().verifyThenAssertThat(LIMIT).hasNotDroppedErrors();
    }

    /** A worker that ends when it is to tell the answer of an attempt, which is cancelled before that. */
    private static final class EndingScheduler implements Scheduler {
        private final Disposable.Swap attempt = Disposables.swap();
        private final Sinks.Empty<Void> told = Sinks.empty();

        @Override
        public Disposable schedule(Runnable task) {
            EventExecutor network = ThreadExecutorMap.currentExecutor();
            if (network == null) { // The attempt begins.
                task.run();
                return Disposables.disposed();
            }
            // When the network thread has done with what it is at.
            network.execute(told::tryEmitEmpty);
            attempt.dispose();
            throw new RejectedExecutionException("The worker has ended.");
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return Disposables.single(); // The timeout.
        }

        @Override
        public Worker createWorker() {
            return Schedulers.immediate().createWorker();
        }
    }

    @Test
    void publishesThatTheBrokerDoesNotTakeYetWaitAndFailWithTheConnection() {
        connAck.tryEmitValue(CONNACK_ONE_AT_A_TIME);
        int many = 200;
        Flux<TransportException.Kind> failures = new HiveMqConnector(Schedulers.parallel())
                .connect(request(LIMIT))
                .flatMapMany(connection -> Flux.merge(
                        Flux.range(0, many).flatMap(i -> failure(connection.publish(message("t/" + i))), many),
                        // Subscribed after all of them.
                        packets.asFlux()
                                .filter(packet -> packet == PUBLISH)
                                .next()
                                .doOnNext(unused -> hangUp.tryEmitEmpty())
                                .then(Mono.empty())));

        StepVerifier.create(failures)
                .expectNextSequence(Collections.nCopies(many, TransportException.Kind.CONNECTION_LOST))
                .expectComplete()
                .verify(LIMIT);
    }

    private static Mono<TransportException.Kind> failure(Mono<?> published) {
        return published
                .then(Mono.<TransportException.Kind>empty())
                .onErrorResume(TransportException.class, failure -> Mono.just(failure.kind()));
    }

    private static OutboundMessage message(String topic) {
        return new OutboundMessage(topic, new byte[1], null, null, List.of());
    }

    @Test
    void aConnectionThatComesAboutAfterTheTimeoutIsEnded() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Sinks.One<Throwable> failed = Sinks.one();
        new HiveMqConnector(time).connect(request(LIMIT)).subscribe(connection -> {}, failed::tryEmitValue);

        StepVerifier.create(packets.asFlux())
                .expectNext(CONNECT)
                .then(() -> time.advanceTimeBy(LIMIT))
                .then(() -> StepVerifier.create(failed.asMono())
                        .expectNextMatches(error -> error instanceof TransportException timeout
                                && timeout.kind() == TransportException.Kind.CONNECT_TIMEOUT)
                        .expectComplete()
                        .verify(LIMIT))
                .then(() -> connAck.tryEmitValue(CONNACK))
                .expectNext(DISCONNECT)
                .thenCancel()
                .verify(LIMIT);
        time.dispose();
    }
}
