package io.stitch.samples.desktop;

import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javafx.application.Platform;

import static org.assertj.core.api.Assertions.assertThat;

/** Lists on their way to the JavaFX thread. */
@ExtendWith(WindowSystem.class)
class LiveListFeedTest {
    @Test
    void aBusyWindowHoldsOneListAndThenGetsTheNewest() throws InterruptedException {
        Sinks.Many<List<Integer>> source = Sinks.many().unicast().onBackpressureBuffer();
        AtomicLong asked = new AtomicLong();
        List<List<Integer>> shown = new ArrayList<>();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        Platform.runLater(() -> {
            busy.countDown();
            try {
                free.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        busy.await();
        Flux<List<Integer>> conflating = source.asFlux().onBackpressureLatest().doOnRequest(asked::addAndGet);

        try {
            StepVerifier.create(LiveList.feed(conflating, shown::add))
                    .then(() -> {
                        for (int i = 1; i <= 1_000; i++) {
                            source.tryEmitNext(List.of(i));
                        }
                        assertThat(asked).hasValue(1);
                        free.countDown();
                    })
                    .expectNext(List.of(1))
                    .expectNext(List.of(1_000))
                    .then(source::tryEmitComplete)
                    .expectComplete()
                    .verify(Fx.PATIENCE);
        } finally {
            free.countDown();
        }
        assertThat(shown).containsExactly(List.of(1), List.of(1_000));
    }

    @Test
    void theNewestOfTwoStreamsComeTogetherHoweverSlowTheirConsumerIs() {
        Sinks.Many<Integer> numbers = Sinks.many().unicast().onBackpressureBuffer();
        Sinks.Many<String> letters = Sinks.many().unicast().onBackpressureBuffer();
        Flux<String> both = LiveList.newestOfBoth(
                numbers.asFlux().onBackpressureLatest(),
                letters.asFlux().onBackpressureLatest(),
                (number, letter) -> number + letter);

        TestSubscriber<String> slow = TestSubscriber.builder().initialRequest(1).build();
        both.subscribe(slow);
        for (int i = 1; i <= 100; i++) {
            numbers.tryEmitNext(i);
            letters.tryEmitNext(i == 100 ? "z" : "a");
        }
        assertThat(slow.getReceivedOnNext()).containsExactly("1a");
        slow.request(100);
        assertThat(slow.getReceivedOnNext()).hasSizeLessThan(8).last().isEqualTo("100z");
        numbers.tryEmitComplete();
        letters.tryEmitComplete();
        assertThat(slow.isTerminatedComplete()).isTrue();
    }

    @Test
    void listsAreShownOnTheJavaFxThread() {
        List<Boolean> threads = new ArrayList<>();
        StepVerifier.create(LiveList.feed(
                        Flux.just(List.of(1), List.of(2)), list -> threads.add(Platform.isFxApplicationThread())))
                .expectNextCount(2)
                .expectComplete()
                .verify(Fx.PATIENCE);
        assertThat(threads).containsExactly(true, true);
    }

    @Test
    void elementsAreMadeBeforeTheJavaFxThreadHasThem() {
        List<Boolean> asked = Collections.synchronizedList(new ArrayList<>());
        LiveList<Integer, Integer> list = new LiveList<>(row -> {
            asked.add(Platform.isFxApplicationThread());
            return row.record();
        });
        StepVerifier.create(list.follow(Flux.just(
                                found(List.of(), List.of(1, 2, 3)), found(List.of(1, 2, 3), List.of(1, 3, 4))))
                        .map(QueryResult::records))
                .expectNext(List.of(1, 2, 3))
                .expectNext(List.of(1, 3, 4))
                .expectComplete()
                .verify(Fx.PATIENCE);
        assertThat(asked).hasSize(4).containsOnly(false);
        assertThat(Fx.call(() -> List.copyOf(list))).containsExactly(1, 3, 4);
    }

    private static QueryResult<Integer> found(List<Integer> before, List<Integer> now) {
        return Found.after(before, now, number -> number);
    }

    /** Whoever leaves a board out of sight and comes back must see all of it. */
    @Test
    void aListThatWasClearedMeanwhileIsFollowedAllTheSame() {
        LiveList<Integer, Integer> list = new LiveList<>(RecordRow::record);
        Sinks.Many<QueryResult<Integer>> source = Sinks.many().unicast().onBackpressureBuffer();
        StepVerifier.create(list.follow(source.asFlux()).map(QueryResult::records))
                .then(() -> source.tryEmitNext(found(List.of(), List.of(1, 2, 3))))
                .expectNext(List.of(1, 2, 3))
                .then(() -> Fx.run(list::clear))
                .then(() -> source.tryEmitNext(found(List.of(1, 2, 3), List.of(1, 3))))
                .expectNext(List.of(1, 3))
                .then(source::tryEmitComplete)
                .expectComplete()
                .verify(Fx.PATIENCE);
        assertThat(Fx.call(() -> List.copyOf(list))).containsExactly(1, 3);
    }
}
