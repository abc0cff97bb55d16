package io.stitch.reactive.internal.local;

import io.stitch.reactive.Rejection;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.wire.Json;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Every subscriber hears of every rejection, and none waits for another. */
class RejectionFeedTest {
    private final List<String> lost = new ArrayList<>();
    private final RejectionFeed feed = new RejectionFeed(Schedulers.immediate(), rejection -> lost.add(rejection.id()));

    private static Rejection rejection(int number) {
        return new Rejection(
                "p1",
                "task",
                "t" + number,
                WriteKind.UPDATE,
                Rejection.Reason.REFUSED,
                new IllegalStateException("refused"),
                Json.object(),
                null,
                null);
    }

    private void tell(int from, int to) {
        for (int i = from; i <= to; i++) {
            feed.tell(rejection(i));
        }
    }

    private List<String> listen() {
        List<String> heard = new ArrayList<>();
        feed.rejections().subscribe(rejection -> heard.add(rejection.id()));
        return heard;
    }

    @Test
    void everySubscriberHearsOfEachInOrder() {
        List<String> first = listen();
        List<String> second = listen();
        tell(1, 3);

        assertThat(first).containsExactly("t1", "t2", "t3");
        assertThat(second).containsExactly("t1", "t2", "t3");
    }

    @Test
    void whatNobodyHeardWaitsForTheNextAlone() {
        tell(1, 2);
        List<String> first = listen();
        List<String> second = listen();

        assertThat(first).containsExactly("t1", "t2");
        assertThat(second).isEmpty();
    }

    @Test
    void whatComesWhileNobodyListensAnyMoreWaitsToo() {
        Disposable gone = feed.rejections().subscribe();
        gone.dispose();
        tell(1, 1);

        assertThat(listen()).containsExactly("t1");
    }

    @Test
    void whatFindsNoPlaceIsCountedAndTheOldestStay() {
        tell(1, RejectionFeed.BOUND + 2);

        assertThat(lost).containsExactly("t257", "t258");
        assertThat(listen()).hasSize(RejectionFeed.BOUND).startsWith("t1").endsWith("t256");
    }

    @Test
    void aSlowSubscriberLosesItsOwnRejectionsOnly() {
        List<String> quick = listen();
        StepVerifier.create(feed.rejections(), 0)
                .then(() -> tell(1, RejectionFeed.BOUND + 1))
                .thenRequest(Long.MAX_VALUE)
                .expectNextCount(RejectionFeed.BOUND)
                .then(feed::complete)
                .verifyComplete();

        assertThat(quick).hasSize(RejectionFeed.BOUND + 1);
        assertThat(lost).containsExactly("t257");
    }
}
