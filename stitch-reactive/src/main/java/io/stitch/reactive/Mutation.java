package io.stitch.reactive;

import com.google.errorprone.annotations.CheckReturnValue;
import reactor.core.publisher.Mono;

/**
 * A write. Cold: nothing happens before it is subscribed, and each subscription writes once. Subscribing applies it to memory at
 * once, and the scope's subscribers see it.
 *
 * <p>It completes when the server has it, or when it is durably queued because the server cannot be asked now: {@link #result()}
 * says which. As a {@link Mono} it emits the record, and nothing after a delete. Cancelling stops waiting, not the write. It fails
 * with a {@link StitchException} if it breaks a rule of the schema or the server refuses it, and is undone then; if the server
 * refuses it after it was queued, {@link StitchStore#rejections()} says so.
 *
 * @param <T> the type of the record
 */
public abstract class Mutation<T> extends Mono<T> {
    /** Only stores make mutations. */
    protected Mutation() {}

    /**
     * The same write with its status. Cold, like the write: subscribe to one of the two, not to both.
     *
     * @return the result, or a {@link StitchException}
     */
    @CheckReturnValue
    public abstract Mono<MutationResult<T>> result();

    /**
     * The same write with a mark: the events that it causes here, when it is applied, confirmed or undone, tell it as {@link
     * RecordEvent#tag()}, and so do those of the writes that a delete entails. So whoever writes knows their own changes among others'. It does not leave this store, and not its memory.
     *
     * @param tag the mark
     * @return a marked write; this one stays as it is
     */
    @CheckReturnValue
    public abstract Mutation<T> tagged(String tag);
}
