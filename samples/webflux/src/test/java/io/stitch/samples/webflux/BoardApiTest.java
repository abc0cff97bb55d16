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

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

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
    void aListHasTheTasksWithATextInTheirTitleOrOfWhoeverDoesThem() {
        send(HttpMethod.POST, tasks(), Map.of("id", "w-" + project, "title", "Weld " + project));
        send(HttpMethod.POST, tasks(), Map.of("id", "x-" + project, "title", "Paint " + project, "assignee", "Willy"));
        send(HttpMethod.POST, tasks(), Map.of("id", "y-" + project, "title", "Cut " + project, "assignee", "Zoe"));

        List<Task> found = client.get()
                .uri(tasks() + "?text={text}", "W")
                .exchange()
                .expectBodyList(Task.class)
                .returnResult()
                .getResponseBody();
        assertThat(found).extracting(Task::id).containsExactly("w-" + project, "x-" + project);
        client.get()
                .uri(tasks() + "?text={text}", "*")
                .exchange()
                .expectBodyList(Task.class)
                .hasSize(0);
        isProblem(
                client.get().uri(tasks() + "?text=" + "x".repeat(501)).exchange(),
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "text");
    }

    @Test
    void aStreamThatIsNotThereCannotBeAskedForAnotherText() {
        String stream = "/api/projects/" + project + "/events/nobody";
        isProblem(
                send(HttpMethod.PUT, stream, Map.of("text", "weld")),
                HttpStatus.NOT_FOUND,
                "NO_SUCH_STREAM",
                "?stream=");
        isProblem(send(HttpMethod.PUT, stream, Map.of()), HttpStatus.BAD_REQUEST, "INVALID", "text");
        isProblem(
                send(HttpMethod.PUT, stream, Map.of("text", "x".repeat(501))),
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "text");
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
                "403|403|FORBIDDEN|Ask whoever runs the service",
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

    /** Clients make another address of one with such an id, so nobody could open it again. */
    @ParameterizedTest
    @ValueSource(strings = {".", ".."})
    void anIdThatMeansAPlaceInAnAddressIsRefused(String id) {
        isProblem(
                send(HttpMethod.POST, "/api/projects", Map.of("id", id, "name", "x")),
                HttpStatus.BAD_REQUEST,
                "ID",
                "Choose another id");
        isProblem(
                send(HttpMethod.POST, tasks(), Map.of("id", id, "title", "x")),
                HttpStatus.BAD_REQUEST,
                "ID",
                "Choose another id");
        assertThat(server.record("project", id)).isEmpty();
        assertThat(server.record("task", id)).isEmpty();
    }

    /** What an address of such a task becomes on its way must not be that of its board. */
    @Test
    void anAddressThatEndsTooEarlyDeletesNothing() {
        for (String path : List.of("/api/projects/" + project + "/", tasks() + "/")) {
            isProblem(send(HttpMethod.DELETE, path, Map.of()), HttpStatus.NOT_FOUND, "NOT_FOUND", "nothing at");
        }
        assertThat(server.record("project", project)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"...", ".a", "a;b", "%", "a b", "a?b", "\\", "ä😀"})
    void whatWasMadeIsFoundWhereTheAnswerSays(String id) {
        URI made = send(HttpMethod.POST, tasks(), Map.of("id", id + project, "title", "x" + id + project))
                .expectStatus()
                .isCreated()
                .expectBody(Task.class)
                .returnResult()
                .getResponseHeaders()
                .getLocation();
        send(HttpMethod.DELETE, String.valueOf(made), Map.of()).expectStatus().isNoContent();
        assertThat(server.record("task", id + project)).isEmpty();
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
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~|has no body",
                "{|The body is not JSON: it goes wrong in line 1",
                "[]|The body is not a JSON object",
                "{\"title\":{}}|The field 'title' has a value of the wrong kind",
                "{\"title\":\"x\",\"status\":\"LATER\"}|The field 'status' cannot be 'LATER': it is one of OPEN, DOING, DONE",
                "{\"titel\":\"x\"}|There is no field 'titel' here",
                "{\"title\":\"x\",\"status\":\"\\ud800\"}|The field 'status' cannot be '\uFFFD'",
                "{\"title\":5}|The field 'title' has a value of the wrong kind",
                "{\"title\":true}|The field 'title' has a value of the wrong kind",
                "{\"id\":7,\"title\":\"x\"}|The field 'id' has a value of the wrong kind",
                "{\"title\":\"x\",\"assignee\":1.5}|The field 'assignee' has a value of the wrong kind",
                "{\"title\":\"x\",\"status\":1}|The field 'status' cannot be '1': it is one of OPEN, DOING, DONE",
                "{\"title\":\"x\",\"status\":\"1\"}|The field 'status' cannot be '1'",
                "{\"title\":\"x\",\"status\":\"\"}|The field 'status' cannot be ''",
                "{\"title\":\"\\ud800 y\"}|The field 'title' has half of a pair of surrogates in it",
                "{\"id\":\"\\udc00\",\"title\":\"x\"}|The field 'id' has half of a pair of surrogates in it",
                "{\"title\":\"x\",\"assignee\":\"\\udc00\\ud800\"}|The field 'assignee' has half of a pair of surrogates in it",
                "{\"x😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀\":1}|😀…' here"
            })
    void aBodyThatIsNoTaskSaysWhatIsWrongAndWhatIsAccepted(String body, String wrong) {
        Map<String, Object> problem =
                isProblem(send(HttpMethod.POST, tasks(), body), HttpStatus.BAD_REQUEST, "MALFORMED", wrong);
        assertThat(problem.get("detail"))
                .asString()
                .contains("Send a JSON object with id, title, status, assignee.")
                .doesNotContain("io.stitch", "tools.jackson");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5|has a value of the wrong kind",
                "true|has a value of the wrong kind",
                "\"\\ud800\"|has half of a pair of surrogates in it"
            })
    void aNameThatIsNoTextIsRefused(String name, String wrong) {
        String body = "{\"name\":%s}".formatted(name);
        for (WebTestClient.ResponseSpec refused : List.of(
                send(HttpMethod.POST, "/api/projects", body), send(HttpMethod.PUT, "/api/projects/" + project, body))) {
            isProblem(refused, HttpStatus.BAD_REQUEST, "MALFORMED", "The field 'name' " + wrong);
        }
        assertThat(server.record("project", project))
                .hasValueSatisfying(
                        kept -> assertThat(kept.path("name").stringValue()).isEqualTo("Refit"));
    }

    @Test
    void aParameterThatIsNoneSaysWhatIsAccepted() {
        isProblem(
                client.get()
                        .uri("/api/projects/" + project + "/events?again=perhaps")
                        .exchange(),
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "The parameter 'again' must be true or false");
    }

    /** Such an address is refused before there is a request that somebody could look at. */
    @ParameterizedTest
    @ValueSource(strings = {"/api/projects/%", "/api/projects/%zz/tasks", "/%"})
    void anAddressThatIsNoneSaysSo(String path) throws IOException {
        URI address = URI.create(board.url());
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            socket.setSoTimeout((int) RunningBoard.PATIENCE.toMillis());
            socket.getOutputStream()
                    .write("GET %s HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n"
                            .formatted(path)
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 400 ")
                    .containsIgnoringCase("content-type: application/problem+json")
                    .contains("\"code\":\"MALFORMED\"", "percent");
        }
    }

    /** Nor is there a request where its first line or its headers are too long, or are no HTTP. */
    @ParameterizedTest
    @CsvSource({
        "GET /api/projects?x=LONG HTTP/1.1,,414,ADDRESS_TOO_LONG",
        "DELETE /api/projects/LONG HTTP/1.1,,414,ADDRESS_TOO_LONG",
        "GET /api/projects HTTP/1.1,X-Much: LONG,431,HEADERS_TOO_LARGE",
        "GET /api/projects HTTP/x,,400,MALFORMED"
    })
    void aRequestThatCannotBeReadSaysSo(String line, String header, int status, String code) throws IOException {
        URI address = URI.create(board.url());
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            socket.setSoTimeout((int) RunningBoard.PATIENCE.toMillis());
            socket.getOutputStream()
                    .write("%s\r\nHost: board\r\n%s\r\n"
                            .formatted(line, header == null ? "" : header + "\r\n")
                            .replace("LONG", "x".repeat(9_000))
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 %d ".formatted(status))
                    .containsIgnoringCase("content-type: application/problem+json")
                    .contains("\"code\":\"%s\"".formatted(code), "\"status\":%d".formatted(status), "\"words\":\"");
        }
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
        isProblem(client.get().uri("/nothing.html").exchange(), HttpStatus.NOT_FOUND, "NOT_FOUND", "/api/projects");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DELETE|/api/projects|GET, POST",
                "POST|/api/projects/p1|DELETE, GET, PUT",
                "PUT|/api/projects/p1/tasks|GET, POST",
                "POST|/api/projects/p1/tasks/t1|DELETE, GET, PATCH"
            })
    void aMethodThatIsNotThereSaysWhichAre(String method, String path, String methods) {
        Map<String, Object> problem = isProblem(
                send(HttpMethod.valueOf(method), path, Map.of()),
                HttpStatus.METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "%s cannot be done at %s.".formatted(method, path));
        assertThat(problem.get("detail")).asString().contains("Send " + methods);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/projects|application/json",
                "/api/projects/p1|application/json",
                "/api/projects/p1/tasks|application/json",
                "/api/projects/events|text/event-stream",
                "/api/projects/p1/events|text/event-stream"
            })
    void aFormThatIsNotThereSaysWhichIs(String path, String form) {
        Map<String, Object> problem = isProblem(
                client.get()
                        .uri(path.replace("p1", project))
                        .accept(MediaType.IMAGE_PNG)
                        .exchange(),
                HttpStatus.NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                "cannot be had as image/png");
        assertThat(problem.get("detail")).asString().contains(form);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET|/|garbage",
                "GET|/index.html|text/",
                "GET|/api/projects|garbage",
                "POST|/api/projects|garbage",
                "GET|/api/projects/events|a/b/c",
                "PATCH|/api/projects/p1/tasks/t1|garbage",
                "GET|/api/nothing|garbage",
                "GET|/actuator/health|garbage"
            })
    void anAcceptThatNobodyCanReadIsAProblemToo(String method, String path, String accept) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(board.url() + path))
                                .method(method, HttpRequest.BodyPublishers.ofString("{\"name\":\"x\"}"))
                                .header(HttpHeaders.CONTENT_TYPE, "application/json")
                                .header(HttpHeaders.ACCEPT, accept)
                                .timeout(RunningBoard.PATIENCE)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(406);
        assertThat(answer.headers().firstValue(HttpHeaders.CONTENT_TYPE))
                .hasValue(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        assertThat(answer.body())
                .contains("\"code\":\"NOT_ACCEPTABLE\"", "The header Accept is not a list", "\"words\":\"");
    }

    @Test
    void aContentTypeThatNobodyCanReadIsAProblemToo() throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(board.url() + "/api/projects"))
                                .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"x\"}"))
                                .header(HttpHeaders.CONTENT_TYPE, "garbage")
                                .timeout(RunningBoard.PATIENCE)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body()).contains("\"code\":\"UNSUPPORTED_MEDIA_TYPE\"", "Send application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "POST", "PUT", "PATCH"})
    void thePageCanOnlyBeRead(String method) {
        for (String path : List.of("/", "/index.html")) {
            WebTestClient.ResponseSpec refused = send(HttpMethod.valueOf(method), path, Map.of());
            refused.expectHeader().exists(HttpHeaders.ALLOW);
            isProblem(refused, HttpStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send GET, HEAD");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/api/projects"})
    void whatCanBeDoneCanBeAskedFor(String path) {
        assertThat(client.options()
                        .uri(path)
                        .exchange()
                        .expectStatus()
                        .isOk()
                        .expectBody()
                        .returnResult()
                        .getResponseHeaders()
                        .getAllow())
                .contains(HttpMethod.GET, HttpMethod.HEAD);
    }

    // ---- HEAD ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/index.html",
                "/board.css",
                "/js/app.js",
                "/api/projects",
                "/api/projects/{id}",
                "/api/projects/{id}/tasks",
                "/api/projects/{id}/tasks/{id}",
                "/api/projects/{id}/events",
                "/api/projects/events",
                "/actuator/health"
            })
    void whatCanBeHadCanBeAskedForItsHeadAlone(String path) {
        server.put(
                "task",
                "{\"id\":\"%1$s\",\"projectId\":\"%1$s\",\"title\":\"Weld %1$s\",\"status\":\"OPEN\"}"
                        .formatted(project));
        client.get().uri(tasks()).exchange().expectStatus().isOk();
        client.method(HttpMethod.HEAD)
                .uri(path.replace("{id}", project))
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .isEmpty();
    }

    @Test
    void thePageIsHadAtTheRoot() {
        assertThat(client.get()
                        .uri("/")
                        .exchange()
                        .expectHeader()
                        .contentTypeCompatibleWith(MediaType.TEXT_HTML)
                        .expectBody(String.class)
                        .returnResult()
                        .getResponseBody())
                .contains("<title>Task board</title>");
    }

    // ---- entity tags ----

    private WebTestClient.ResponseSpec sendIf(HttpMethod method, String path, String tag, Object body) {
        WebTestClient.RequestBodySpec request =
                client.method(method).uri(URI.create(board.url() + path)).header(HttpHeaders.IF_MATCH, tag);
        return body == null
                ? request.exchange()
                : request.contentType(MediaType.APPLICATION_JSON)
                        .bodyValue(body)
                        .exchange();
    }

    private static String tag(WebTestClient.ResponseSpec response) {
        String tag = response.expectBody().returnResult().getResponseHeaders().getETag();
        assertThat(tag).isNotNull().matches("\"[0-9]+-[0-9a-f]{8}\"");
        return tag;
    }

    private String madeTask(String id) {
        return tag(send(HttpMethod.POST, tasks(), Map.of("id", id, "title", "Weld " + id))
                .expectStatus()
                .isCreated());
    }

    @Test
    void aTaskHasATagThatChangesWithItsVersion() {
        String one = tasks() + "/" + project;
        String made = madeTask(project);
        assertThat(made).startsWith("\"1-");
        assertThat(tag(client.get().uri(one).exchange())).isEqualTo(made);
        String changed = tag(send(HttpMethod.PATCH, one, Map.of("status", "DOING"))
                .expectStatus()
                .isOk());
        assertThat(changed).startsWith("\"2-");
        assertThat(tag(client.get().uri(one).exchange())).isEqualTo(changed);
    }

    @Test
    void aBoardHasATag() {
        String id = UUID.randomUUID().toString();
        String made = tag(send(HttpMethod.POST, "/api/projects", Map.of("id", id, "name", "Hull")));
        assertThat(tag(client.get().uri("/api/projects/" + id).exchange())).isEqualTo(made);
        String renamed = tag(send(HttpMethod.PUT, "/api/projects/" + id, Map.of("name", "Keel")));
        assertThat(renamed).isNotEqualTo(made);
        assertThat(tag(client.get().uri("/api/projects/" + id).exchange())).isEqualTo(renamed);
    }

    @Test
    void whoHasARecordAlreadyIsToldThatItIsTheSame() {
        String made = madeTask(project);
        for (String path : List.of(tasks() + "/" + project, "/api/projects/" + project)) {
            String tag = tag(client.get().uri(path).exchange());
            client.get()
                    .uri(path)
                    .header(HttpHeaders.IF_NONE_MATCH, tag)
                    .exchange()
                    .expectStatus()
                    .isNotModified()
                    .expectHeader()
                    .valueEquals(HttpHeaders.ETAG, tag)
                    .expectBody()
                    .isEmpty();
            client.get()
                    .uri(path)
                    .header(HttpHeaders.IF_NONE_MATCH, "\"another\"")
                    .exchange()
                    .expectStatus()
                    .isOk();
        }
        send(HttpMethod.PATCH, tasks() + "/" + project, Map.of("status", "DONE"));
        client.get()
                .uri(tasks() + "/" + project)
                .header(HttpHeaders.IF_NONE_MATCH, made)
                .exchange()
                .expectStatus()
                .isOk();
    }

    @Test
    void aChangeOfATaskThatSomebodyHasChangedSinceIsRefusedWithWhatItIsNow() {
        String one = tasks() + "/" + project;
        String made = madeTask(project);
        String changed = tag(sendIf(HttpMethod.PATCH, one, made, Map.of("assignee", "Ada"))
                .expectStatus()
                .isOk());

        WebTestClient.ResponseSpec refused = sendIf(HttpMethod.PATCH, one, made, Map.of("assignee", "Ben"));
        refused.expectHeader().valueEquals(HttpHeaders.ETAG, changed);
        Map<String, Object> problem =
                isProblem(refused, HttpStatus.PRECONDITION_FAILED, "CHANGED", "send the change again with its tag");
        assertThat(problem.get("current")).asString().contains("assignee=Ada").doesNotContain("version");
        isProblem(sendIf(HttpMethod.DELETE, one, made, null), HttpStatus.PRECONDITION_FAILED, "CHANGED", changed);
        isProblem(
                sendIf(HttpMethod.PATCH, one, "W/" + changed, Map.of("assignee", "Ben")),
                HttpStatus.PRECONDITION_FAILED,
                "CHANGED",
                changed);

        assertThat(sendIf(HttpMethod.PATCH, one, "\"other\", " + changed, "{\"assignee\":null}")
                        .expectStatus()
                        .isOk()
                        .expectBody(Task.class)
                        .returnResult()
                        .getResponseBody())
                .isNotNull()
                .extracting(Task::assignee)
                .isNull();
        sendIf(HttpMethod.PATCH, one, "*", Map.of("title", "Solder " + project, "status", "DONE"))
                .expectStatus()
                .isOk();
        sendIf(HttpMethod.DELETE, one, tag(client.get().uri(one).exchange()), null)
                .expectStatus()
                .isNoContent();
        isProblem(sendIf(HttpMethod.DELETE, one, "*", null), HttpStatus.NOT_FOUND, "NO_SUCH_TASK", "deleted");
    }

    @Test
    void aChangeOfABoardThatSomebodyHasChangedSinceIsRefusedWithWhatItIsNow() {
        String id = UUID.randomUUID().toString();
        String path = "/api/projects/" + id;
        String made = tag(send(HttpMethod.POST, "/api/projects", Map.of("id", id, "name", "Hull")));
        String renamed = tag(sendIf(HttpMethod.PUT, path, made, Map.of("name", "Keel"))
                .expectStatus()
                .isOk());
        assertThat(isProblem(
                                sendIf(HttpMethod.PUT, path, made, Map.of("name", "Mast")),
                                HttpStatus.PRECONDITION_FAILED,
                                "CHANGED",
                                renamed)
                        .get("current"))
                .asString()
                .contains("name=Keel");
        isProblem(sendIf(HttpMethod.DELETE, path, made, null), HttpStatus.PRECONDITION_FAILED, "CHANGED", renamed);
        sendIf(HttpMethod.DELETE, path, renamed, null).expectStatus().isNoContent();
    }

    private HttpRequest meantFor(String tag, String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create(board.url() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
                .header(HttpHeaders.IF_MATCH, tag)
                .timeout(RunningBoard.PATIENCE)
                .build();
    }

    /** What is sent at once, and how each is answered. */
    private static List<Integer> atOnce(HttpClient http, HttpRequest... requests) {
        return Stream.of(requests)
                .map(request -> http.sendAsync(request, HttpResponse.BodyHandlers.discarding()))
                .toList()
                .stream()
                .map(answer -> answer.join().statusCode())
                .toList();
    }

    private static void onlyOneWasDone(List<Integer> statuses) {
        assertThat(statuses)
                .satisfiesOnlyOnce(status -> assertThat(status).isBetween(200, 299))
                .allSatisfy(status -> assertThat(status).isIn(200, 204, 404, 412));
    }

    /** Of all who mean the same state only one changes it, or what somebody wrote would be deleted by who never saw it. */
    @Test
    void ofAChangeAndADeleteThatMeanTheSameStateOnlyOneIsDone() {
        HttpClient http = HttpClient.newHttpClient();
        for (int i = 0; i < 60; i++) {
            String id = i + project;
            String one = tasks() + "/" + id;
            String tag = madeTask(id);
            HttpRequest change = meantFor(tag, "PATCH", one, "{\"assignee\":\"Ada\"}");
            HttpRequest delete = meantFor(tag, "DELETE", one, "");
            onlyOneWasDone(i % 2 == 0 ? atOnce(http, change, delete) : atOnce(http, delete, change));

            String board = "/api/projects/" + id;
            String made = tag(send(HttpMethod.POST, "/api/projects", Map.of("id", id, "name", "Hull")));
            HttpRequest rename = meantFor(made, "PUT", board, "{\"name\":\"Keel\"}");
            HttpRequest end = meantFor(made, "DELETE", board, "");
            onlyOneWasDone(i % 2 == 0 ? atOnce(http, rename, end) : atOnce(http, end, rename));
        }
    }

    @ParameterizedTest
    @CsvSource({"PATCH,/tasks/", "DELETE,/tasks/", "PUT,''", "DELETE,''"})
    void aTagThatIsNoneIsRefused(String method, String path) {
        madeTask(project);
        isProblem(
                sendIf(
                        HttpMethod.valueOf(method),
                        "/api/projects/" + project + (path.isEmpty() ? "" : path + project),
                        "no tag",
                        method.equals("DELETE") ? null : Map.of(method.equals("PUT") ? "name" : "title", "x")),
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "If-Match");
    }

    // ---- words for people ----

    /** What the page shows of a refusal: nobody who uses a board knows ids, addresses and headers. */
    @Test
    void everyProblemHasWordsForPeopleWithoutIdsAndTermsOfTheApi() {
        send(HttpMethod.POST, tasks(), Map.of("id", "t1" + project, "title", "Same " + project));
        String one = tasks() + "/t1" + project;
        List<WebTestClient.ResponseSpec> refusals = List.of(
                send(HttpMethod.PATCH, tasks() + "/gone" + project, Map.of("title", "x")),
                send(HttpMethod.PATCH, tasks() + "/a%2Fb", Map.of("title", "x")),
                send(HttpMethod.DELETE, tasks() + "/gone" + project, Map.of()),
                send(HttpMethod.PATCH, "/api/projects/gone" + project + "/tasks/t1", Map.of("title", "x")),
                send(HttpMethod.POST, "/api/projects/a%2Fb/tasks", Map.of("title", "x")),
                send(HttpMethod.POST, tasks(), Map.of("title", "Same " + project)),
                send(HttpMethod.POST, tasks(), Map.of("title", " ")),
                send(HttpMethod.POST, tasks(), Map.of("titel", "x")),
                send(HttpMethod.POST, tasks(), "{"),
                send(HttpMethod.PATCH, one, Map.of("status", "LATER")),
                send(HttpMethod.PATCH, one, Map.of("title", "x".repeat(100_000))),
                send(HttpMethod.PUT, one, Map.of()),
                send(HttpMethod.GET, "/api/nothing", Map.of()),
                client.get().uri(one).accept(MediaType.IMAGE_PNG).exchange(),
                client.post()
                        .uri(tasks())
                        .contentType(MediaType.TEXT_PLAIN)
                        .bodyValue("x")
                        .exchange(),
                sendIf(HttpMethod.PATCH, one, "\"old\"", Map.of("title", "x")),
                sendIf(HttpMethod.PATCH, one, "old", Map.of("title", "x")));
        for (WebTestClient.ResponseSpec refusal : refusals) {
            Map<String, Object> problem =
                    refusal.expectBody(JSON).returnResult().getResponseBody();
            assertThat(problem).isNotNull();
            assertThat(problem.get("words"))
                    .as("the words of %s", problem)
                    .asString()
                    .matches("[A-Z].*\\.")
                    .doesNotContain(project, "/api", "GET", "JSON", "If-Match", "'", " id", "record", "field", "null");
        }
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
                "{\"title\":\"\\ud800 y\"}|The title has half of a pair of surrogates in it",
                "{\"assignee\":\"y\\udc00\"}|The assignee has half of a pair of surrogates in it",
                "{\"status\":\"\\ud800\"}|must be one of [OPEN, DOING, DONE]",
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
    void healthAndMetricsShowTheStoreToThoseWhoRunTheService() {
        try (RunningBoard run = RunningBoard.on(server, RunningBoard.withOperator())) {
            Map<String, Object> health = run.operator()
                    .get()
                    .uri("/actuator/health")
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody(JSON)
                    .returnResult()
                    .getResponseBody();
            assertThat(health).extractingByKey("components").asString().contains("connection=CONNECTED");
            assertThat(metric(run, "stitch.connected?tag=store:board")).isEqualTo(1);
            assertThat(metric(run, "stitch.writes.pending?tag=store:board")).isZero();
            assertThat(metric(run, "stitch.diagnostics?tag=store:board&tag=code:FORGED"))
                    .isZero();
            assertThat(metric(run, "board.viewers")).isZero();
            double open = metric(run, "stitch.scopes.open");
            run.client()
                    .post()
                    .uri(tasks())
                    .bodyValue(Map.of("title", "Weld " + project))
                    .exchange()
                    .expectStatus()
                    .isCreated();
            assertThat(metric(run, "stitch.scopes.open")).isEqualTo(open + 1);
            assertThat(metric(run, "stitch.requests?tag=operation:create&tag=outcome:ok"))
                    .isEqualTo(1);
        }
    }

    /** A gauge's value, or how often a timer was used. */
    private static double metric(RunningBoard run, String name) {
        Map<String, Object> metric = run.operator()
                .get()
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
    void whetherTheServiceIsWellIsPublicAndNothingElse() {
        client.get()
                .uri("/actuator/health")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(JSON)
                .consumeWith(health -> assertThat(health.getResponseBody())
                        .containsEntry("status", "UP")
                        .doesNotContainKey("components"));
        client.get().uri("/actuator/health/readiness").exchange().expectStatus().isOk();
        client.get().uri("/actuator/metrics").exchange().expectStatus().isNotFound();
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
