package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ListQuery;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Walks a list by key, page after page (protocol section 3.2), because a server cuts every list at 10 000 records before
 * it applies an offset. Page sizes follow the sizes of the records and shrink when a reply does not come; what worked is remembered.
 */
final class ListWalk {
    private static final int FIRST_PAGE = 1_000;
    /** Below the 10 000 at which a server cuts a list, so that a cut page is never taken for the last one. */
    private static final int LARGEST_PAGE = 8_000;

    /** By what pages grow, as far as the records' sizes allow, and shrink. */
    private static final int STEP = 4;

    private static final int COMFORTABLE_BYTES = 1024 * 1024;
    /** Where nothing is known of the records' sizes and a reply does not come, it may be because they are large. */
    private static final int PROBE = 32;

    private static final Duration PROBE_AFTER = Duration.ofSeconds(1);
    private static final int MAX_REMEMBERED = 10_000;

    /** A list that answers with as few as this takes no time to send, */
    private static final int FEW = 100;
    /** so that one that takes this long was looked for; the way there and back, even around the world, takes less. */
    private static final long SLOW_MILLIS = 500;

    private final RequestChannel channel;
    private final Topics topics;
    private final Scheduler serial;
    private final Diagnostics diagnostics;
    /** The page sizes that worked. Asked from any thread. */
    private final Map<Feed.Source, Integer> sizes = new ConcurrentHashMap<>();
    /** How large a record of an entity was, on the last page that came. */
    private final Map<String, Integer> recordBytes = new ConcurrentHashMap<>();

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

    /** A page as it was taken, and how large the next one is to be. */
    record Page(List<Listed> records, @Nullable String lastId, boolean last, int nextSize) {}

    /**
     * Reads everything that a source names. Cold; the pages come on the worker.
     *
     * @param source a record or a list
     * @param heldBytes how large such a record is, as far as some are held here; 0 if none is
     * @return its records, page by page; a record that does not exist is an empty source
     */
    Flux<List<Listed>> pages(Feed.Source source, int heldBytes) {
        String id = source.id();
        if (id != null) {
            return read(source.entity(), id).map(List::of).flux();
        }
        return Mono.defer(() -> firstPage(source, heldBytes))
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

    private Mono<Page> firstPage(Feed.Source source, int heldBytes) {
        Integer worked = sizes.get(source);
        if (worked != null) {
            return page(source, null, worked);
        }
        int bytes = heldBytes > 0 ? heldBytes : recordBytes.getOrDefault(source.entity(), 0);
        if (bytes > 0) {
            return page(source, null, Math.min(FIRST_PAGE, fitting(bytes)));
        }
        // Whichever comes first. Should the small one fail, the other one tells what to do.
        Mono<Page> small = Mono.delay(PROBE_AFTER, serial)
                .then(request(source, null, PROBE))
                .onErrorResume(RequestException.class, error -> Mono.never());
        return Mono.firstWithSignal(page(source, null, FIRST_PAGE), small);
    }

    private Mono<Page> page(Feed.Source source, @Nullable String after, int size) {
        return request(source, after, size).onErrorResume(error -> size > 1 && isMissingReply(error), error -> {
            int smaller = Math.max(1, size / STEP);
            remember(source, smaller);
            return page(source, after, smaller);
        });
    }

    private Mono<Page> request(Feed.Source source, @Nullable String after, int size) {
        String topic = topics.list(source.entity());
        AtomicLong millis = new AtomicLong();
        return channel.send(topic, payload(source, after, size), millis::set).map(ok -> {
            Page page = page(source, topic, after, size, ok);
            watchTime(source, topic, page, millis.get());
            return page;
        });
    }

    /** A server without an index on the field looks through all records of the entity, for each page of each scope. */
    private void watchTime(Feed.Source source, String topic, Page page, long millis) {
        if (source.field() != null && page.records().size() <= FEW && millis >= SLOW_MILLIS) {
            diagnostics.report(
                    DiagnosticCode.SLOW_LIST,
                    topic,
                    "%d records took %d ms; an index on the field '%s' of the server's %s would help"
                            .formatted(page.records().size(), millis, source.field(), source.entity()));
        }
    }

    private static byte[] payload(Feed.Source source, @Nullable String after, int size) {
        ListQuery query = source.query();
        return query == null
                ? Requests.page(source.field(), source.value(), after, size)
                : Requests.page(query, after, size);
    }

    private void remember(Feed.Source source, int size) {
        if (source.query() != null) { // There may be any number of them.
            return;
        }
        if (sizes.size() >= MAX_REMEMBERED) {
            sizes.clear(); // They are found again.
        }
        sizes.put(source, size);
    }

    /** {@return how many records of a size make a reply of a comfortable one} */
    private static int fitting(int bytes) {
        return Math.max(1, Math.min(LARGEST_PAGE, COMFORTABLE_BYTES / bytes));
    }

    /** A reply that does not come may have been too large for the server to send. */
    private static boolean isMissingReply(Throwable error) {
        return error instanceof RequestException request && request.kind() == Kind.TIMEOUT;
    }

    /** Takes a page from a server, which may have sent anything. */
    Page page(Feed.Source source, String topic, @Nullable String after, int size, Reply.Ok ok) {
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
        int next = nextSize(source, size, items.size(), ok.bytes());
        remember(source, next);
        return new Page(records, previous, items.size() < size, next);
    }

    private int nextSize(Feed.Source source, int size, int count, int bytes) {
        if (count == 0) {
            return size;
        }
        int each = Math.max(1, bytes / count);
        boolean whole = source.query() == null || source.query().projection().isEmpty();
        if (whole) {
            recordBytes.put(source.entity(), each);
        }
        // A page that was not full tells nothing of larger ones.
        int wanted = count < size ? size : size * STEP;
        return Math.min(wanted, fitting(each));
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
