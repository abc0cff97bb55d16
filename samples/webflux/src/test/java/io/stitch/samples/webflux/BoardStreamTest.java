package io.stitch.samples.webflux;

import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.ScopeStatus;
import io.stitch.samples.webflux.Board.Task;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(BoardExtension.class)
class BoardStreamTest {
    private static final int WRITES = 200;

    private final StitchServer server;
    private final RunningBoard board;
    private final String project;

    BoardStreamTest(StitchServer server, RunningBoard board) {
        this.server = server;
        this.board = board;
        this.project = BoardExtension.newProject(server);
    }

    private void put(String task, String title) {
        server.put(
                "task",
                "{\"id\":\"%s\",\"projectId\":\"%s\",\"title\":\"%s\",\"status\":\"OPEN\"}"
                        .formatted(task, project, title + " " + project));
    }

    @Test
    void whoLooksIsToldThatTheServerHasItAll() {
        StepVerifier.create(events(false).ofType(BoardEvent.Saved.class))
                .expectNext(new BoardEvent.Saved(true, 0))
                .thenCancel()
                .verify(Duration.ofSeconds(30));
    }

    @Test
    void whoLooksIsToldThatTheServerWasAsked() {
        StepVerifier.create(events(false).ofType(BoardEvent.Known.class).filter(BoardEvent.Known::compared))
                .expectNext(new BoardEvent.Known(ScopeStatus.State.COMPARED, true))
                .thenCancel()
                .verify(Duration.ofSeconds(30));
    }

