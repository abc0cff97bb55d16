package io.stitch.reactive;

import io.stitch.reactive.MutationResult.Status;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** A store's state has no locks: whatever thread a connection fails on, only the worker acts on it. */
class WritesOnTheWorkerTest {
    @Test
    void aPublishThatFailsOnTheConnectionsThreadIsDealtWithOnTheWorker() {
        ScriptedBroker broker = ScriptedBroker.ofNewServer();
        Sinks.One<PublishResult> acknowledgement = Sinks.one();
        Sinks.Empty<Void> published = Sinks.empty();
        broker.acknowledgement = acknowledgement.asMono().doOnSubscribe(subscription -> published.tryEmitEmpty());
        Scheduler worker = Schedulers.newSingle("the-worker");
        StitchStore store = Board.connect(
                Board.store("mqtt://broker.example").connector(broker).scheduler(worker));
        List<String> threads = new ArrayList<>();

        StepVerifier.create(store.collection(Board.NOTE)
                        .create(new Board.Note("n1", "hi"))
                        .result()
                        .map(MutationResult::status)
                        .doOnNext(status -> threads.add(Thread.currentThread().getName())))
                .then(() -> {
                    published.asMono().block(LIMIT);
                    acknowledgement.tryEmitError(
                            new TransportException(TransportException.Kind.CONNECTION_LOST, -1, "reset", null));
                })
                .expectNext(Status.QUEUED)
                .expectComplete()
                .verify(LIMIT);

        assertThat(threads).singleElement().asString().startsWith("the-worker");
        Board.close(store);
        worker.dispose();
    }
}
