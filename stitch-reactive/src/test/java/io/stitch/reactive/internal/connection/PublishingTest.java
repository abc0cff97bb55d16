package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import io.reactivex.Flowable;
import io.reactivex.processors.PublishProcessor;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** One flow of publishes, against an MQTT client whose answers the test gives. */
class PublishingTest {
    private final OpenAnswers answers = new OpenAnswers();
    private final List<Mqtt5Publish> taken = new ArrayList<>();
    private final PublishProcessor<Mqtt5PublishResult> results = PublishProcessor.create();
    private int flows;
    private final Publishing publishing = new Publishing(this::client);

    private record Result(Mqtt5Publish publish) implements Mqtt5PublishResult {
        @Override
        public Mqtt5Publish getPublish() {
            return publish;
        }

        @Override
        public Optional<Throwable> getError() {
            return Optional.empty();
        }
    }

    private Flowable<Mqtt5PublishResult> client(Flowable<Mqtt5Publish> publishes) {
        flows++;
        var unused = publishes.subscribe(taken::add);
        return results;
    }

    private static Mqtt5Publish publish(String topic) {
        return Mqtt5Publish.builder().topic(topic).build();
    }

    private Mono<Mqtt5Publish> published(Mqtt5Publish publish) {
        return answers.<Mqtt5PublishResult, Mqtt5Publish>to(
                answer -> publishing.send(publish, answer), Mqtt5PublishResult::getPublish, error -> error);
    }

    private void acknowledge(int index) {
        results.onNext(new Result(taken.get(index)));
    }

    @Test
    void allGoIntoOneFlowAndEachHearsOfItself() {
        StepVerifier.create(Flux.merge(published(publish("a")), published(publish("b")), published(publish("c"))))
                .then(() -> acknowledge(1))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(1)))
                .then(() -> acknowledge(0))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(0)))
                .then(() -> acknowledge(2))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(2)))
                .verifyComplete();
        assertThat(flows).isEqualTo(1);
    }

    @Test
    void equalMessagesAreNotTakenForEachOther() {
        StepVerifier.create(Flux.merge(published(publish("same")), published(publish("same"))))
                .then(() -> acknowledge(1))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(1)))
                .then(() -> acknowledge(0))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(0)))
                .verifyComplete();
    }

    @Test
    void whoDoesNotWaitAnyMoreIsNotTold() {
        StepVerifier.create(published(publish("a"))).thenCancel().verify();
        StepVerifier.create(published(publish("b")))
                .then(() -> acknowledge(0))
                .then(() -> acknowledge(1))
                .assertNext(heard -> assertThat(heard).isSameAs(taken.get(1)))
                .verifyComplete();
    }

    @Test
    void ifTheClientTakesNoMoreAllFailThoseToComeToo() {
        StepVerifier.create(published(publish("a")))
                .then(() -> results.onError(new IllegalStateException("not connected")))
                .verifyErrorMessage("not connected");
        StepVerifier.create(published(publish("b"))).verifyErrorMessage("not connected");
    }

    @Test
    void norIsAnybodyLeftWaitingIfTheClientEndsWithoutAWord() {
        StepVerifier.create(published(publish("a")))
                .then(results::onComplete)
                .verifyErrorMessage("The MQTT client takes no more publishes on this connection.");
    }

    @Test
    void oneMoreThanThereArePacketIdentifiersIsRefused() {
        for (int i = 0; i < Publishing.MOST_OPEN; i++) {
            published(publish("a")).subscribe();
        }

        StepVerifier.create(published(publish("b")))
                .verifyErrorMatches(error -> error instanceof TransportException refused
                        && refused.kind() == TransportException.Kind.REFUSED
                        && refused.reasonCode().getAsInt() == 0x97
                        && refused.getMessage().contains("'b'"));
        acknowledge(7);
        StepVerifier.create(published(publish("c")))
                .then(() -> acknowledge(Publishing.MOST_OPEN))
                .expectNextCount(1)
                .verifyComplete();
    }

    @Test
    void theEndLetsGoOfTheClient() {
        published(publish("a")).subscribe();
        assertThat(results.hasSubscribers()).isTrue();

        publishing.end();

        assertThat(results.hasSubscribers()).isFalse();
    }
}
