package io.stitch.reactive.internal.intake;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever is being read when: what is about a set of records is taken in the order in which it was handed over, and all of it is. */
class InOrderProperties {
    private static final List<String> SCOPES = List.of("a", "b", "c");

    /** Something happens: submissions are handed over, reading begins or ends, the worker has a turn. */
    private interface Step {
        void happen(Run run);
    }

    private static final class Run {
        private final Deque<Runnable> tasks = new ArrayDeque<>();
        private final Set<String> loading = new HashSet<>();
        private final List<Submission> submitted = new ArrayList<>();
        private final List<Submission> taken = new ArrayList<>();
        private final InOrder order = new InOrder(new TurnByTurn(tasks), 1_000, false, new InOrder.Taker() {
            @Override
            public void take(Submission submission) {
                taken.add(submission);
            }

            @Override
            public void taken() {}
        });

        Run() {
            order.waitFor(loading::contains);
        }

        void submit(Set<String> scopes) {
            Caller caller = new Caller(result -> {}, error -> {}); // Makes it unlike any other.
            Submission submission = new Submission(List.of(), List.of(caller), null, List.copyOf(scopes), null);
            submitted.add(submission);
            order.submit(submission);
        }

        void begin(String scope) {
            loading.add(scope);
        }

        void end(String scope) {
            loading.remove(scope);
            order.loaded();
        }

        void turn() {
            Runnable next = tasks.poll();
            if (next != null) {
                next.run();
            }
        }

        List<Integer> places(String scope) {
            return taken.stream()
                    .filter(submission -> submission.scopes().contains(scope))
                    .map(submitted::indexOf)
                    .toList();
        }
    }

    private record TurnByTurn(Deque<Runnable> tasks) implements Scheduler {
        @Override
        public Disposable schedule(Runnable task) {
            tasks.add(task);
            return Disposables.disposed();
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException("nobody needs a worker of this worker");
        }
    }

    @Property
    void eachSetOfRecordsSeesItsWritesInOrder(@ForAll("steps") List<Step> steps) {
        Run run = new Run();
        steps.forEach(step -> step.happen(run));
        SCOPES.forEach(run::end);
        while (!run.tasks.isEmpty()) {
            run.turn();
        }

        assertThat(run.taken).hasSameSizeAs(run.submitted);
        for (String scope : SCOPES) {
            assertThat(run.places(scope)).isSorted();
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<String> scope = Arbitraries.of(SCOPES);
        Arbitrary<Step> submit = scope.set().ofMinSize(1).map(scopes -> run -> run.submit(scopes));
        Arbitrary<Step> begin = scope.map(one -> run -> run.begin(one));
        Arbitrary<Step> end = scope.map(one -> run -> run.end(one));
        Arbitrary<Step> turn = Arbitraries.just(Run::turn);
        return Arbitraries.oneOf(submit, submit, begin, end, turn).list().ofMaxSize(30);
    }
}
