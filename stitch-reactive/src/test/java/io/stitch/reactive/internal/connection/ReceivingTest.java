package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** What the broker delivers faster than it is taken. */
class ReceivingTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long BOUND = 100_000;
    private static final int LARGE = 30_000;

    private final TestPublisher<Mqtt5Publish> broker = TestPublisher.create();
    private final List<String> acknowledged = new ArrayList<>();
    private final Receiving receiving = new Receiving(
            BOUND,
            publish -> new InboundMessage(
                    publish.getTopic().toString(), publish.getPayloadAsBytes(), publish.isRetain(), List.of()));

    private void connect() {
        broker.flux().subscribe(receiving);
    }

    private void deliver(String topic, String name, int bytes) {
        broker.next(publish(topic, name, bytes, () -> acknowledged.add(name)));
    }

    /** The client's own messages are acknowledged in the client, which is not there. */
    private static Mqtt5Publish publish(String topic, String name, int bytes, Runnable acknowledged) {
        byte[] payload = (name + " ".repeat(Math.max(0, bytes - name.length()))).getBytes(StandardCharsets.UTF_8);
        Mqtt5Publish publish = Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload)
                .build();
        return (Mqtt5Publish) Proxy.newProxyInstance(
                ReceivingTest.class.getClassLoader(), new Class<?>[] {Mqtt5Publish.class}, (proxy, method, args) -> {
                    if (method.getName().equals("acknowledge")) {
                        acknowledged.run();
                        return null;
                    }
                    try {
                        return method.invoke(publish, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static String name(InboundMessage message) {
        return message.dropped() == null
                ? new String(message.payload(), StandardCharsets.UTF_8).strip()
                : "%d dropped on %s".formatted(message.dropped().messages(), message.topic());
    }

    @Test
    void aMessageIsAcknowledgedWhenItIsTaken() {
        connect();
        StepVerifier.create(receiving.messages().map(ReceivingTest::name), 0)
                .then(() -> List.of("1", "2", "3").forEach(name -> deliver("a", name, 10)))
                .then(() -> assertThat(acknowledged).isEmpty())
                .thenRequest(1)
                .expectNext("1")
                .then(() -> assertThat(acknowledged).containsExactly("1"))
                .thenRequest(2)
                .expectNext("2", "3")
                .then(() -> assertThat(acknowledged).containsExactly("1", "2", "3"))
                .then(broker::complete)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whatCameBeforeAnybodyWasThereIsTakenAndWhatCameBeforeTheEndToo() {
        connect();
        deliver("a", "early", 10);
        deliver("a", "late", 10);
        broker.complete();

        StepVerifier.create(receiving.messages().map(ReceivingTest::name))
                .expectNext("early", "late")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whatIsBeyondTheBoundIsDroppedAndToldInItsPlace() {
        connect();
        StepVerifier.create(receiving.messages().map(ReceivingTest::name), 0)
                .then(() -> List.of("1", "2", "3").forEach(name -> deliver("a", name, LARGE)))
                .then(() -> assertThat(acknowledged).isEmpty())
                .then(() -> deliver("b", "4", LARGE))
                // The client frees none before those that came earlier are acknowledged, too.
                .then(() -> assertThat(acknowledged).containsExactly("4", "1", "2", "3"))
                .then(() -> deliver("b", "5", LARGE))
                .then(() -> deliver("c", "6", LARGE))
                .then(() -> deliver("a", "small", 10))
                .thenRequest(4)
                .expectNext("1", "2", "3", "2 dropped on b")
                .then(() -> deliver("b", "7", LARGE))
                .thenRequest(10)
                .expectNext("1 dropped on c", "small", "7")
                .then(broker::complete)
                .expectComplete()
                .verify(LIMIT);
        assertThat(acknowledged).containsExactly("4", "1", "2", "3", "5", "6", "small", "7");
    }

    @Test
    void oneMessageMayWaitHoweverLargeItIs() {
        connect();
        StepVerifier.create(receiving.messages().map(ReceivingTest::name), 0)
                .then(() -> deliver("a", "huge", (int) BOUND + 1))
                .then(() -> deliver("a", "next", 10))
                .thenRequest(2)
                .expectNext("huge", "1 dropped on a")
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void whatIsDroppedOnVeryManyTopicsIsToldOnce() {
        connect();
        deliver("a", "1", (int) BOUND);
        IntStream.range(0, 1_000).forEach(i -> deliver("t" + i, "x", 10));
        deliver("t" + "o".repeat(2_000), "x", 10);
        broker.complete();

        List<InboundMessage> all = receiving.messages().collectList().block(LIMIT);

        assertThat(all).hasSize(1 + 256 + 1);
        assertThat(all.get(257).topic()).isEqualTo(InboundMessage.ANY_TOPIC);
        assertThat(all.stream()
                        .filter(each -> each.dropped() != null)
                        .mapToInt(each -> each.dropped().messages())
                        .sum())
                .isEqualTo(1_001);
    }

    @Test
    void smallMessagesAreBoundedByWhatTheyTakeToo() {
        connect();
        IntStream.range(0, 10_000).forEach(i -> deliver("a", "x", 1));
        broker.complete();

        StepVerifier.create(receiving.messages().filter(each -> each.dropped() == null))
                .expectNextCount(BOUND / 514) // Half a kilobyte of objects, the topic and the payload.
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whatCannotBeReadEndsTheMessages() {
        Receiving failing = new Receiving(BOUND, publish -> {
            throw new TransportException(TransportException.Kind.CONNECTION_LOST, -1, "no memory", null);
        });
        broker.flux().subscribe(failing);
        deliver("a", "1", 10);

        StepVerifier.create(failing.messages()).expectErrorMessage("no memory").verify(LIMIT);
        broker.assertCancelled();
    }

    @Test
    void messagesAreForOneSubscriber() {
        connect();
        receiving.messages().subscribe();

        StepVerifier.create(receiving.messages())
                .expectError(IllegalStateException.class)
                .verify(LIMIT);
    }

    @Test
    void betweenThreadsNothingIsLostWithoutAWordAndEverythingIsAcknowledgedOnce() throws InterruptedException {
        int sent = 200_000;
        AtomicInteger acknowledgements = new AtomicInteger();
        AtomicLong given = new AtomicLong();
        AtomicLong missed = new AtomicLong();
        AtomicLong lastName = new AtomicLong(-1);
        AtomicInteger wrongOrder = new AtomicInteger();
        CountDownLatch over = new CountDownLatch(1);
        ExecutorService requesting = Executors.newSingleThreadExecutor();
        BaseSubscriber<InboundMessage> taker = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(InboundMessage message) {
                InboundMessage.Dropped dropped = message.dropped();
                if (dropped == null) {
                    given.incrementAndGet();
                    long name = Long.parseLong(name(message));
                    wrongOrder.addAndGet(lastName.getAndSet(name) < name ? 0 : 1);
                } else {
                    missed.addAndGet(dropped.messages());
                }
                requesting.execute(() -> request(1));
            }

            @Override
            protected void hookFinally(SignalType type) {
                over.countDown();
            }
        };
        receiving.messages().subscribe(taker);
        Flux.range(0, sent)
                .map(i -> publish("t" + i % 3, Integer.toString(i), 200, acknowledgements::incrementAndGet))
                .subscribe(receiving);

        assertThat(over.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(given.get() + missed.get()).isEqualTo(sent);
        assertThat(wrongOrder).hasValue(0);
        // When the broker has ended, nothing is acknowledged any more.
        assertThat(acknowledgements.get()).isBetween(sent - 200, sent);
        requesting.shutdownNow();
    }
}
