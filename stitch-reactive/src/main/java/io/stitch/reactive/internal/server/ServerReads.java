package io.stitch.reactive.internal.server;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.people.SharedRoots;
import io.stitch.reactive.internal.server.Feed.Source;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads and lists by asking the server; without a connection, what is kept on disk is the best answer there is. Cold. */
final class ServerReads {
    /** Of the 16 that a server takes, one is the walk's, and one the server's own where records have owners. */
    private static final int FILTERS_ON_SERVER = 14;

    private static final ListQuery.Sort BY_ID = new ListQuery.Sort("id", true);

    private final SyncContext context;
    private final Topics topics;
    private final RequestChannel channel;
    private final ListWalk walk;
    private final LocalReads local;
    private final SharedRoots shared;

    ServerReads(ServerContext server, LocalReads local) {
        this.context = server.store();
        this.topics = server.topics();
        this.channel = server.channel();
        this.walk = server.walk();
        this.local = local;
        this.shared = server.sharedRoots();
    }

    Mono<ObjectNode> read(String entity, String id, List<String> projection) {
        return channel.send(topics.read(entity, id), Requests.read(projection))
                .map(ok -> asRecord(entity, ok.data()))
                .onErrorResume(ListWalk::isNotFound, error -> Mono.empty())
                .onErrorResume(
                        this::isAnsweredHere,
                        offline -> local.read(entity, id, projection).switchIfEmpty(Mono.error(offline)));
    }

    Mono<List<ObjectNode>> list(String entity, ListQuery query) {
        return whole(entity, query)
                .onErrorResume(
                        this::isAnsweredHere,
                        offline -> local.list(entity, query).collectList());
    }

    /** A server cuts a list before it sorts it (protocol section 3.2): what may have been cut is walked. */
    private Mono<List<ObjectNode>> whole(String entity, ListQuery query) {
        if (query.limit().isEmpty() || !Requests.isKnownToServers(query)) {
            return walked(entity, query);
        }
        if (query.sorts().isEmpty() || BY_ID.equals(query.sorts().get(0))) { // It is cut in the order of ids.
            return asked(entity, query);
        }
        return Mono.zip(asked(entity, query), mayBeCut(entity, query))
                .flatMap(answered -> answered.getT2() ? walked(entity, query) : Mono.just(answered.getT1()));
    }

    private Mono<Boolean> mayBeCut(String entity, ListQuery query) {
        ListQuery last = new Parts(entity, query)
                .onServer
                .fields("id")
                .sortBy("id", true)
                .page(ListQuery.MAX_RECORDS - 1, 1);
        return asked(entity, last).map(records -> !records.isEmpty());
    }

    private Mono<List<ObjectNode>> walked(String entity, ListQuery query) {
        Parts parts = new Parts(entity, query);
        return walk.pages(Source.query(entity, parts.onServer), 0)
                .flatMapIterable(page -> page)
                .collectList()
                .map(parts::answeredFrom);
    }

    /** What of a query a server is asked, as far as it knows it and there is room beside the filters of a walk, and what is done here. */
    private static final class Parts {
        final ListQuery onServer;
        private final String entity;
        private final ListQuery query;
        /** The conditions that are looked at here. */
        private final ListQuery here;

        Parts(String entity, ListQuery query) {
            this.entity = entity;
            this.query = query;
            ListQuery onServer = ListQuery.all();
            ListQuery rest = ListQuery.all();
            for (ListQuery.Filter filter : query.filters()) {
                if (Requests.isKnownToServers(filter) && onServer.filters().size() < FILTERS_ON_SERVER) {
                    onServer = onServer.where(filter.field(), filter.operator(), filter.value());
                } else {
                    rest = rest.where(filter.field(), filter.operator(), filter.value());
                }
            }
            for (List<ListQuery.Filter> choice : query.alternatives()) {
                rest = rest.whereAny(choice);
            }
            this.here = rest;
            this.onServer = query.projection().isEmpty() ? onServer : onServer.fields(fieldsNeeded());
        }

        private String[] fieldsNeeded() {
            Set<String> fields = new LinkedHashSet<>(query.projection());
            query.sorts().forEach(sort -> fields.add(sort.field()));
            here.filters().forEach(filter -> fields.add(filter.field()));
            here.alternatives().forEach(choice -> choice.forEach(filter -> fields.add(filter.field())));
            return fields.toArray(String[]::new);
        }

