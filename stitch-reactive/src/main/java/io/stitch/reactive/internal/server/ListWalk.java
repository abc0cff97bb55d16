package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Walks a list by key, page after page (protocol section 3.2), because a server cuts every list at 10 000 records before
 * it applies an offset. Page sizes adapt: they grow while replies are small and shrink when one does not come.
 */
final class ListWalk {
    private static final int FIRST_PAGE = 1_000;
    /** Below the 10 000 at which a server cuts a list, so that a cut page is never taken for the last one. */
    private static final int LARGEST_PAGE = 8_000;

    private static final int COMFORTABLE_BYTES = 1024 * 1024;

    private final RequestChannel channel;
    private final Topics topics;
    private final Scheduler serial;
    private final Diagnostics diagnostics;

    ListWalk(RequestChannel channel, Topics topics, Scheduler serial, Diagnostics diagnostics) {
        this.channel = channel;
        this.topics = topics;
        this.serial = serial;
        this.diagnostics = diagnostics;
    }

    /**
     * One record of a page.
     *
     * @param id its id
     * @param version its {@code _version}, or -1
     * @param json the whole record
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Listed(String id, long version, byte[] json) {
        static Listed of(ObjectNode data) {
            return new Listed(
                    data.path("id").asString(""), data.path("_version").asLong(-1), Json.write(data));
        }
    }

    private record Page(List<Listed> records, @Nullable String lastId, boolean last, int nextSize) {}

    /**
     * Reads everything that a source names. Cold; the pages come on the worker.
     *
     * @param source a record or a list
     * @return its records, page by page; a record that does not exist is an empty source
     */
    Flux<List<Listed>> pages(Feed.Source source) {
        String id = source.id();
        if (id != null) {
            return read(source.entity(), id).map(List::of).flux();
        }
        return page(source, null, FIRST_PAGE)
                .expand(page -> page.last() ? Mono.empty() : page(source, page.lastId(), page.nextSize()))
                .map(Page::records)
                // The next page is asked for before this one is taken in, so that the server works meanwhile.
                .publishOn(serial, 1);
    }

    /**
     * Reads one record. Cold.
     *
     * @param entity its entity
     * @param id its id
     * @return the record, or empty if the server has none
     */
    Mono<Listed> read(String entity, String id) {
        String topic = topics.read(entity, id);
        return channel.send(topic, Requests.read(List.of()))
                .map(ok -> {
                    if (ok.data() instanceof ObjectNode data) {
                        data.put("id", id);
                        return Listed.of(data);
                    }
                    throw unexpected(topic, "it is not an object");
                })
                .onErrorResume(ListWalk::isNotFound, error -> Mono.empty());
    }

    static boolean isNotFound(Throwable error) {
        return error instanceof RequestException request && request.code() == 404;
    }

    private Mono<Page> page(Feed.Source source, @Nullable String after, int size) {
        String topic = topics.list(source.entity());
        return channel.send(topic, Requests.page(source.field(), source.value(), after, size))
                .map(ok -> page(source, topic, after, size, ok))
                .onErrorResume(error -> size > 1 && isMissingReply(error), error -> page(source, after, size / 2));
    }

    /** A reply that does not come may have been too large for the server to send. */
    private static boolean isMissingReply(Throwable error) {
        return error instanceof RequestException request && request.kind() == Kind.TIMEOUT;
    }

    private Page page(Feed.Source source, String topic, @Nullable String after, int size, Reply.Ok ok) {
        if (!ok.isList()) {
            throw unexpected(topic, "it is not an array");
        }
        String field = source.field();
        List<Reply.Item> items = ok.items(field == null ? Set.of("id", "_version") : Set.of("id", "_version", field));
        List<Listed> records = new ArrayList<>(items.size());
        String previous = after;
        for (Reply.Item item : items) {
            ObjectNode data = item.fields();
            if (!data.path("id").isString()) {
                throw unexpected(topic, "it has a record without an id");
            }
            String id = data.path("id").stringValue();
            if (previous != null && !ascends(previous, id)) {
                throw unexpected(topic, "it does not ascend by id, so the server ignored the sort or the filter");
            }
            if (field != null && !data.path(field).asString("").equals(source.value())) {
                throw unexpected(
                        topic, "it has records whose %s is another, so the server ignored the filter".formatted(field));
            }
            previous = id;
            String problem = Names.idProblem(id);
            if (problem == null) {
                records.add(new Listed(id, data.path("_version").asLong(-1), item.json()));
            } else {
                diagnostics.report(DiagnosticCode.INVALID_ID, topic, problem);
            }
        }
        int next = ok.bytes() > COMFORTABLE_BYTES
                ? Math.max(1, size / 2)
                : ok.bytes() <= COMFORTABLE_BYTES / 2 ? Math.min(LARGEST_PAGE, size * 2) : size;
        return new Page(records, previous, items.size() < size, next);
    }

    /** Servers order by the bytes of UTF-8, which is not the order of Java strings beyond the basic plane. */
    private static boolean ascends(String before, String after) {
        return Arrays.compareUnsigned(before.getBytes(StandardCharsets.UTF_8), after.getBytes(StandardCharsets.UTF_8))
                < 0;
    }

    private static RequestException unexpected(String topic, String why) {
        return new RequestException(
                Kind.UNEXPECTED_REPLY, 0, "The server's answer to %s cannot be used: %s.".formatted(topic, why));
    }
}
