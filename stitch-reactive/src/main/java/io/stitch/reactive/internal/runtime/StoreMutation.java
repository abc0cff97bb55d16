package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.PendingWrites;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.Function;

/** A write of a store. */
final class StoreMutation<T> extends Mutation<T> {
    private final Writer writer;
    private final LocalWrite write;
    private final Function<ObjectNode, T> reader;

    /** What a store does with its writes: one object, because there are many writes. */
    record Writer(PendingWrites writes, StoreObserver observer) {}

    StoreMutation(Writer writer, LocalWrite write, Function<ObjectNode, T> reader) {
        this.writer = writer;
        this.write = write;
        this.reader = reader;
    }

    @Override
    public Mono<MutationResult<T>> result() {
        Mono<MutationResult<T>> result =
                writer.writes().write(write).map(this::read).onErrorMap(Errors::translate);
        return writer.observer()
                .watch(
                        write.key().entity(),
                        write.kind(),
                        result,
                        each -> each.status().name());
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

    @Override
    public String toString() {
        return "Mutation[" + write.kind() + ' ' + write.key().entity() + '/'
                + write.key().id() + ']';
    }
}
