package io.stitch.reactive.internal.connection;

import io.reactivex.FlowableSubscriber;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The answers that are waited for on one connection: all of them fail when it ends, for none comes after that, whatever the client's
 * queues still hold. One set for the connection, because an operator that races each answer against the end costs more than the
 * publish itself. Any thread.
 */
final class OpenAnswers {
    private final Set<Answer<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable TransportException end;

    /**
     * Asks and waits. Cold.
     *
     * @param question asks, and emits at most one answer
     * @param read what the answer means; may throw
     * @param explain what a failure means
     * @return what the answer means; empty if the question completes without one
     */
    <T, R> Mono<R> to(
            Supplier<? extends Publisher<T>> question, Function<T, R> read, Function<Throwable, Throwable> explain) {
        return to(answer -> question.get().subscribe(answer), read, explain);
    }

    /**
     * Asks and waits. Cold.
     *
     * @param question asks, and gives what it hears to the answer
     * @param read what the answer means; may throw
     * @param explain what a failure means
     * @return what the answer means; empty if the question completes without one
     */
    <T, R> Mono<R> to(Consumer<Answer<T, R>> question, Function<T, R> read, Function<Throwable, Throwable> explain) {
        return Mono.create(sink -> {
            Answer<T, R> answer = new Answer<>(sink, read, explain);
            open.add(answer);
            sink.onCancel(answer);
            TransportException ended = end;
            if (ended != null) {
                answer.fail(ended);
                return;
            }
            try {
                question.accept(answer);
            } catch (RuntimeException e) {
                answer.fail(e);
            }
        });
    }

    /**
     * Fails all that is open, and all that is asked from now on.
     *
     * @param why how the connection ended
     */
    void end(TransportException why) {
        end = why;
        List.copyOf(open).forEach(answer -> answer.fail(why));
    }

    /** One answer: whoever takes it off the set tells it, and all that comes later is dropped. */
    final class Answer<T, R> implements FlowableSubscriber<T>, Disposable {
        private final MonoSink<R> sink;
        private final Function<T, R> read;
        private final Function<Throwable, Throwable> explain;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile @Nullable Subscription subscription;

        private Answer(MonoSink<R> sink, Function<T, R> read, Function<Throwable, Throwable> explain) {
            this.sink = sink;
            this.read = read;
            this.explain = explain;
        }

        private boolean finish() {
            open.remove(this);
            return done.compareAndSet(false, true);
        }

        private void fail(Throwable error) {
            if (finish()) {
                sink.error(error);
                cancel();
            }
        }

        private void cancel() {
            Subscription current = subscription;
            if (current != null) {
                current.cancel();
            }
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            if (done.get()) {
                given.cancel();
            } else {
                given.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(T value) {
            R result;
            try {
                result = read.apply(value);
            } catch (RuntimeException e) {
                fail(e);
                return;
            }
            if (finish()) {
                sink.success(result);
            }
        }

        @Override
        public void onError(Throwable error) {
            fail(explain.apply(error));
        }

        @Override
        public void onComplete() {
            if (finish()) {
                sink.success();
            }
        }

        @Override
        public void dispose() {
            if (finish()) {
                cancel();
            }
        }

        @Override
        public boolean isDisposed() {
            return done.get();
        }
    }
}
