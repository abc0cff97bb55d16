package io.stitch.reactive.internal.connection;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.TransportException;
import io.stitch.server.Mosquitto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The transport on the small broker that people really have. */
@EnabledIf(
        value = "io.stitch.server.Mosquitto#isExpected",
        disabledReason = "Mosquitto is not installed here; on a build server it must be.")
class MosquittoTransportTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String TOPIC = "$DB/project/p1/events/created";

    @TempDir
    Path folder;

    @Test
    void whatIsPublishedArrivesInOrderWithItsProperties() {
        try (var broker = Mosquitto.start(folder, "allow_anonymous true")) {
            MqttConnection writer = connect(broker, "writer", null);
            MqttConnection reader = connect(broker, "reader", null);
            var property = new UserProperty("x-origin-client-id", "writer");

            StepVerifier.create(reader.messages().take(100).map(MosquittoTransportTest::text))
                    .then(() -> reader.subscribe(List.of("$DB/project/p1/events/#"))
                            .thenMany(Flux.range(0, 100).concatMap(i -> writer.publish(message(TOPIC, i, property))))
                            .blockLast(LIMIT))
                    .expectNextSequence(Flux.range(0, 100)
                            .map(i -> TOPIC + " " + i + " " + List.of(property))
                            .toIterable())
                    .expectComplete()
                    .verify(LIMIT);
            Mono.when(writer.disconnect(), reader.disconnect()).block(LIMIT);
        }
    }

    @Test
    void aPublishThatNobodyListensToIsASuccessThatSaysSo() {
        try (var broker = Mosquitto.start(folder, "allow_anonymous true")) {
            MqttConnection writer = connect(broker, "writer", null);

            StepVerifier.create(writer.publish(message(TOPIC, 1)))
                    .expectNext(new PublishResult(true))
                    .expectComplete()
                    .verify(LIMIT);
            writer.disconnect().block(LIMIT);
        }
    }

    @Test
    void aSubscriberWithoutDemandHoldsTheBrokerBackAndLosesNothingWithinItsQueue() {
        int count = 500;
        try (var broker = Mosquitto.start(folder, "allow_anonymous true", "max_queued_messages 1000")) {
            MqttConnection writer = connect(broker, "writer", null);
            MqttConnection reader = connect(broker, "reader", null);
            reader.subscribe(List.of("$DB/#")).block(LIMIT);

            StepVerifier.create(reader.messages().map(message -> Integer.parseInt(payload(message))), 1)
                    .then(() -> Flux.range(0, count)
                            .flatMap(i -> writer.publish(message(TOPIC, i)), 20)
                            .blockLast(LIMIT))
                    .expectNextCount(1)
                    .thenRequest(count)
                    .expectNextCount(count - 1)
                    .thenCancel()
                    .verify(LIMIT);
            Mono.when(writer.disconnect(), reader.disconnect()).block(LIMIT);
        }
    }

    @Test
    void aRefusedPublishNamesTheTopic() throws Exception {
        Path rules = Files.writeString(folder.resolve("acl"), "topic read $DB/#\n");
        try (var broker = Mosquitto.start(folder, "allow_anonymous true", "acl_file " + rules)) {
            MqttConnection client = connect(broker, "client", null);

            StepVerifier.create(client.publish(message(TOPIC, 1)))
                    .expectErrorSatisfies(
                            error -> assertRefused(error, TransportException.Kind.REFUSED, 0x87, "'" + TOPIC + "'"))
                    .verify(LIMIT);
            client.disconnect().block(LIMIT);
        }
    }

    @Test
    void aRefusedLoginSaysWhyAndIsNotRetriedByTheClient() throws Exception {
        Path passwords = Files.writeString(folder.resolve("passwords"), "");
        try (var broker = Mosquitto.start(folder, "allow_anonymous false", "password_file " + passwords)) {
            StepVerifier.create(attempt(broker, "client", new Credentials("ada", "wrong")))
                    .expectErrorSatisfies(
                            error -> assertRefused(error, TransportException.Kind.CONNECT_REFUSED, 0x87, "127.0.0.1"))
                    .verify(LIMIT);
        }
    }

    @Test
    void aBrokerThatGoesAwayEndsTheConnectionAndFailsWhatIsOpen() {
        MqttConnection client;
        try (var broker = Mosquitto.start(folder, "allow_anonymous true")) {
            client = connect(broker, "client", null);
            StepVerifier.create(Mono.when(
                            client.messages().then(),
                            client.closed()
                                    .doOnNext(end -> assertThat(end.by()).isNotEqualTo(ConnectionEnd.By.CLIENT))))
                    .then(broker::close)
                    .expectComplete()
                    .verify(LIMIT);
        }
        StepVerifier.create(client.publish(message(TOPIC, 1)))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                TransportException.class,
                                lost -> assertThat(lost.kind()).isEqualTo(TransportException.Kind.CONNECTION_LOST)))
                .verify(LIMIT);
    }

    private static void assertRefused(Throwable error, TransportException.Kind kind, int reasonCode, String message) {
        assertThat(error).hasMessageContaining(message).isInstanceOfSatisfying(TransportException.class, refused -> {
            assertThat(refused.kind()).isEqualTo(kind);
            assertThat(refused.reasonCode()).hasValue(reasonCode);
        });
    }

    private static MqttConnection connect(Mosquitto broker, String clientId, Credentials credentials) {
        return attempt(broker, clientId, credentials).block(LIMIT);
    }

    private static Mono<MqttConnection> attempt(Mosquitto broker, String clientId, Credentials credentials) {
        return new HiveMqConnector(Schedulers.parallel())
                .connect(new ConnectRequest(
                        URI.create(broker.url()), clientId, credentials, LIMIT, Duration.ofSeconds(60)));
    }

    private static OutboundMessage message(String topic, int payload, UserProperty... properties) {
        byte[] bytes = Integer.toString(payload).getBytes(StandardCharsets.UTF_8);
        return new OutboundMessage(topic, bytes, null, null, List.of(properties));
    }

    private static String payload(InboundMessage message) {
        return new String(message.payload(), StandardCharsets.UTF_8);
    }

    private static String text(InboundMessage message) {
        return message.topic() + " " + payload(message) + " " + message.userProperties();
    }
}
