package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** A write of a store. */
final class StoreMutation<T> extends Mutation<T> {
    private final Writer writer;
    private final LocalWrite write;
    private final Function<ObjectNode, T> reader;

    /**
     * What a store, or a scope, does with its writes: one object, because there are many writes.
     *
     * @param writes takes them
     * @param observer watches them
     * @param closed tells why none are taken any more, or {@code null}
     * @param unreadable hears of a record that is written and does not fit its type
     */
    record Writer(
            PendingWrites writes,
            StoreObserver observer,
            Supplier<@Nullable ClosedException> closed,
            BiConsumer<RecordKey, SchemaException> unreadable) {}

    StoreMutation(Writer writer, LocalWrite write, Function<ObjectNode, T> reader) {
        this.writer = writer;
        this.write = write;
        this.reader = reader;
    }

    @Override
    public Mono<MutationResult<T>> result() {
        Mono<WriteResult> written = Mono.defer(() -> {
            ClosedException closed = closed();
            return closed == null ? writer.writes().write(write) : Mono.error(closed);
        });
        Mono<MutationResult<T>> result = written.map(this::read).onErrorMap(Errors::translate);
        return writer.observer()
                .watch(
                        write.key().entity(),
                        write.kind(),
                        result,
                        each -> each.status().name());
    }

    @Override
    public Mutation<T> tagged(String tag) {
        return new StoreMutation<>(writer, write.tagged(tag), reader);
    }

    /** {@return why it is not taken any more, or {@code null}} */
    @Nullable
    ClosedException closed() {
        return writer.closed().get();
    }

    LocalWrite write() {
        return write;
    }

    MutationResult<T> read(WriteResult result) {
        @Nullable ObjectNode json = result.record();
        return new MutationResult<>(
                MutationResult.Status.valueOf(result.status().name()), json == null ? null : read(json));
    }

    /** It is done, whether or not the record as it is now, by whoever wrote its other fields, can be read. */
    private @Nullable T read(ObjectNode json) {
        try {
            return reader.apply(json);
        } catch (SchemaException e) {
            writer.unreadable().accept(write.key(), e);
            return null;
        }
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
