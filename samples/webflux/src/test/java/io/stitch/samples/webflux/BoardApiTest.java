package io.stitch.samples.webflux;

import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Task;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
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
@ExtendWith(BoardExtension.class)
class BoardApiTest {
    private static final ParameterizedTypeReference<Map<String, Object>> JSON = new ParameterizedTypeReference<>() {};

    private final StitchServer server;
    private final RunningBoard board;
    private final WebTestClient client;
    private final String project;

    BoardApiTest(StitchServer server, RunningBoard board) {
        this.server = server;
        this.board = board;
        this.client = board.client();
        this.project = BoardExtension.newProject(server);
    }

    private WebTestClient.ResponseSpec send(HttpMethod method, String path, Object body) {
        return client.method(method)
                .uri(URI.create(board.url() + path))
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }

    private static Map<String, Object> isProblem(
            WebTestClient.ResponseSpec response, HttpStatus status, String code, String advice) {
        Map<String, Object> problem = response.expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody(JSON)
                .returnResult()
                .getResponseBody();
        assertThat(problem).containsEntry("status", status.value()).containsEntry("code", code);
        assertThat(String.valueOf(problem.get("detail"))).contains(advice);
        return problem;
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
    void whatTheServerRefusesIsAConflictAndUndone() {
        send(HttpMethod.POST, tasks(), Map.of("title", "Same " + project))
                .expectStatus()
                .isCreated();
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("title", "Same " + project)),
                HttpStatus.CONFLICT,
                "CONFLICT",
                "Choose another title");
        client.get().uri(tasks()).exchange().expectBodyList(Task.class).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|400|INVALID|Correct what was entered",
                "403|403|FORBIDDEN|Ask who runs the service",
                "404|404|NOT_FOUND|create it anew",
                "409|409|CONFLICT|Choose another title"
            })
    void aRefusalIsSaidInWordsOfTheBoardAndNotOfTheWire(int answer, int status, String code, String advice) {
        server.put(
                "task",
                "{\"id\":\"%1$s\",\"projectId\":\"%1$s\",\"title\":\"Weld %1$s\",\"status\":\"OPEN\"}"
                        .formatted(project));
        client.get().uri(tasks()).exchange().expectBodyList(Task.class).hasSize(1);
        server.failRequests(1, answer, "some violation: task.title");
        Map<String, Object> problem = isProblem(
                send(HttpMethod.PATCH, tasks() + "/" + project, Map.of("title", "Solder " + project)),
                HttpStatus.valueOf(status),
                code,
                advice);
        assertThat(problem.toString()).doesNotContain("$DB", "violation");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"429|429|RATE_LIMITED|Wait a moment", "500|502|SERVER|Try again later"})
    void troubleOfTheServerSaysWhenToTryAgain(int answer, int status, String code, String advice) {
        server.failRequests(1, answer, "some trouble");
        WebTestClient.ResponseSpec response =
                client.get().uri("/api/projects/nowhere").exchange();
        response.expectHeader().exists(HttpHeaders.RETRY_AFTER);
        Map<String, Object> problem = isProblem(response, HttpStatus.valueOf(status), code, advice);
        assertThat(problem.toString()).doesNotContain("$DB", "trouble on");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,''",
        "PUT,''",
        "DELETE,''",
        "GET,/tasks",
        "POST,/tasks",
        "GET,/tasks/t1",
        "PATCH,/tasks/t1",
        "DELETE,/tasks/t1",
        "GET,/events"
    })
    void aProjectIdThatCannotBeOneIsRefusedWithTheReason(String method, String path) {
        Map<String, String> body = method.equals("PUT") ? Map.of("name", "x") : Map.of("title", "x");
        for (String id : List.of("a%2Bb", "a%23b", "a%2Fb", "a%00b", "create", "list", "events1", "x".repeat(513))) {
            isProblem(
                    send(HttpMethod.valueOf(method), "/api/projects/" + id + path, body),
                    HttpStatus.BAD_REQUEST,
                    "ID",
                    "record id");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PATCH", "DELETE"})
    void aTaskIdThatCannotBeOneIsRefusedWithTheReason(String method) {
        for (String id : List.of("a%2Bb", "a%23b", "a%2Fb", "a%00b", "create", "list", "events1", "x".repeat(513))) {
            isProblem(
                    send(HttpMethod.valueOf(method), tasks() + "/" + id, Map.of("title", "x")),
                    HttpStatus.BAD_REQUEST,
                    "ID",
                    "record id");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PATCH", "DELETE"})
    void anUnknownTaskIsNotFound(String method) {
        isProblem(
                send(HttpMethod.valueOf(method), tasks() + "/nothing", Map.of("title", "x")),
                HttpStatus.NOT_FOUND,
                "NO_SUCH_TASK",
                tasks() + " lists");
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

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"name\":{}}", "{\"nam\":\"x\"}"})
    void aBodyThatIsNoProjectIsRefusedWithAdvice(String body) {
        isProblem(
                send(HttpMethod.POST, "/api/projects", body),
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "Send a JSON object");
        isProblem(
                send(HttpMethod.PUT, "/api/projects/" + project, body),
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "Send a JSON object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"title\":"})
    void aChangeThatCannotBeReadIsRefusedWithAdvice(String body) {
        isProblem(
                send(HttpMethod.PATCH, tasks() + "/t1", body),
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "Send a JSON object");
    }

    @Test
    void aBodyThatIsNotJsonIsRefusedWithWhatIsTaken() {
        isProblem(
                client.post()
                        .uri(tasks())
                        .contentType(MediaType.TEXT_PLAIN)
                        .bodyValue("Weld")
                        .exchange(),
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "Send application/json");
    }

    @Test
    void aRequestThatTheServiceDoesNotHaveSaysWhereToLook() {
        isProblem(
                client.get().uri("/api/nothing").exchange(),
                HttpStatus.NOT_FOUND,
                "NOT_FOUND",
                "what the README lists");
        isProblem(
                client.delete().uri("/api/projects").exchange(),
                HttpStatus.METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "GET");
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

    @ParameterizedTest
    @CsvSource({"POST,/tasks", "PATCH,/tasks/t1", "PUT,''"})
    void aBodyThatIsTooLargeIsRefused(String method, String path) {
        isProblem(
                send(
                        HttpMethod.valueOf(method),
                        "/api/projects/" + project + path,
                        Map.of(method.equals("PUT") ? "name" : "title", "x".repeat(100_000))),
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
        assertThat(metric("stitch.connected?tag=store:board")).isEqualTo(1);
        assertThat(metric("stitch.writes.pending?tag=store:board")).isZero();
        assertThat(metric("stitch.diagnostics?tag=store:board&tag=code:FORGED")).isZero();
        assertThat(metric("board.viewers")).isZero();
        double open = metric("stitch.scopes.open");
        double created = metric("stitch.requests?tag=operation:create&tag=outcome:ok");
        send(HttpMethod.POST, tasks(), Map.of("title", "Weld " + project))
                .expectStatus()
                .isCreated();
        assertThat(metric("stitch.scopes.open")).isEqualTo(open + 1);
        assertThat(metric("stitch.requests?tag=operation:create&tag=outcome:ok"))
                .isEqualTo(created + 1);
    }

    /** A gauge's value, or how often a timer was used. */
    private double metric(String name) {
        Map<String, Object> metric = client.get()
                .uri("/actuator/metrics/" + name)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(JSON)
                .returnResult()
                .getResponseBody();
        assertThat(metric).isNotNull();
        Map<?, ?> first = (Map<?, ?>) ((List<?>) metric.get("measurements")).get(0);
        return ((Number) first.get("value")).doubleValue();
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
