package io.stitch.samples.webflux;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.QueuedWrite;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.json.JsonMapper;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BrokerTroubleTest {
    private static final ParameterizedTypeReference<Map<String, Object>> JSON = new ParameterizedTypeReference<>() {};

    private static StitchServer server() {
        StitchServer server = StitchServer.start(SampleBoard.rules().build());
        server.put("project", SampleBoard.project("p1", "Refit").toString());
        return server;
    }

    private static Map<String, Object> body(WebTestClient.ResponseSpec response) {
        Map<String, Object> body = response.expectBody(JSON).returnResult().getResponseBody();
        assertThat(body).isNotNull();
        return body;
    }

    private static WebTestClient.ResponseSpec get(RunningBoard board, String path) {
        return board.client().get().uri(path).exchange();
    }

    private static WebTestClient.ResponseSpec health(RunningBoard board) {
        return board.operator().get().uri("/actuator/health").exchange();
    }

    @Test
    void withoutABrokerTheServiceStartsAndSaysThatItHasNone() {
        try (RunningBoard board = RunningBoard.at("mqtt://127.0.0.1:1", RunningBoard.withOperator())) {
            get(board, "/").expectStatus().isOk();
            Map<String, Object> problem = body(get(board, "/api/projects/p1")
                    .expectStatus()
                    .isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
                    .expectHeader()
                    .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON));
            assertThat(problem).containsEntry("code", "NOT_CONNECTED");
            assertThat(problem.get("detail")).asString().contains("no connection to its server. Try again");
            board.store()
                    .connection()
                    .filter(status -> status.error() != null)
                    .next()
                    .block(RunningBoard.PATIENCE);
            assertThat(body(health(board).expectStatus().isEqualTo(HttpStatus.SERVICE_UNAVAILABLE))
                            .toString())
                    .contains("advice=", "127.0.0.1");
            get(board, "/livez").expectStatus().isOk();
        }
    }

    @Test
    void aWriteThatWasAnsweredWith202OutlivesTheService(@TempDir Path folder) {
        StitchServer server = server();
        try {
            try (RunningBoard board = RunningBoard.in(folder, server.url())) {
                board.store().connect().block(RunningBoard.PATIENCE);
                get(board, "/api/projects/p1/tasks").expectStatus().isOk();
                stopBroker(server, board);
                post(board, Map.of("id", "kept", "title", "Kept"))
                        .expectStatus()
                        .isAccepted();
            }
            try (RunningBoard board = RunningBoard.in(folder, server.url())) {
                assertThat(board.store().pendingWrites()).isEqualTo(1);
                // Without a broker, too: what this service has is shown.
                get(board, "/api/projects")
                        .expectStatus()
                        .isOk()
                        .expectBodyList(Board.Project.class)
                        .isEqualTo(List.of(new Board.Project("p1", "Refit")));
                assertThat(get(board, "/api/projects/p1/tasks")
                                .expectStatus()
                                .isOk()
                                .expectBodyList(Board.Task.class)
                                .returnResult()
                                .getResponseBody())
                        .extracting(Board.Task::title)
                        .containsExactly("Kept");
                server.startBroker();
                board.store().reconnect().block(RunningBoard.PATIENCE);
                board.store()
                        .pendingCount()
                        .filter(pending -> pending == 0)
                        .next()
                        .block(RunningBoard.PATIENCE);
                assertThat(server.record("task", "kept")).isPresent();
            }
        } finally {
            server.close();
        }
    }

    /** The server inside keeps its records, too: without them, what the service has kept would be about nothing. */
    @Test
    void theServiceWithItsOwnServerFindsItsBoardsAgain(@TempDir Path folder) {
        try (RunningBoard board = RunningBoard.in(folder, "")) {
            board.store().connect().block(RunningBoard.PATIENCE);
            board.client()
                    .post()
                    .uri("/api/projects/apollo/tasks")
                    .contentType(MediaType.APPLICATION_JSON)
                    .bodyValue(Map.of("id", "kept", "title", "Kept"))
                    .exchange()
                    .expectStatus()
                    .isCreated();
        }
        try (RunningBoard board = RunningBoard.in(folder, "")) {
            board.store().connect().block(RunningBoard.PATIENCE);
            get(board, "/api/projects/apollo/tasks/kept").expectStatus().isOk();
            assertThatThrownBy(() -> RunningBoard.in(folder, ""))
                    .hasStackTraceContaining("The server inside does not start")
                    .hasStackTraceContaining("board.folder");
        }
    }

    @Test
    void onlyThisMachineReachesTheServiceUnlessItIsToldOtherwise() {
        try (RunningBoard board = RunningBoard.at("mqtt://127.0.0.1:1")) {
            assertThat(board.context().getEnvironment().getProperty("server.address"))
                    .isEqualTo("127.0.0.1");
            InetSocketAddress elsewhere =
                    new InetSocketAddress("127.0.0.2", URI.create(board.url()).getPort());
            assertThatThrownBy(() -> {
                        try (Socket socket = new Socket()) {
                            socket.connect(elsewhere, 2_000);
                        }
                    })
                    .isInstanceOf(ConnectException.class);
        }
    }

    private static WebTestClient.ResponseSpec post(RunningBoard board, Map<String, Object> task) {
        return board.client()
                .post()
                .uri("/api/projects/p1/tasks")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(task)
                .exchange();
    }

    /** Returns when the board knows. */
    private static void stopBroker(StitchServer server, RunningBoard board) {
        server.stopBroker();
        board.store()
                .connection()
                .filter(status -> !status.isConnected())
                .next()
                .block(RunningBoard.PATIENCE);
    }

    @Test
    void whenTheBrokerDiesWhatIsHeldIsServedAndWritesAreKept() {
        StitchServer server = server();
        try (RunningBoard board = RunningBoard.on(server)) {
            get(board, "/api/projects/p1/tasks").expectStatus().isOk();
            stopBroker(server, board);

            get(board, "/api/projects/p1/tasks").expectStatus().isOk();
            post(board, Map.of("id", "kept", "title", "Kept")).expectStatus().isAccepted();
            assertThat(body(get(board, "/api/projects/p2").expectStatus().isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)))
                    .containsEntry("code", "NOT_CONNECTED");

            server.startBroker();
            board.store().reconnect().block(RunningBoard.PATIENCE);
            board.store().pendingCount().filter(pending -> pending == 0).next().block(RunningBoard.PATIENCE);
            assertThat(server.record("task", "kept")).isPresent();
        } finally {
            server.close();
        }
    }

    @Test
    void whatWaitsIsListedAndTakenBackByWhoeverSeesTheBoard() {
        StitchServer server = server();
        server.put("project", SampleBoard.project("p2", "Another").toString());
        try (RunningBoard board = RunningBoard.on(server)) {
            get(board, "/api/projects/p1/tasks").expectStatus().isOk();
            get(board, "/api/projects/p2/tasks").expectStatus().isOk();
            stopBroker(server, board);
            post(board, Map.of("id", "unwanted", "title", "Unwanted"))
                    .expectStatus()
                    .isAccepted();

            BoardEvent.Waiting waiting = get(board, "/api/projects/p1/writes")
                    .expectStatus()
                    .isOk()
                    .expectBody(BoardEvent.Waiting.class)
                    .returnResult()
                    .getResponseBody();
            assertThat(waiting).isNotNull();
            assertThat(waiting.count()).isEqualTo(1);
            BoardEvent.Waiting.Write write = waiting.writes().get(0);
            assertThat(write.kind()).isEqualTo("create");
            assertThat(write.title()).isEqualTo("Unwanted");
            assertThat(write.state()).isEqualTo(QueuedWrite.State.OFFLINE);
            assertThat(write.since()).isNotNull();
            assertThat(write.droppable()).isTrue();
            assertThat(write.failed()).isFalse();

            String one = "/writes/" + write.sequence();
            assertThat(body(drop(board, "/api/projects/p2" + one).expectStatus().isNotFound()))
                    .containsEntry("code", "NOT_PENDING");
            assertThat(body(board.client()
                            .post()
                            .uri("/api/projects/p1" + one + "/retry")
                            .exchange()
                            .expectStatus()
                            .isEqualTo(HttpStatus.CONFLICT)))
                    .containsEntry("code", "NOT_RETRYABLE");
            drop(board, "/api/projects/p1" + one).expectStatus().isNoContent();
            assertThat(body(drop(board, "/api/projects/p1" + one).expectStatus().isNotFound()))
                    .containsEntry("code", "NOT_PENDING");
            drop(board, "/api/projects/p1/writes/first").expectStatus().isBadRequest();
            assertThat(board.store().pendingWrites()).isZero();
            get(board, "/api/projects/p1/tasks/unwanted").expectStatus().isNotFound();
        } finally {
            server.close();
        }
    }

    private static WebTestClient.ResponseSpec drop(RunningBoard board, String path) {
        return board.client().delete().uri(path).exchange();
    }

    @Test
    void aWriteThatIsRefusedWhenTheBrokerIsBackSaysWhichTaskAndWhatToDo() {
        StitchServer server = server();
        server.seed("task", SampleBoard.tasks("p1", 2));
        Map<String, Object> taken = Map.of(
                "title",
                server.record("task", "p1-00000").orElseThrow().path("title").stringValue());
        String old =
                server.record("task", "p1-00001").orElseThrow().path("title").stringValue();
        try (RunningBoard board = RunningBoard.on(server)) {
            get(board, "/api/projects/p1/tasks").expectStatus().isOk();
            stopBroker(server, board);
            board.client()
                    .patch()
                    .uri("/api/projects/p1/tasks/p1-00001")
                    .contentType(MediaType.APPLICATION_JSON)
                    .bodyValue(taken)
                    .exchange()
                    .expectStatus()
                    .isAccepted();
            StepVerifier.create(board.context().getBean(RejectedWrites.class).of("p1"))
                    .then(() -> {
                        server.startBroker();
                        board.store().reconnect().block(RunningBoard.PATIENCE);
                    })
                    .assertNext(rejected -> {
                        assertThat(rejected.kind()).isEqualTo("update");
                        assertThat(rejected.title()).isEqualTo(old);
                        assertThat(rejected.fields())
                                .hasToString(JsonMapper.shared().writeValueAsString(taken));
                        assertThat(rejected.message())
                                .contains("Choose another title")
                                .doesNotContain("$DB");
                    })
                    .thenCancel()
                    .verify(RunningBoard.PATIENCE);
        } finally {
            server.close();
        }
    }

    @Test
    void twoServicesWithOneClientIdSayWhatToDo() {
        StitchServer server = server();
        try (RunningBoard first = RunningBoard.on(server, "stitch.client-id=twin");
                RunningBoard second = RunningBoard.on(server, "stitch.client-id=twin")) {
            String told = Flux.merge(errors(first), errors(second)).next().block(RunningBoard.PATIENCE);
            assertThat(told).contains("same client id", "must give each its own (stitch.client-id)");
            assertThat(first.store().diagnosticCounts().toString()
                            + second.store().diagnosticCounts())
                    .contains("SESSION_TAKEN_OVER");
        } finally {
            server.close();
        }
    }

    private static Flux<String> errors(RunningBoard board) {
        return board.store().connection().map(BoardEvent.Connection::of).mapNotNull(BoardEvent.Connection::message);
    }

    @Test
    void aLoginThatIsRefusedIsAnErrorThatNamesTheProperties() {
        StitchServer server = StitchServer.start(
                SampleBoard.rules().users(Map.of("ada", "secret")).build());
        try (RunningBoard board = RunningBoard.at(
                server.url(), RunningBoard.withOperator("stitch.login.username=ada", "stitch.login.password=wrong"))) {
            ConnectionStatus status = board.store()
                    .connection()
                    .filter(each -> each.error() != null)
                    .next()
                    .block(RunningBoard.PATIENCE);
            assertThat(status).isNotNull();
            assertThat(status.error()).isInstanceOf(ConnectionException.class);
            assertThat(body(health(board)).toString()).contains("stitch.login.password");
        } finally {
            server.close();
        }
    }

    @Test
    void aSettingThatCannotBeEndsTheStartAndNamesTheProperty() {
        assertThatThrownBy(() -> RunningBoard.at("http://example.org"))
                .rootCause()
                .hasMessageContaining("'http://example.org' is not a broker's address");
        assertThatThrownBy(() -> RunningBoard.at("mqtt://127.0.0.1:1", "board.heartbeat=0s"))
                .rootCause()
                .hasMessageContaining("heartbeat");
    }
}
