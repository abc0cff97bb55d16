package io.stitch.reactive.internal.records;

import io.stitch.reactive.MutationOverflowException;
import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.spi.RecordChange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import static io.stitch.reactive.internal.records.Changes.created;
import static io.stitch.reactive.internal.records.Changes.deleted;
import static io.stitch.reactive.internal.records.Changes.tasks;
import static io.stitch.reactive.internal.records.Changes.text;
import static io.stitch.reactive.internal.records.Changes.updated;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class ChangeHubTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ChangeHub hub = new ChangeHub();
    private final Scheduler here = Schedulers.immediate();
    private final Scheduler worker = Schedulers.newSingle("hub-test");

    @AfterEach
    void stopWorker() {
        worker.dispose();
    }

    // Conflated

    @Test
    void theSnapshotComesFirstAsStoredThenTheChanges() {
        StepVerifier.create(hub.conflated(() -> tasks(2), here, this).map(c -> c.origin() + " " + text(c)))
                .expectNext("STORED CREATED t0 v1", "STORED CREATED t1 v1")
                .then(() -> hub.emit(updated("t0", 2)))
                .expectNext("REMOTE UPDATED t0 v2")
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void anUndeliveredChangeIsFoldedAndKeepsItsPlace() {
        Probe probe = subscribe(Flux.defer(() -> hub.conflated(List::of, here, this)), 0);
        hub.emit(created("a", 1));
        hub.emit(updated("b", 1));
        hub.emit(created("c", 1));
        hub.emit(updated("a", 2));
        hub.emit(deleted("c", 2));
        hub.emit(deleted("b", 2));
        hub.emit(created("b", 3));

        probe.request(10);

        assertThat(probe.texts()).containsExactly("CREATED a v2", "UPDATED b v3");
        assertThat(hub.conflatedCount()).isEqualTo(4);
    }

    @Test
    void oneItemIsDeliveredPerItemRequested() {
        Probe probe = subscribe(hub.conflated(() -> tasks(3), here, this), 1);
        assertThat(probe.received).hasSize(1);
        probe.request(1);
        assertThat(probe.received).hasSize(2);
        hub.emit(updated("t0", 2));
        assertThat(probe.received).hasSize(2);
        probe.request(5);
        assertThat(probe.texts()).containsExactly("CREATED t0 v1", "CREATED t1 v1", "CREATED t2 v1", "UPDATED t0 v2");
        hub.emit(updated("t1", 2));
        assertThat(probe.received).hasSize(5);
    }

    @Test
    void aMillionChangesTakeASlowSubscriberNoMoreThanOnePerRecord() {
        int records = 1_000;
        Map<String, Long> copy = new HashMap<>();
        Probe slow = subscribe(hub.conflated(() -> tasks(records), here, this), 1);
        AtomicInteger fast = new AtomicInteger();
        hub.conflated(List::of, here, this).subscribe(change -> fast.incrementAndGet());

        int most = 0;
        for (int i = 0; i < 1_000_000; i++) {
            hub.emit(updated("t" + i % records, i));
            if (i % 10_000 == 0) {
                slow.request(1);
                most = Math.max(most, slow.buffered());
            }
        }

        assertThat(most).isPositive().isLessThanOrEqualTo(records);
        assertThat(slow.buffered()).isLessThanOrEqualTo(records);
        assertThat(fast).hasValue(1_000_000);
        while (slow.buffered() > 0) {
            slow.request(1);
        }
        slow.received.forEach(
                change -> copy.put(change.record().id(), change.record().version()));
        assertThat(copy).hasSize(records);
        copy.forEach((id, version) -> assertThat(version).isEqualTo(999_000 + Integer.parseInt(id.substring(1))));
        assertThat(slow.received).hasSizeLessThan(records * 3);
    }

    @Test
    void aSubscriberThatNeverAsksDoesNotDisturbOthers() {
        Probe stuck = subscribe(hub.conflated(List::of, here, this), 0);
        Probe stuckMutations = subscribe(hub.mutations(1, here, this), 0);

        StepVerifier.create(hub.conflated(List::of, here, this).map(Changes::text))
                .then(() -> {
                    for (int i = 0; i < 5; i++) {
                        hub.emit(updated("a", i));
                    }
                })
                .expectNext("UPDATED a v0", "UPDATED a v1", "UPDATED a v2", "UPDATED a v3", "UPDATED a v4")
                .thenCancel()
                .verify(PATIENCE);

        assertThat(stuck.buffered()).isEqualTo(1);
        assertThat(stuckMutations.received).isEmpty();
    }

    @Test
    void cancellingFreesTheMemoryAndDeregisters() {
        Probe probe = subscribe(hub.conflated(() -> tasks(100), here, this), 1);
        assertThat(hub.subscriberCount()).isEqualTo(1);
        assertThat(probe.buffered()).isEqualTo(99);

        probe.cancel();
        hub.emit(updated("t0", 2));
        probe.inner.request(10);
        probe.inner.request(-1);

        assertThat(hub.subscriberCount()).isZero();
        assertThat(probe.buffered()).isZero();
        assertThat(probe.scan(Scannable.Attr.CANCELLED)).isTrue();
        assertThat(probe.received).hasSize(1);
        assertThat(probe.error).isNull();
    }

    @Test
    void cancellingInsideOnNextStopsTheDelivery() {
        StepVerifier.create(hub.conflated(() -> tasks(100), here, this).take(3))
                .expectNextCount(3)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(hub.subscriberCount()).isZero();
    }

    @Test
    void aSubscriberThatCancelsBeforeItsRegistrationIsNeverRegistered() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        Scheduler later = Schedulers.fromExecutor(tasks::add);
        Probe conflated = subscribe(hub.conflated(() -> tasks(1), later, this), 1);
        Probe mutations = subscribe(hub.mutations(1, later, this), 1);
        conflated.cancel();
        mutations.cancel();

        tasks.forEach(Runnable::run);

        assertThat(hub.subscriberCount()).isZero();
        assertThat(conflated.received).isEmpty();
    }

    @Test
    void registrationHappensOnTheWorkerSoAnEarlierChangeIsOnlyInTheSnapshot() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        Scheduler later = Schedulers.fromExecutor(tasks::add);
        Probe conflated = subscribe(hub.conflated(() -> tasks(1), later, this), 10);
        Probe mutations = subscribe(hub.mutations(10, later, this), 10);
        hub.emit(created("t0", 1));
        assertThat(hub.subscriberCount()).isZero();

        tasks.forEach(Runnable::run);
        hub.emit(updated("t0", 2));

        assertThat(hub.subscriberCount()).isEqualTo(2);
        assertThat(conflated.texts()).containsExactly("CREATED t0 v1", "UPDATED t0 v2");
        assertThat(mutations.texts()).containsExactly("UPDATED t0 v2");
    }

    @Test
    void requestingOneByOneInsideOnNextDoesNotRecurse() {
        AtomicInteger received = new AtomicInteger();
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        hub.conflated(() -> tasks(200_000), here, this).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(RecordChange change) {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                received.incrementAndGet();
                request(1);
                depth.decrementAndGet();
            }
        });

        assertThat(received).hasValue(200_000);
        assertThat(deepest).hasValue(1);
    }

    @Test
    void aChangeEmittedInsideOnNextComesAfterTheOneBeingDelivered() {
        List<String> log = new ArrayList<>();
        hub.conflated(() -> tasks(1), here, this).subscribe(change -> {
            log.add("> " + text(change));
            if (change.operation() == Operation.CREATED) {
                hub.emit(updated("t0", 2));
            }
            log.add("< " + text(change));
        });

        assertThat(log).containsExactly("> CREATED t0 v1", "< CREATED t0 v1", "> UPDATED t0 v2", "< UPDATED t0 v2");
    }

    @Test
    void requestingLessThanOneIsAnError() {
        for (long wrong : new long[] {0, -1}) {
            Probe probe = subscribe(hub.conflated(() -> tasks(5), here, this), 1);
            probe.inner.request(wrong);
            assertThat(probe.error).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3.9");
            assertThat(probe.buffered()).isZero();
            assertThat(hub.subscriberCount()).isZero();
        }
    }

    @Test
    void requestsBeyondTheLargestNumberMeanUnbounded() {
        Probe probe = subscribe(hub.conflated(() -> tasks(2), here, this), Long.MAX_VALUE - 1);
        probe.request(Long.MAX_VALUE - 1);
        hub.emit(updated("t0", 2));

        assertThat(probe.received).hasSize(3);
        assertThat(probe.error).isNull();
        assertThat(probe.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aSnapshotThatThrowsIsTheSubscribersError() {
        hub.conflated(List::of, here, this).subscribe();
        StepVerifier.create(hub.conflated(
                        () -> {
                            throw new IllegalStateException("no snapshot");
                        },
                        here,
                        this))
                .expectErrorMessage("no snapshot")
                .verify(PATIENCE);
        assertThat(hub.subscriberCount()).isEqualTo(1);
    }

    // Completion

    @Test
    void completionWaitsForThePendingChanges() {
        Probe conflated = subscribe(hub.conflated(() -> tasks(2), here, this), 0);
        Probe mutations = subscribe(hub.mutations(10, here, this), 0);
        hub.emit(updated("t0", 2));
        hub.complete();
        assertThat(hub.subscriberCount()).isZero();
        assertThat(conflated.completed || mutations.completed).isFalse();

        conflated.request(1);
        assertThat(conflated.completed).isFalse();
        conflated.request(1);
        mutations.request(1);

        assertThat(conflated.texts()).containsExactly("CREATED t0 v2", "CREATED t1 v1");
        assertThat(mutations.texts()).containsExactly("UPDATED t0 v2");
        assertThat(conflated.completed && mutations.completed).isTrue();
    }

    @Test
    void completionNeedsNoRequest() {
        Probe probe = subscribe(hub.conflated(List::of, here, this), 0);
        hub.complete();
        assertThat(probe.completed).isTrue();
    }

    @Test
    void aCompletedHubCompletesLaterSubscribersAtOnce() {
        Scheduler stopped = Schedulers.newSingle("stopped");
        stopped.dispose();
        hub.complete();

        StepVerifier.create(hub.conflated(() -> tasks(1), stopped, this)).verifyComplete();
        StepVerifier.create(hub.mutations(1, stopped, this)).verifyComplete();
    }

    @Test
    void anOwnerCompletesOnlyItsOwnSubscribers() {
        Probe mine = subscribe(hub.conflated(List::of, here, "mine"), 1);
        Probe mineToo = subscribe(hub.mutations(1, here, "mine"), 1);
        Probe theirs = subscribe(hub.conflated(List::of, here, "theirs"), 1);
        Probe theirsToo = subscribe(hub.mutations(1, here, "theirs"), 1);

        hub.complete("mine");
        hub.emit(created("a", 1));

        assertThat(mine.completed && mineToo.completed).isTrue();
        assertThat(mine.received).isEmpty();
        assertThat(theirs.texts()).containsExactly("CREATED a v1");
        assertThat(theirsToo.texts()).containsExactly("CREATED a v1");
        assertThat(theirs.completed || theirsToo.completed).isFalse();
        assertThat(hub.subscriberCount()).isEqualTo(2);
    }

    @Test
    void aStoppedWorkerIsTheSubscribersError() {
        worker.dispose();
        StepVerifier.create(hub.conflated(List::of, worker, this)).verifyError(RejectedExecutionException.class);
        StepVerifier.create(hub.mutations(1, worker, this)).verifyError(RejectedExecutionException.class);
    }

    // Mutations

    @Test
    void everyChangeComesInOrder() {
        StepVerifier.create(hub.mutations(8, here, this).map(Changes::text))
                .then(() -> {
                    hub.emit(created("a", 1));
                    hub.emit(updated("a", 2));
                    hub.emit(deleted("a", 3));
                    hub.complete();
                })
                .expectNext("CREATED a v1", "UPDATED a v2", "DELETED a v3")
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anOverflowDeliversWhatIsBufferedThenSaysWhatToDo() {
        Probe probe = subscribe(hub.mutations(3, here, this), 0);
        Probe other = subscribe(hub.mutations(10, here, this), 0);
        for (int i = 0; i < 5; i++) {
            hub.emit(updated("a", i));
        }
        assertThat(hub.subscriberCount()).isEqualTo(1);
        assertThat(probe.error).isNull();

        probe.request(10);
        other.request(10);

        assertThat(probe.texts()).containsExactly("UPDATED a v0", "UPDATED a v1", "UPDATED a v2");
        assertThat(probe.error)
                .isInstanceOfSatisfying(
                        MutationOverflowException.class,
                        e -> assertThat(e.buffered()).isEqualTo(3))
                .hasMessageContaining("3 undelivered changes")
                .hasMessageContaining("larger buffer")
                .hasMessageContaining("conflated");
        assertThat(other.received).hasSize(5);
    }

    @Test
    void aBufferOfLessThanOneIsRefused() {
        assertThatThrownBy(() -> hub.mutations(0, here, this))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 1");
    }

    @Test
    void cancellingMutationsDeregisters() {
        Probe probe = subscribe(hub.mutations(3, here, this), 1);
        probe.cancel();
        assertThat(hub.subscriberCount()).isZero();
    }

    // Subscribers that throw

    @Test
    void aSubscriberThatThrowsGetsItsErrorAndDisturbsNoOther() {
        Probe throwing = new Probe(2, change -> {
            throw new IllegalStateException("at " + text(change));
        });
        Probe throwingMutations = new Probe(2, change -> {
            throw new IllegalStateException("at " + text(change));
        });
        hub.conflated(List::of, here, this).subscribe(throwing);
        hub.mutations(8, here, this).subscribe(throwingMutations);
        Probe other = subscribe(hub.conflated(List::of, here, this), 10);
        Probe otherMutations = subscribe(hub.mutations(8, here, this), 10);

        hub.emit(created("a", 1));
        hub.emit(updated("a", 2));

        assertThat(throwing.error).hasMessage("at CREATED a v1");
        assertThat(throwing.received).hasSize(1);
        assertThat(throwingMutations.received).hasSize(1);
        assertThat(other.received).hasSize(2);
        assertThat(otherMutations.received).hasSize(2);
        assertThat(hub.subscriberCount()).isEqualTo(2);
    }

    @Test
    void aSubscriberThatThrowsFromOnErrorOrOnCompleteDisturbsNoOther() {
        hub.conflated(List::of, here, this)
                .subscribe(
                        new Probe(2, change -> {
                            throw new IllegalStateException("next");
                        }) {
                            @Override
                            public void onError(Throwable e) {
                                throw new IllegalStateException("error", e);
                            }
                        });
        hub.conflated(List::of, here, this).subscribe(new Probe(2, change -> {}) {
            @Override
            public void onComplete() {
                throw new IllegalStateException("complete");
            }
        });
        Probe other = subscribe(hub.conflated(List::of, here, this), 10);

        hub.emit(created("a", 1));
        hub.complete();

        assertThat(other.received).hasSize(1);
        assertThat(other.completed).isTrue();
    }

    @Test
    void anErrorStrategyOfTheSubscriberLetsItGoOn() {
        List<String> good = new ArrayList<>();
        Probe probe = new Probe(Long.MAX_VALUE, change -> {
            if (change.record().version() == 1) {
                throw new IllegalStateException("first");
            }
            good.add(text(change));
        });
        hub.conflated(List::of, here, this).onErrorContinue((e, change) -> {}).subscribe(probe);

        hub.emit(created("a", 1));
        hub.emit(updated("a", 2));

        assertThat(good).containsExactly("UPDATED a v2");
        assertThat(probe.error).isNull();
    }

    // Threads

    @Test
    void requestsFromAnotherThreadLoseAndRepeatNothing() throws InterruptedException {
        int changes = 200_000;
        int records = 100;
        Map<String, Long> copy = new HashMap<>();
        CountDownLatch done = new CountDownLatch(1);
        Flux.defer(() -> hub.conflated(() -> tasks(records), worker, this))
                .publishOn(Schedulers.parallel(), 1)
                .doOnComplete(done::countDown)
                .subscribe(change -> {
                    Long earlier =
                            copy.put(change.record().id(), change.record().version());
                    assertThat(earlier == null).isEqualTo(change.operation() == Operation.CREATED);
                    assertThat(earlier == null || earlier < change.record().version())
                            .isTrue();
                });
        worker.schedule(() -> {
            for (int i = 0; i < changes; i++) {
                hub.emit(updated("t" + i % records, 10 + i));
            }
            hub.complete();
        });

        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(copy).hasSize(records);
        copy.forEach((id, version) ->
                assertThat(version).isEqualTo(10 + changes - records + Integer.parseInt(id.substring(1))));
    }

    @Test
    void cancellingFromOtherThreadsWhileChangesPassLeavesNobodyRegistered() throws InterruptedException {
        int subscribers = 2_000;
        CountDownLatch cancelled = new CountDownLatch(subscribers);
        Scheduler others = Schedulers.parallel();
        for (int i = 0; i < subscribers; i++) {
            Probe probe = subscribe(
                    i % 2 == 0 ? hub.conflated(() -> tasks(10), worker, this) : hub.mutations(4, worker, this), 5);
            worker.schedule(() -> hub.emit(updated("t1", 2)));
            others.schedule(() -> {
                probe.cancel();
                cancelled.countDown();
            });
        }
        assertThat(cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        CountDownLatch idle = new CountDownLatch(1);
        worker.schedule(idle::countDown);
        assertThat(idle.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(hub.subscriberCount()).isZero();
    }

    private static Probe subscribe(Flux<RecordChange> changes, long request) {
        Probe probe = new Probe(request, change -> {});
        changes.subscribe(probe);
        return probe;
    }

    /** A bare subscriber, without the protection that Reactor's own ones have. */
    private static class Probe implements CoreSubscriber<RecordChange> {
        final List<RecordChange> received = new ArrayList<>();
        final long first;
        final Consumer<RecordChange> action;
        Subscription inner = Operators.emptySubscription();

        @Nullable
        Throwable error;

        boolean completed;

        Probe(long first, Consumer<RecordChange> action) {
            this.first = first;
            this.action = action;
        }

        @Override
        public Context currentContext() {
            return Context.empty();
        }

        @Override
        public void onSubscribe(Subscription s) {
            inner = s;
            if (first > 0) {
                s.request(first);
            }
        }

        @Override
        public void onNext(RecordChange change) {
            received.add(change);
            action.accept(change);
        }

        @Override
        public void onError(Throwable e) {
            error = e;
        }

        @Override
        public void onComplete() {
            completed = true;
        }

        void request(long n) {
            inner.request(n);
        }

        void cancel() {
            inner.cancel();
        }

        int buffered() {
            return Scannable.from(inner).scanOrDefault(Scannable.Attr.BUFFERED, 0);
        }

        <T> @Nullable T scan(Scannable.Attr<T> attr) {
            return Scannable.from(inner).scan(attr);
        }

        List<String> texts() {
            return received.stream().map(Changes::text).toList();
        }
    }
}
