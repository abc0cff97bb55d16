package io.stitch.reactive;

import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/**
 * A write. Cold: nothing happens before it is subscribed, and each subscription writes once. As a {@link Mono} it emits the
 * stored record; {@link #result()} tells more.
 *
 * @param <T> the type of the record
 */
public final class Mutation<T> extends Mono<T> {
    private final Mono<MutationResult<T>> result;

    Mutation(Mono<MutationResult<T>> result) {
        this.result = result;
    }

    /**
     * The same write with its status. Cold, like the write: subscribe to one of the two, not to both.
     *
     * @return the result, or a {@link StitchException}
     */
    public Mono<MutationResult<T>> result() {
        return result;
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        result.<T>mapNotNull(MutationResult::record).subscribe(actual);
    }
}
