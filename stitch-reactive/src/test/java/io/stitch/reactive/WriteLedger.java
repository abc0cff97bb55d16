package io.stitch.reactive;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What one client wrote, in order, and what it was told became of it. */
final class WriteLedger {
    final String client;
    final List<Entry> entries = new CopyOnWriteArrayList<>();
    final List<Rejection> rejections = new CopyOnWriteArrayList<>();

    /** A write and what its caller was told. */
    static final class Entry {
        final WriteKind kind;
        final String id;
        private final String mark;
        volatile MutationResult.@Nullable Status status;
        volatile @Nullable ObjectNode record;
        volatile @Nullable Throwable error;

        Entry(WriteKind kind, String id, String mark) {
            this.kind = kind;
            this.id = id;
            this.mark = mark;
        }

        /** The name of the field that only this write sets. */
        String mark() {
            return mark;
        }

        boolean isShared() {
            return id.startsWith("shared-");
        }

        @Override
        public String toString() {
            return "%s %s of %s (%s)".formatted(mark, kind, id, error == null ? status : error);
        }
    }

    WriteLedger(String client, Flux<Rejection> rejections) {
        this.client = client;
        rejections.subscribe(this.rejections::add);
    }

    Entry begin(WriteKind kind, String id) {
        Entry entry = new Entry(kind, id, "w-%s-%d".formatted(client, entries.size()));
        entries.add(entry);
        return entry;
    }

    /** Completes when the caller of the write was told something, whatever it was. */
    Mono<Void> follow(Entry entry, Mutation<ObjectNode> write) {
        return write.result()
                .doOnNext(result -> {
                    entry.record = result.record();
                    entry.status = result.status();
                })
                .doOnError(error -> entry.error = error)
                .onErrorComplete()
                .then();
    }

    /** The rejection of a write whose caller had been told that it was queued, if there was one. */
    @Nullable
    Rejection rejectionOf(Entry entry) {
        for (Rejection rejection : rejections) {
            boolean itself = entry.kind == WriteKind.DELETE
                    ? rejection.kind() == WriteKind.DELETE && rejection.id().equals(entry.id)
                    : rejection.written().has(entry.mark());
            if (itself) {
                return rejection;
            }
        }
        return null;
    }
}
