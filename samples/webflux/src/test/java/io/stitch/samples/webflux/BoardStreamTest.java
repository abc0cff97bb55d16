package io.stitch.samples.webflux;

import io.stitch.samples.webflux.Board.Task;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

class BoardStreamTest {
    private static final int WRITES = 200;

    private static StitchServer server;
    private static RunningBoard board;

    private String project;

    @BeforeAll
    static void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        board = RunningBoard.on(server, "board.heartbeat=200ms");
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

    private void put(String task, String title) {
        server.put(
                "task",
                "{\"id\":\"%s\",\"projectId\":\"%s\",\"title\":\"%s\",\"status\":\"OPEN\"}"
                        .formatted(task, project, title + " " + project));
    }

    private Flux<BoardEvent> events(boolean again) {
        return board.context()
                .getBean(BoardStream.class)
                .of(project, "Ada", again)
                .mapNotNull(ServerSentEvent::data);
    }

    private Flux<BoardEvent.Changed> tasks() {
        return events(false)
                .ofType(BoardEvent.Changed.class)
                .filter(event -> event.entity().equals("task"));
    }

    private Flux<ServerSentEvent<String>> overHttp(String address) {
        return WebClient.create(address)
                .get()
                .uri("/api/projects/{id}/events?name=Ada", project)
                .accept(MediaType.TEXT_EVENT_STREAM)
                .retrieve()
                .bodyToFlux(new ParameterizedTypeReference<>() {});
    }

    @Test
    void aViewerSeesWhatIsThereAndThenEveryChange() {
        put("a-" + project, "first");
        StepVerifier.create(tasks().map(event ->
                        event.operation() + " " + event.record().path("title").asString("")))
                .expectNext("CREATED first " + project)
                .then(() -> put("b-" + project, "second"))
                .expectNext("CREATED second " + project)
                .then(() -> server.delete("task", "a-" + project))
                .expectNext("DELETED first " + project)
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    /** Another viewer tells when the last write has come; only then does the slow one ask for more. */
    @Test
    void aViewerWhoDoesNotReadHoldsOneEventForEachRecordAndEndsWithTheRightState() {
        String task = "t-" + project;
        put(task, "n0");
        AtomicInteger received = new AtomicInteger();
        Sinks.One<String> last = Sinks.one();
        BaseSubscriber<BoardEvent.Changed> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            protected void hookOnNext(BoardEvent.Changed event) {
                received.incrementAndGet();
                if (event.record().path("title").asString("").startsWith("n" + WRITES + " ")) {
                    last.tryEmitValue(event.record().path("title").asString(""));
                }
            }
        };
        StepVerifier.create(tasks().filter(event ->
                                event.record().path("title").asString("").startsWith("n" + WRITES + " "))
                        .next()
                        .doOnSubscribe(subscription -> tasks().subscribe(slow)))
                .then(() -> {
                    for (int n = 1; n <= WRITES; n++) {
                        put(task, "n" + n);
                    }
                })
                .expectNextCount(1)
                .expectComplete()
                .verify(RunningBoard.PATIENCE);

        slow.requestUnbounded();

        assertThat(last.asMono().block(RunningBoard.PATIENCE)).isEqualTo("n" + WRITES + " " + project);
        assertThat(received).hasValueLessThan(10);
        slow.dispose();
    }

    @Test
    void whoComesBackIsToldWhatIsThere() {
        put("a-" + project, "first");
        tasks().next().block(RunningBoard.PATIENCE);
        StepVerifier.create(events(true).ofType(BoardEvent.Held.class).map(BoardEvent.Held::ids))
                .expectNext(List.of("a-" + project))
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    @Test
    void aViewerToWhomNothingHappensHearsAHeartbeat() {
        StepVerifier.create(overHttp(board.url()).filter(event -> event.comment() != null))
                .expectNextCount(2)
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    @Test
    void aViewerIsCountedAsLongAsTheStreamIsOpen() {
        Viewers viewers = board.context().getBean(Viewers.class);
        Flux<Integer> counts = viewers.join(project, "Ben").map(BoardEvent.Watching::count);
        AtomicInteger others = new AtomicInteger();
        StepVerifier.create(counts)
                .expectNext(1)
                .then(() -> overHttp(board.url()).take(1).subscribe(event -> others.incrementAndGet()))
                .expectNext(2)
                .expectNext(1)
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    @Test
    void aThousandWritesByTheServiceItselfEndInTheRightState() {
        StepVerifier.create(board.context()
                        .getBean(OpenScopes.class)
                        .ask(
                                project,
                                scope -> Flux.range(0, 1_000)
                                        .flatMap(
                                                n -> scope.create(
                                                        Board.TASK,
                                                        new Task(
                                                                n + "-" + project,
                                                                project,
                                                                n + " " + project,
                                                                Board.Status.OPEN,
                                                                null,
                                                                null)),
                                                64)
                                        .then()
                                        .thenReturn(true)))
                .expectNext(true)
                .expectComplete()
                .verify(RunningBoard.PATIENCE);
        StepVerifier.create(tasks().map(BoardEvent.Changed::id)
                        .distinct()
                        .take(1_000)
                        .count())
                .expectNext(1_000L)
                .expectComplete()
                .verify(RunningBoard.PATIENCE);
    }

    @Test
    void theEndOfTheServiceEndsEveryStreamWithoutAWait() {
        RunningBoard ending = RunningBoard.on(server, "spring.lifecycle.timeout-per-shutdown-phase=60s");
        StepVerifier.create(overHttp(ending.url()).filter(event -> "viewers".equals(event.event())))
                .expectNextCount(1)
                .then(ending::close)
                .thenConsumeWhile(event -> true)
                .expectComplete()
                .verify(Duration.ofSeconds(30));
    }

    @Test
    void oneViewerTooManyIsTurnedAway() {
        try (RunningBoard small = RunningBoard.on(server, "board.max-viewers=1")) {
            StepVerifier.create(overHttp(small.url())
                            .concatMap(event -> WebClient.create(small.url())
                                    .get()
                                    .uri("/api/projects/{id}/events", project)
                                    .exchangeToMono(answer -> answer.bodyToMono(ProblemDetail.class))))
                    .assertNext(problem -> {
                        assertThat(problem.getStatus()).isEqualTo(503);
                        assertThat(problem.getDetail()).contains("board.max-viewers");
                    })
                    .thenCancel()
                    .verify(RunningBoard.PATIENCE);
        }
    }
}
