package io.stitch.samples.webflux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Who looks at a board is told to all who look, however many come at once. */
class ViewersTest {
    private static final int MANY = 1_000;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Viewers viewers = new Viewers(5_000, JsonMapper.shared(), time);

    @AfterEach
    void dispose() {
        time.dispose();
    }

    private static final class Viewer {
        private final List<BoardEvent.Encoded> told = new ArrayList<>();
        private final Disposable looking;

        Viewer(Viewers viewers, String board, String name) {
            looking = viewers.join(board, name).subscribe(told::add);
        }

        List<Integer> counts() {
            return told.stream().map(each -> watching(each).count()).toList();
        }
    }

    private static BoardEvent.Watching watching(BoardEvent.Encoded told) {
        return (BoardEvent.Watching) told.event();
    }

    private List<Viewer> come(int viewers) {
        return IntStream.range(0, viewers)
                .mapToObj(i -> new Viewer(this.viewers, "p1", "Viewer " + i))
                .toList();
    }

    @Test
    void whoComesIsToldAtOnceWhoIsThere() {
        new Viewer(viewers, "p1", "Ada");
        Viewer ben = new Viewer(viewers, "p1", "Ben");
        assertThat(ben.told)
                .singleElement()
                .extracting(ViewersTest::watching)
                .isEqualTo(new BoardEvent.Watching(2, List.of("Ada", "Ben")));
    }

    @Test
    void thoseWhoAreThereAreToldAtMostTwiceASecondAndTheLastStateAlways() {
        Viewer ada = new Viewer(viewers, "p1", "Ada");
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(ada.counts()).containsExactly(1);

        List<Viewer> others = come(100);
        time.advanceTime();
        assertThat(ada.counts()).hasSizeLessThanOrEqualTo(2);
        time.advanceTimeBy(Viewers.PACE);
        assertThat(ada.counts()).hasSizeLessThanOrEqualTo(3).endsWith(101);

        ada.told.clear();
        for (Viewer other : others) {
            other.looking.dispose();
            time.advanceTimeBy(Duration.ofMillis(50));
        }
        time.advanceTimeBy(Viewers.PACE);
        assertThat(ada.counts())
                .hasSizeBetween(2, 12)
                .isSortedAccordingTo((a, b) -> b - a)
                .endsWith(1);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(ada.counts()).endsWith(1).hasSizeLessThanOrEqualTo(12);
    }

    /** What is written once for each viewer grows with the square of their number. */
    @Test
    void allAreToldTheSameWordsWhichAreWrittenOnce() {
        List<Viewer> all = come(MANY);
        time.advanceTimeBy(Duration.ofSeconds(2));

        Set<BoardEvent.Encoded> written = Collections.newSetFromMap(new IdentityHashMap<>());
        all.forEach(viewer -> written.addAll(viewer.told));
        assertThat(all).allSatisfy(viewer -> {
            assertThat(viewer.counts()).endsWith(MANY).hasSizeLessThanOrEqualTo(4);
            assertThat(watching(viewer.told.get(viewer.told.size() - 1)).names())
                    .hasSize(50);
        });
        assertThat(written).as("one each on arrival, and those for all").hasSizeLessThan(MANY + 5);
    }

    @Test
    void nobodyIsToldOfAnotherBoard() {
        Viewer ada = new Viewer(viewers, "p1", "Ada");
        new Viewer(viewers, "p2", "Ben");
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(ada.counts()).containsExactly(1);
    }

    @Test
    void whoDoesNotReadGetsTheNewest() {
        List<Integer> counts = new ArrayList<>();
        BaseSubscriber<BoardEvent.Encoded> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                subscription.request(1);
            }

            @Override
            protected void hookOnNext(BoardEvent.Encoded told) {
                counts.add(watching(told).count());
            }
        };
        viewers.join("p1", "Ada").subscribe(slow);
        for (int i = 0; i < 10; i++) {
            new Viewer(viewers, "p1", "Viewer " + i);
            time.advanceTimeBy(Duration.ofSeconds(1));
        }
        slow.request(10);
        assertThat(counts).containsExactly(1, 11);
    }

    @Test
    void itsDataIsWrittenAsItWouldBeByItself() {
        BoardEvent.Watching watching = new BoardEvent.Watching(2, List.of("Ada \"the\" first", "Ben\n"));
        assertThat(JsonMapper.shared().writeValueAsString(BoardEvent.Encoded.of(watching, JsonMapper.shared())))
                .isEqualTo("{\"count\":2,\"names\":[\"Ada \\\"the\\\" first\",\"Ben\\n\"]}");
    }
}
