package io.stitch.samples.webflux;

import io.stitch.server.Feature;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@code If-Match} is worth where others write, too. */
class OneVersionTest {
    private static final String TASKS = "/api/projects/p1/tasks";

    private static void seed(StitchServer server, int tasks) {
        server.put("project", SampleBoard.project("p1", "Refit").toString());
        for (int i = 0; i < tasks; i++) {
            server.put(
                    "task",
                    "{\"id\":\"t%d\",\"projectId\":\"p1\",\"title\":\"Weld %d\",\"status\":\"OPEN\"}".formatted(i, i));
        }
    }

    private static String tag(RunningBoard board, String task) {
        return Objects.requireNonNull(board.client()
                .get()
                .uri(TASKS + '/' + task)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseHeaders()
                .getETag());
    }

    private static WebTestClient.ResponseSpec write(
            RunningBoard board, HttpMethod method, String task, String tag, @Nullable Object body) {
        WebTestClient.RequestBodySpec request =
                board.client().method(method).uri(TASKS + '/' + task).header(HttpHeaders.IF_MATCH, tag);
        return body == null
                ? request.exchange()
                : request.contentType(MediaType.APPLICATION_JSON)
                        .bodyValue(body)
                        .exchange();
    }

    private static HttpRequest take(RunningBoard board, String task, String tag, String name) {
        return HttpRequest.newBuilder(URI.create(board.url() + TASKS + '/' + task))
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"assignee\":\"%s\"}".formatted(name)))
                .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
                .header(HttpHeaders.IF_MATCH, tag)
                .timeout(RunningBoard.PATIENCE)
                .build();
    }

    @Test
    void ofTwoWhoSendTheSameTagToTwoServicesOneIsDone() {
        int rounds = 40;
        try (StitchServer server = StitchServer.start(SampleBoard.rules().build())) {
            seed(server, rounds);
            try (RunningBoard one = RunningBoard.on(server);
                    RunningBoard other = RunningBoard.on(server)) {
                HttpClient http = HttpClient.newHttpClient();
                for (int i = 0; i < rounds; i++) {
                    String task = "t" + i;
                    String tag = tag(one, task);
                    assertThat(tag(other, task)).isEqualTo(tag);
                    List<Integer> answers = Stream.of(take(one, task, tag, "Ada"), take(other, task, tag, "Ben"))
                            .map(request -> http.sendAsync(request, HttpResponse.BodyHandlers.discarding()))
                            .toList()
                            .stream()
                            .map(CompletableFuture::join)
                            .map(HttpResponse::statusCode)
                            .toList();

                    assertThat(answers).containsExactlyInAnyOrder(200, 412);
                    assertThat(server.record("task", task)
                                    .orElseThrow()
                                    .path("assignee")
                                    .asString())
                            .isEqualTo(answers.get(0) == 200 ? "Ada" : "Ben");
                }
            }
        }
    }

    @Test
    void aServerThatCannotCompareIsNotMadeToWrite() {
        try (StitchServer server = StitchServer.start(
                SampleBoard.rules().without(Feature.EXPECTED_VERSION).build())) {
            seed(server, 1);
            try (RunningBoard board = RunningBoard.on(server)) {
                String tag = tag(board, "t0");
                write(board, HttpMethod.PATCH, "t0", tag, Map.of("assignee", "Ada"))
                        .expectStatus()
                        .isEqualTo(HttpStatus.NOT_IMPLEMENTED);
                write(board, HttpMethod.DELETE, "t0", tag, null).expectStatus().isEqualTo(HttpStatus.NOT_IMPLEMENTED);

                var task = server.record("task", "t0").orElseThrow();
                assertThat(task.has("assignee")).isFalse();
                assertThat(task.has("_expected_version")).isFalse();
                write(board, HttpMethod.PATCH, "t0", "*", Map.of("assignee", "Ada"))
                        .expectStatus()
                        .isOk();
            }
        }
    }

    @Test
    void aChangeThatNamesATagIsNotKeptForLater() {
        try (StitchServer server = StitchServer.start(SampleBoard.rules().build())) {
            seed(server, 1);
            try (RunningBoard board = RunningBoard.on(server)) {
                String tag = tag(board, "t0");
                server.stopBroker();
                board.store()
                        .connection()
                        .filter(status -> !status.isConnected())
                        .next()
                        .block(RunningBoard.PATIENCE);

                write(board, HttpMethod.PATCH, "t0", tag, Map.of("assignee", "Ada"))
                        .expectStatus()
                        .isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
                        .expectHeader()
                        .exists(HttpHeaders.RETRY_AFTER);
                assertThat(board.store().pendingWrites()).isZero();
                write(board, HttpMethod.PATCH, "t0", "*", Map.of("assignee", "Ada"))
                        .expectStatus()
                        .isAccepted();
            }
        }
    }
}
