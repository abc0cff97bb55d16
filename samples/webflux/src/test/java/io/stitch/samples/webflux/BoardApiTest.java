package io.stitch.samples.webflux;

import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Task;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;

/** The service over HTTP: what it does, and what it says to requests that cannot be right. */
class BoardApiTest {
    private static final ParameterizedTypeReference<Map<String, Object>> JSON = new ParameterizedTypeReference<>() {};

    private static StitchServer server;
    private static RunningBoard board;
    private static WebTestClient client;

    private String project;

    @BeforeAll
    static void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        board = RunningBoard.on(server);
        client = board.client();
    }

    @AfterAll
    static void stop() {
        board.close();
        server.close();
    }

    @BeforeEach
    void makeProject() {
        project = UUID.randomUUID().toString();
        server.put("project", SampleBoard.project(project, "Refit").toString());
    }

    private static WebTestClient.ResponseSpec send(HttpMethod method, String path, Object body) {
        return client.method(method)
                .uri(URI.create(board.url() + path))
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }

    private static void isProblem(WebTestClient.ResponseSpec response, HttpStatus status, String code, String advice) {
        Map<String, Object> problem = response.expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody(JSON)
                .returnResult()
                .getResponseBody();
        assertThat(problem).containsEntry("status", status.value()).containsEntry("code", code);
        assertThat(String.valueOf(problem.get("detail"))).contains(advice);
    }

    private String tasks() {
        return "/api/projects/" + project + "/tasks";
    }

    @Test
    void aProjectIsMadeReadListedRenamedAndDeleted() {
        String id = UUID.randomUUID().toString();
        send(HttpMethod.POST, "/api/projects", Map.of("id", id, "name", "Hull"))
                .expectStatus()
                .isCreated()
                .expectHeader()
                .location("/api/projects/" + id);
        send(HttpMethod.PUT, "/api/projects/" + id, Map.of("name", "Hull and keel"))
                .expectStatus()
                .isOk();
        client.get()
                .uri("/api/projects/" + id)
                .exchange()
                .expectBody(Board.Project.class)
                .isEqualTo(new Board.Project(id, "Hull and keel"));
        client.get()
                .uri("/api/projects")
                .exchange()
                .expectBodyList(Board.Project.class)
                .contains(new Board.Project(id, "Hull and keel"));
        client.delete().uri("/api/projects/" + id).exchange().expectStatus().isNoContent();
        isProblem(
                client.get().uri("/api/projects/" + id).exchange(),
                HttpStatus.NOT_FOUND,
                "NO_SUCH_PROJECT",
                "GET /api/projects");
    }

    @Test
    void aTaskIsMadeReadListedChangedAndDeleted() {
        Task made = send(HttpMethod.POST, tasks(), Map.of("title", "Weld " + project))
                .expectStatus()
                .isCreated()
                .expectBody(Task.class)
                .returnResult()
                .getResponseBody();
        assertThat(made).isNotNull();
        assertThat(made.status()).isEqualTo(Board.Status.OPEN);
        assertThat(made.created()).isNotNull();
        String one = tasks() + "/" + made.id();
        send(HttpMethod.PATCH, one, Map.of("status", "DONE", "assignee", "Ada"))
                .expectStatus()
                .isOk();
        send(HttpMethod.PATCH, one, "{\"assignee\":null}").expectStatus().isOk();
        Task changed = new Task(made.id(), project, "Weld " + project, Board.Status.DONE, null, made.created());
        client.get().uri(one).exchange().expectBody(Task.class).isEqualTo(changed);
        client.get().uri(tasks()).exchange().expectBodyList(Task.class).isEqualTo(List.of(changed));
        client.delete().uri(one).exchange().expectStatus().isNoContent();
        assertThat(server.record("task", made.id())).isEmpty();
        isProblem(client.get().uri(one).exchange(), HttpStatus.NOT_FOUND, "NO_SUCH_TASK", "may have been deleted");
    }

    @Test
    void aListHasAllTasksThoughTheScopeWasNotOpenBefore() {
        server.seed("task", SampleBoard.tasks(project, 300));
        client.get().uri(tasks()).exchange().expectBodyList(Task.class).hasSize(300);
    }

    @Test
    void whatTheServerRefusesIsAConflictInItsWordsAndUndone() {
        send(HttpMethod.POST, tasks(), Map.of("title", "Same " + project))
                .expectStatus()
                .isCreated();
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("title", "Same " + project)),
                HttpStatus.CONFLICT,
                "CONFLICT",
                "title");
        client.get().uri(tasks()).exchange().expectBodyList(Task.class).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%2Bb", "a%23b", "create", "events1"})
    void anIdThatCannotBeOneIsRefusedWithTheReason(String id) {
        isProblem(
                client.get()
                        .uri(URI.create(board.url() + "/api/projects/" + id))
                        .exchange(),
                HttpStatus.BAD_REQUEST,
                "ID",
                "record id");
        isProblem(
                send(HttpMethod.PATCH, tasks() + "/" + id, Map.of("title", "x")),
                HttpStatus.BAD_REQUEST,
                "ID",
                "record id");
        isProblem(
                client.get()
                        .uri(URI.create(board.url() + "/api/projects/" + id + "/events"))
                        .accept(MediaType.TEXT_EVENT_STREAM, MediaType.APPLICATION_PROBLEM_JSON)
                        .exchange(),
                HttpStatus.BAD_REQUEST,
                "ID",
                "record id");
    }

    @Test
    void anIdOfAnotherKindInABodyIsRefused() {
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("id", "a/b", "title", "x")),
                HttpStatus.BAD_REQUEST,
                "ID",
                "record id");
        isProblem(
                send(HttpMethod.POST, "/api/projects", Map.of("id", "+", "name", "x")),
                HttpStatus.BAD_REQUEST,
                "ID",
                "record id");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/tasks",
        "GET,/tasks/t1",
        "POST,/tasks",
        "PATCH,/tasks/t1",
        "DELETE,/tasks/t1",
        "PUT,''",
        "GET,/events"
    })
    void anUnknownProjectIsNotFoundAndOpensNoScope(String method, String path) {
        int before = board.context().getBean(OpenScopes.class).count();
        Map<String, String> body = method.equals("PUT") ? Map.of("name", "x") : Map.of("title", "x");
        isProblem(
                send(HttpMethod.valueOf(method), "/api/projects/nowhere" + path, body),
                HttpStatus.NOT_FOUND,
                "NO_SUCH_PROJECT",
                "GET /api/projects lists");
        assertThat(board.context().getBean(OpenScopes.class).count()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "\"text\"",
                "{\"title\":{}}",
                "{\"title\":\"x\",\"status\":\"LATER\"}",
                "{\"titel\":\"x\"}"
            })
    void aBodyThatIsNoTaskIsRefusedWithAdvice(String body) {
        isProblem(send(HttpMethod.POST, tasks(), body), HttpStatus.BAD_REQUEST, "MALFORMED", "Send a JSON object");
    }

    @Test
    void fieldsThatBreakARuleAreNamed() {
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("title", " ", "assignee", "x".repeat(101))),
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "'assignee' size must be between 0 and 100, 'title' must not be blank");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|Send a JSON object",
                "{}|Send a JSON object",
                "{\"id\":\"x\"}|no field 'id'",
                "{\"_version\":3}|no field '_version'",
                "{\"title\":null}|The title must be a text",
                "{\"title\":\" \"}|must not be blank",
                "{\"status\":\"LATER\"}|must be one of [OPEN, DOING, DONE]",
                "{\"assignee\":7}|The assignee must be a text"
            })
    void aChangeThatATaskCannotTakeIsRefusedWithAdvice(String body, String advice) {
        isProblem(send(HttpMethod.PATCH, tasks() + "/t1", body), HttpStatus.BAD_REQUEST, "INVALID", advice);
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() {
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("title", "x".repeat(100_000))),
                HttpStatus.CONTENT_TOO_LARGE,
                "TOO_LARGE",
                "Send less");
    }

    @Test
    void aViewersNameHasABound() {
        isProblem(
                client.get()
                        .uri("/api/projects/" + project + "/events?name=" + "x".repeat(41))
                        .exchange(),
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "'name' size must be between 0 and 40");
    }

    @Test
    void healthAndMetricsShowTheStore() {
        Map<String, Object> health = client.get()
                .uri("/actuator/health")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(JSON)
                .returnResult()
                .getResponseBody();
        assertThat(health).extractingByKey("components").asString().contains("connection=CONNECTED");
        for (String metric : List.of(
                "board.store.pending",
                "board.store.connected",
                "board.store.diagnostics?tag=code:FORGED",
                "board.scopes",
                "board.viewers")) {
            client.get()
                    .uri("/actuator/metrics/" + metric)
                    .exchange()
                    .expectStatus()
                    .isOk();
        }
    }

    @Test
    void thePageMayLoadNothingFromElsewhere() {
        HttpHeaders headers = client.get()
                .uri("/")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseHeaders();
        assertThat(headers.getFirst("Content-Security-Policy")).startsWith("default-src 'self';");
    }

    @Test
    void oneStoreServesAll() {
        assertThat(board.context().getBeansOfType(StitchStore.class)).hasSize(1);
    }
}
