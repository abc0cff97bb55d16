package io.stitch.reactive;

import io.stitch.reactive.store.LocalWrite;
import io.stitch.reactive.store.PendingWrites;
import io.stitch.reactive.store.StoreObserver;
import io.stitch.reactive.store.WriteResult;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.Function;

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
public final class Mutation<T> extends Mono<T> {
    private final Writer writer;
    private final LocalWrite write;
    private final Function<ObjectNode, T> reader;

    /** What a store does with its writes: one object, because there are many writes. */
    record Writer(PendingWrites writes, StoreObserver observer) {}

    Mutation(Writer writer, LocalWrite write, Function<ObjectNode, T> reader) {
        this.writer = writer;
        this.write = write;
        this.reader = reader;
    }

    /**
     * The same write with its status. Cold, like the write: subscribe to one of the two, not to both.
     *
     * @return the result, or a {@link StitchException}
     */
    public Mono<MutationResult<T>> result() {
        Mono<MutationResult<T>> result =
                writer.writes().write(write).map(this::read).onErrorMap(Errors::translate);
        return writer.observer().watch(write.key().entity(), write.kind(), result, MutationResult::statusName);
    }

    LocalWrite write() {
        return write;
    }

    MutationResult<T> read(WriteResult result) {
        @Nullable ObjectNode json = result.record();
        return new MutationResult<>(
                MutationResult.Status.valueOf(result.status().name()), json == null ? null : reader.apply(json));
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        result().<T>mapNotNull(MutationResult::record).subscribe(actual);
    }
}
