package io.stitch.reactive.internal.intake;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;

import static org.assertj.core.api.Assertions.assertThat;

class InOrderTest {
    private final List<Submission> taken = new ArrayList<>();
    private final List<Throwable> told = new ArrayList<>();
    private Runnable before = () -> {};
    private final InOrder order = new InOrder(new EndedWorker(), 10, false, new InOrder.Taker() {
        @Override
        public void take(Submission submission) {
            taken.add(submission);
        }

        @Override
        public void taken() {}
    });

    /** A worker that ends while somebody hands something over to it. */
    private final class EndedWorker implements Scheduler {
        @Override
        public Disposable schedule(Runnable task) {
            before.run();
            throw Exceptions.failWithRejected();
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException("nobody needs a worker of this worker");
        }
    }

    private Submission write() {
        return new Submission(List.of(), List.of(new Caller(result -> {}, told::add)), null, List.of("p1"), null);
    }

    @Test
    void aWriteThatWasTakenAtTheLastMomentIsNotRefusedToo() {
        before = order::close;
        Submission write = write();
        order.submit(write);

        assertThat(taken).containsExactly(write);
        assertThat(told).isEmpty();
    }

    @Test
    void aTaskThatWasRunAtTheLastMomentIsNotRefusedToo() {
        before = order::close;
        StepVerifier.create(Mono.fromSupplier(() -> "done").subscribeOn(order))
                .expectNext("done")
                .expectComplete()
                .verify();
    }

    @Test
    void whatComesAfterTheWorkerHasEndedIsRefused() {
        order.submit(write());
        StepVerifier.create(Mono.fromSupplier(() -> "done").subscribeOn(order))
                .expectError(RejectedExecutionException.class)
                .verify();

        assertThat(taken).isEmpty();
        assertThat(told).hasSize(1);
    }

    /** A worker that has one more turn, and then ends. */
    private static final class LastTurn implements Scheduler {
        private @Nullable Runnable turn;

        @Override
        public Disposable schedule(Runnable task) {
            if (turn != null) {
                throw Exceptions.failWithRejected();
            }
            turn = task;
            return Disposables.disposed();
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException("nobody needs a worker of this worker");
        }
    }

    @Test
    void whatWaitsForItsRecordsIsRefusedWhenTheWorkerEndsMeanwhile() {
        LastTurn worker = new LastTurn();
        InOrder waiting = new InOrder(worker, 10, false, new InOrder.Taker() {
            @Override
            public void take(Submission submission) {
                taken.add(submission);
            }

            @Override
            public void taken() {}
        });
        waiting.waitFor(scope -> true);
        waiting.submit(write());
        Objects.requireNonNull(worker.turn).run();
        assertThat(told).isEmpty();

        waiting.loaded();
        assertThat(taken).isEmpty();
        assertThat(told).hasSize(1);
    }
}
