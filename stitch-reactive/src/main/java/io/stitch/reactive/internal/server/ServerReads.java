package io.stitch.reactive.internal.server;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.internal.mode.LocalReads;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.server.Feed.Source;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Reads and lists by asking the server; without a connection, what is kept on disk is the best answer there is. Cold. */
final class ServerReads {
    private final SyncContext context;
    private final Topics topics;
    private final RequestChannel channel;
    private final ListWalk walk;
    private final LocalReads local;

    ServerReads(ServerContext server, LocalReads local) {
        this.context = server.store();
        this.topics = server.topics();
        this.channel = server.channel();
        this.walk = server.walk();
        this.local = local;
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
        return channel.send(topics.list(entity), Requests.list(query))
                .map(ok -> {
                    if (!(ok.data() instanceof ArrayNode array)) {
                        throw new RequestException(
                                Kind.UNEXPECTED_REPLY,
                                0,
                                "The server answered a list of %s without an array.".formatted(entity));
                    }
                    List<ObjectNode> records = new ArrayList<>(array.size());
                    array.forEach(element -> records.add(asRecord(entity, element)));
                    return records;
                })
                .onErrorResume(
                        this::isAnsweredHere,
                        offline -> local.list(entity, query).collectList());
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
                    return error != null && isAnsweredHere(error) ? localRoots() : roots;
                });
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