    private Flux<BoardEvent> events(boolean again) {
        return board.context()
                .getBean(BoardStream.class)
                .of(project, "Ada", again, null, "")
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

    private Mono<Task> write(String task, Patch patch) {
        return board.context()
                .getBean(OpenScopes.class)
                .ask(project, scope -> scope.update(Board.TASK, task, patch).result())
                .mapNotNull(MutationResult::record);
    }

    /** Who reads all of it sees the mark come and go. */
    @Test
    void aPendingMarkGoesWhenTheWriteIsSavedAndWhenItIsRefused() {
        String task = "a-" + project;
        put(task, "first");
        put("b-" + project, "second");
        StepVerifier.create(tasks().filter(event -> event.id().equals(task))
                        .map(event -> event.origin() + (event.pending() ? " pending" : "")))
                .expectNextMatches(origin -> !origin.endsWith("pending"))
                .then(() -> write(task, Patch.of("assignee", "Ada")).block(RunningBoard.PATIENCE))
                .thenConsumeWhile(origin -> origin.endsWith("pending"))
                .expectNextMatches(origin -> !origin.endsWith("pending"))
                .then(() -> write(task, Patch.of("title", "second " + project))
                        .onErrorComplete(RequestRefusedException.class)
                        .block(RunningBoard.PATIENCE))
                .thenConsumeWhile(origin -> origin.endsWith("pending") || !origin.equals("ROLLBACK"))
                .expectNext("ROLLBACK")
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    private Flux<List<BoardEvent.Boards.Listed>> boards() {
        return board.context()
                .getBean(BoardStream.class)
                .ofBoards()
                .mapNotNull(ServerSentEvent::data)
                .ofType(BoardEvent.Encoded.class)
                .map(BoardEvent.Encoded::event)
                .ofType(BoardEvent.Boards.class)
                .map(event -> event.boards().stream()
                        .filter(listed -> listed.id().equals(project))
                        .toList())
                .distinctUntilChanged();
    }

    @Test
    void theListOfBoardsFollowsWhatIsMadeRenamedAndDeleted() {
        StepVerifier.create(boards().skipUntil(listed -> !listed.isEmpty()))
                .expectNext(List.of(new BoardEvent.Boards.Listed(project, "Refit")))
                .then(() -> server.put(
                        "project", SampleBoard.project(project, "Hull").toString()))
                .expectNext(List.of(new BoardEvent.Boards.Listed(project, "Hull")))
                .then(() -> server.delete("project", project))
                .expectNext(List.of())
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    /** It would be sent to all who look at the list, each time that somebody writes to any board. */
    @Test
    void theListOfBoardsIsNotToldAgainWhenATaskIsWritten() {
        String later = "zz-" + project;
        StepVerifier.create(board.context()
                        .getBean(BoardStream.class)
                        .ofBoards()
                        .mapNotNull(ServerSentEvent::data)
                        .ofType(BoardEvent.Encoded.class)
                        .map(BoardEvent.Encoded::event)
                        .ofType(BoardEvent.Boards.class)
                        .map(event -> event.boards().toString())
                        .filter(listed -> listed.contains(project)))
                .expectNextCount(1)
                .then(() -> {
                    put("a-" + project, "first");
                    put("b-" + project, "second");
                    server.put("project", SampleBoard.project(later, "Later").toString());
                })
                .assertNext(listed -> assertThat(listed).contains(later))
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
        server.delete("project", later);
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

    private Flux<BoardEvent.Found> found(String stream, String text) {
        return board.context()
                .getBean(BoardStream.class)
                .of(project, "Ada", false, stream, text)
                .mapNotNull(ServerSentEvent::data)
                .ofType(BoardEvent.Found.class);
    }

    private void ask(String stream, String text) {
        board.context().getBean(Searches.class).ask(project, stream, text).block(RunningBoard.PATIENCE);
    }

    @Test
    void aViewerIsToldWhichTasksHaveATextAndWhatChangesOfThat() {
        put("a-" + project, "Weld");
        put("b-" + project, "Paint");
        StepVerifier.create(found(null, "wELd")
                        .scan(List.<String>of(), (ids, next) -> ids(ids, next))
                        .skipUntil(ids -> !ids.isEmpty()))
                .expectNext(List.of("a-" + project))
                .then(() -> put("b-" + project, "Weld later"))
                .expectNext(List.of("a-" + project, "b-" + project))
                .then(() -> put("a-" + project, "Cut"))
                .expectNext(List.of("b-" + project))
                .then(() -> server.delete("task", "b-" + project))
                .expectNext(List.of())
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
    }

    private static List<String> ids(List<String> before, BoardEvent.Found next) {
        List<String> ids = new ArrayList<>(next.whole() ? List.of() : before);
        ids.removeAll(next.left());
        ids.addAll(next.came());
        return ids;
    }

    @Test
    void aViewerWhoLooksForAnotherTextKeepsTheStream() {
        put("a-" + project, "Weld");
        put("b-" + project, "Paint");
        tasks().take(2).blockLast(RunningBoard.PATIENCE);
        String stream = "s-" + project;
        StepVerifier.create(found(stream, "weld"))
                .expectNext(new BoardEvent.Found("weld", true, List.of("a-" + project), List.of()))
                .then(() -> ask(stream, "PAIN"))
                .expectNext(new BoardEvent.Found("PAIN", true, List.of("b-" + project), List.of()))
                .then(() -> ask(stream, ""))
                .then(() -> ask(stream, "zO"))
                .expectNext(new BoardEvent.Found("zO", true, List.of(), List.of()))
                .then(() -> write("a-" + project, Patch.of("assignee", "Zoe")).block(RunningBoard.PATIENCE))
                .expectNext(new BoardEvent.Found("zO", false, List.of("a-" + project), List.of()))
                .thenCancel()
                .verify(RunningBoard.PATIENCE);
        StepVerifier.create(board.context().getBean(Searches.class).ask(project, stream, "late"))
                .expectErrorSatisfies(gone -> assertThat(gone).hasMessageContaining("404"))
                .verify(RunningBoard.PATIENCE);
    }

    /** The end of a line is seen late, and by then its viewer may have come back. */
    @Test
    void aStreamThatComesBackUnderItsNameIsTheOneThatIsAsked() {
        put("a-" + project, "Weld");
        tasks().next().block(RunningBoard.PATIENCE);
        String stream = "s-" + project;
        Disposable before = found(stream, "").subscribe();
        StepVerifier.create(found(stream, ""))
                .then(before::dispose)
                .then(() -> ask(stream, "weld"))
                .expectNext(new BoardEvent.Found("weld", true, List.of("a-" + project), List.of()))
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
        Flux<Integer> counts = viewers.join(project, "Ben").map(told -> ((BoardEvent.Watching) told.event()).count());
        Disposable.Swap other = Disposables.swap();
        StepVerifier.create(counts)
                .expectNext(1)
                .then(() -> other.update(overHttp(board.url()).subscribe()))
                .expectNext(2)
                .then(other::dispose)
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
    void oneStreamOfAnAddressTooManyIsTurnedAwayUntilAnotherHasEnded() {
        try (RunningBoard small = RunningBoard.on(server, "board.max-streams-per-address=2")) {
            Mono<HttpStatusCode> asked = overHttp(small.url())
                    .next()
                    .<HttpStatusCode>map(event -> HttpStatus.OK)
                    .onErrorResume(WebClientResponseException.class, error -> Mono.just(error.getStatusCode()));
            Sinks.One<Boolean> both = Sinks.one();
            Disposable first = overHttp(small.url())
                    .filter(event -> "viewers".equals(event.event())
                            && String.valueOf(event.data()).contains("\"count\":2"))
                    .subscribe(event -> both.tryEmitValue(true));
            Disposable second = overHttp(small.url()).subscribe();
            assertThat(both.asMono().block(RunningBoard.PATIENCE)).isTrue();

            small.client()
                    .get()
                    .uri("/api/projects/{id}/events", project)
                    .exchange()
                    .expectStatus()
                    .isEqualTo(HttpStatus.TOO_MANY_REQUESTS)
                    .expectHeader()
                    .exists(HttpHeaders.RETRY_AFTER)
                    .expectHeader()
                    .contentTypeCompatibleWith(MediaType.APPLICATION_PROBLEM_JSON)
                    .expectBody(ProblemDetail.class)
                    .consumeWith(problem -> assertThat(String.valueOf(problem.getResponseBody()))
                            .contains("board.max-streams-per-address"));
            assertThat(asked.block(RunningBoard.PATIENCE)).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
            small.client().get().uri("/api/projects").exchange().expectStatus().isOk();

            first.dispose();
            // The service sees the end of a line a moment after it ended.
            assertThat(asked.repeat().filter(HttpStatus.OK::equals).blockFirst(RunningBoard.PATIENCE))
                    .isEqualTo(HttpStatus.OK);
            second.dispose();
        }
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
