package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.BaseSubscriber;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Somebody who looks at a board: keeps the titles of its tasks as the stream of events tells them, or does not read at all. */
final class BoardViewer extends BaseSubscriber<ServerSentEvent<String>> {
    private final String scope;
    private final boolean reads;
    private final Map<String, String> titles = new HashMap<>();
    private final CompletableFuture<Void> right = new CompletableFuture<>();
    private @Nullable Map<String, String> expected;
    private int events;

    private BoardViewer(String scope, boolean reads) {
        this.scope = scope;
        this.reads = reads;
    }

    static BoardViewer look(WebClient client, String scope, boolean reads) {
        BoardViewer viewer = new BoardViewer(scope, reads);
        client.get()
                .uri("/api/projects/{scope}/events?name=viewer", scope)
                .retrieve()
                .bodyToFlux(new ParameterizedTypeReference<ServerSentEvent<String>>() {})
                .subscribe(viewer);
        return viewer;
    }

    String scope() {
        return scope;
    }

    boolean reads() {
        return reads;
    }

    /** {@return how many events of tasks have come} */
    synchronized int events() {
        return events;
    }

    /** {@return completes when this viewer shows these titles} */
    synchronized CompletableFuture<Void> shows(Map<String, String> all) {
        expected = all;
        compare();
        return right;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        if (reads) {
            subscription.request(Long.MAX_VALUE);
        }
    }

    @Override
    protected synchronized void hookOnNext(ServerSentEvent<String> event) {
        String data = event.data();
        if (!"record".equals(event.event()) || data == null) {
            return;
        }
        JsonNode told = JsonMapper.shared().readTree(data);
        if (told.path("entity").asString().equals(Workload.TASK.name())) {
            events++;
            titles.put(
                    told.path("id").asString(),
                    told.path("record").path("title").asString());
            compare();
        }
    }

    private void compare() {
        if (titles.equals(expected)) {
            right.complete(null);
        }
    }

    @Override
    protected void hookOnError(Throwable error) {
        right.completeExceptionally(error);
    }
}