        private boolean isAnswered() {
            return here.filters().isEmpty()
                    && here.alternatives().isEmpty()
                    && query.sorts().isEmpty()
                    && query.limit().isEmpty();
        }

        List<ObjectNode> answeredFrom(List<ListWalk.Listed> listed) {
            if (isAnswered()) {
                return listed.stream().map(each -> Json.readObject(each.json())).toList();
            }
            ListQuery rest = here;
            for (ListQuery.Sort sort : query.sorts()) {
                rest = rest.sortBy(sort.field(), sort.ascending());
            }
            rest = rest.fields(query.projection().toArray(String[]::new));
            if (query.limit().isPresent()) {
                rest = rest.page(query.offset(), query.limit().getAsInt());
            }
            List<StoredRecord> records = listed.stream()
                    .map(each ->
                            new StoredRecord(new RecordKey(entity, each.id()), entity, each.version(), each.json()))
                    .toList();
            return evaluated(entity, rest, records);
        }
    }

    /** What a query finds among records that are here, as a server would have answered it. */
    private static List<ObjectNode> evaluated(String entity, ListQuery query, List<StoredRecord> records) {
        return LocalReads.request(entity, query).answeredFrom(records).stream()
                .map(record -> Json.readObject(record.json()))
                .toList();
    }

    private Mono<List<ObjectNode>> asked(String entity, ListQuery query) {
        return channel.send(topics.list(entity), Requests.list(query)).map(ok -> {
            if (!(ok.data() instanceof ArrayNode array)) {
                throw new RequestException(
                        Kind.UNEXPECTED_REPLY,
                        0,
                        "The server answered a list of %s without an array.".formatted(entity));
            }
            List<ObjectNode> records = new ArrayList<>(array.size());
            array.forEach(element -> records.add(asRecord(entity, element)));
            return records;
        });
    }

    private static ObjectNode asRecord(String entity, JsonNode node) {
        if (node instanceof ObjectNode record) {
            return record;
        }
        throw new RequestException(
                Kind.UNEXPECTED_REPLY, 0, "The server sent a %s that is not an object.".formatted(entity));
    }

    Flux<ObjectNode> roots(Source source) {
        return walk.pages(source, 0)
                .flatMapIterable(page -> page)
                .map(listed -> Json.readObject(listed.json()))
                .switchOnFirst((first, roots) -> {
                    Throwable error = first.getThrowable();
                    return error != null && isAnsweredHere(error) ? localRoots() : roots.concatWith(sharedRoots());
                });
    }

    private Flux<ObjectNode> sharedRoots() {
        return shared.list().flatMapIterable(roots -> roots).map(root -> Json.readObject(root.json()));
    }

    /** What is shared comes whole and in no order, so that it is put among the user's own here. */
    Mono<List<ObjectNode>> roots(ListQuery query, ListQuery own) {
        String entity = context.schema().root();
        return shared.list()
                .flatMap(others -> others.isEmpty()
                        ? whole(entity, own)
                        : whole(entity, candidates(own)).map(mine -> together(query, mine, others)))
                .onErrorResume(
                        this::isAnsweredHere, offline -> local.list(entity, own).collectList());
    }

    /** Of the user's own, all that may be among what is asked for when others come in between. */
    private static ListQuery candidates(ListQuery own) {
        ListQuery wide = own.fields();
        return own.limit().isPresent() ? wide.page(0, own.offset() + own.limit().getAsInt()) : wide;
    }

    private List<ObjectNode> together(ListQuery query, List<ObjectNode> mine, List<StoredRecord> others) {
        String entity = context.schema().root();
        List<StoredRecord> all = new ArrayList<>();
        for (ObjectNode root : mine) {
            all.add(new StoredRecord(
                    new RecordKey(entity, root.path("id").asString("")),
                    SyncContext.ROOTS_KEY,
                    root.path("_version").asLong(-1),
                    Json.write(root)));
        }
        all.addAll(others);
        return evaluated(entity, query, all);
    }

    private Flux<ObjectNode> localRoots() {
        return local.list(context.schema().root(), ListQuery.all()).filter(context::isOwnRoot);
    }

    private boolean isAnsweredHere(Throwable error) {
        return error instanceof RequestException request
                && request.kind() == Kind.NOT_CONNECTED
                && local.keepsRecords();
    }
}
