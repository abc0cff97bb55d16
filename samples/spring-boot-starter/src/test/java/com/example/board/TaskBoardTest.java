package com.example.board;

import com.example.board.TaskBoard.Task;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The application of the README with the reference server, from end to end. */
class TaskBoardTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private StitchServer server;
    private ConfigurableApplicationContext application;
    private WebClient client;

    @BeforeEach
    void start() {
        server = StitchServer.start(StitchServerOptions.defaults());
        server.put("project", "{\"id\":\"apollo\",\"name\":\"Refit\"}");
        application = run();
    }

    private ConfigurableApplicationContext run() {
        ConfigurableApplicationContext started = new SpringApplicationBuilder(TaskBoard.class)
                .run(
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--stitch.url=" + server.url(),
                        "--stitch.persistence.file=" + folder.resolve("tasks"),
                        "--stitch.warm-scopes=apollo",
                        "--management.endpoint.health.show-details=always",
                        "--management.endpoints.web.exposure.include=health,metrics");
        client = WebClient.create("http://127.0.0.1:"
                + ((WebServerApplicationContext) started).getWebServer().getPort());
        return started;
    }

    @AfterEach
    void stop() {
        application.close();
        server.close();
    }

    private StitchStore store() {
        return application.getBean(StitchStore.class);
    }

    private Mono<Task> add(String title) {
        return client.post()
                .uri("/boards/apollo/tasks")
                .contentType(MediaType.TEXT_PLAIN)
                .bodyValue(title)
                .retrieve()
                .bodyToMono(Task.class);
    }

    private JsonNode get(String path) {
        return client.get()
                .uri(path)
                .exchangeToMono(answer -> answer.bodyToMono(JsonNode.class))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @Test
    void whoWatchesSeesWhatIsAddedHereAndElsewhere() {
        store().connect().block(PATIENCE);
        StepVerifier.create(client.get()
                        .uri("/boards/apollo/tasks")
                        .accept(MediaType.TEXT_EVENT_STREAM)
                        .retrieve()
                        .bodyToFlux(new ParameterizedTypeReference<List<Task>>() {})
                        .skipUntil(List::isEmpty))
                .expectNext(List.of())
                .then(() -> add("Weld").block(PATIENCE))
                .thenConsumeWhile(List::isEmpty)
                .assertNext(tasks -> assertThat(tasks).extracting(Task::title).containsExactly("Weld"))
                .then(() -> server.put("task", "{\"id\":\"z\",\"projectId\":\"apollo\",\"title\":\"Paint\"}"))
                .thenConsumeWhile(tasks -> tasks.size() < 2)
                .assertNext(tasks -> assertThat(tasks).extracting(Task::title).contains("Paint"))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void healthAndMetersFollowTheConnection() {
        store().connect().block(PATIENCE);
        JsonNode up = get("/actuator/health").path("components").path("stitch");
        assertThat(up.path("status").asString("")).isEqualTo("UP");
        assertThat(up.path("details").path("connection").asString("")).isEqualTo("CONNECTED");
        assertThat(get("/actuator/metrics/stitch.connected?tag=store:stitch")
                        .path("measurements")
                        .path(0)
                        .path("value")
                        .asDouble())
                .isEqualTo(1);

        server.stopBroker();
        store().connection().filter(status -> status.error() != null).next().block(PATIENCE);
        JsonNode down = get("/actuator/health").path("components").path("stitch");
        assertThat(down.path("status").asString("")).isIn("DOWN", "OUT_OF_SERVICE");
    }

    /** As the restart of Spring Boot's developer tools does: in one JVM, with the same file. */
    @Test
    void whatWasWrittenOfflineIsSentAfterTheApplicationWasStartedAnew() {
        store().connect().block(PATIENCE);
        server.stopBroker();
        store().connection().filter(status -> !status.isConnected()).next().block(PATIENCE);
        Task kept = add("Kept").block(PATIENCE);
        assertThat(kept).isNotNull();
        assertThat(server.record("task", kept.id())).isEmpty();

        application.close();
        application = run();
        assertThat(store().pendingWrites()).isEqualTo(1);
        server.startBroker();
        store().reconnect().block(PATIENCE);
        store().pendingCount().filter(pending -> pending == 0).next().block(PATIENCE);
        assertThat(server.record("task", kept.id())).isPresent();
    }
}
