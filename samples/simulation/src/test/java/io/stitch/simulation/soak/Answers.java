package io.stitch.simulation.soak;

import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Whoever waits for something, until they were told, exactly once. Thread-safe. */
final class Answers {
    private final Set<Waiting> open = ConcurrentHashMap.newKeySet();
    private final Problems problems;

    /** Somebody who waits; each is one of its own. */
    private static final class Waiting {
        final String what;
        final AtomicBoolean told = new AtomicBoolean();

        Waiting(String what) {
            this.what = what;
        }
    }

    Answers(Problems problems) {
        this.problems = problems;
    }

    /** {@return what somebody still waits for} */
    List<String> open() {
        return open.stream().map(waiting -> waiting.what).toList();
    }

    /** Subscribes now, on this thread, and demands that the answer comes once. */
    <T> void await(String what, Mono<T> answer, Consumer<T> value, Consumer<Throwable> error, Runnable empty) {
        Waiting waiting = new Waiting(what);
        open.add(waiting);
        answer.subscribe(new CoreSubscriber<T>() {
            private boolean valued;

            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(T each) {
                valued = true;
                value.accept(each);
            }

            @Override
            public void onError(Throwable failure) {
                end(waiting);
                error.accept(failure);
            }

            @Override
            public void onComplete() {
                end(waiting);
                if (!valued) {
                    empty.run();
                }
            }
        });
    }

    <T> void await(String what, Mono<T> answer) {
        await(what, answer, value -> {}, error -> {}, () -> {});
    }

    /** Watches a stream that is to end by itself, unless whoever watches goes away. */
    <T> Disposable watch(String what, Flux<T> stream) {
        Waiting waiting = new Waiting(what);
        open.add(waiting);
        return stream.doFinally(signal -> {
                    if (signal == SignalType.CANCEL) {
                        open.remove(waiting); // A stream may end while it is cancelled.
                    } else {
                        end(waiting);
                    }
                })
                .subscribe(each -> {}, error -> {});
    }

    private void end(Waiting waiting) {
        open.remove(waiting);
        if (!waiting.told.compareAndSet(false, true)) {
            problems.add("told twice: " + waiting.what);
        }
    }
}
