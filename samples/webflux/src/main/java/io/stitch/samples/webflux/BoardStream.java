package io.stitch.samples.webflux;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;

/**
 * A board as a stream of events: its records and every change of them, who looks at it, whether the server has it all, and how the service is
 * connected.
 *
 * <p>Everything in it conflates or drops, and one element is asked for at a time: a viewer who does not read holds one event for
 * each record, the newest of everything else, and what is on its way already.
 */
@Component
class BoardStream implements SmartLifecycle {
    private static final int ONE_AT_A_TIME = 1;
    private static final ServerSentEvent<BoardEvent> HEARTBEAT =
            ServerSentEvent.<BoardEvent>builder().comment("still here").build();

    private final StitchStore store;
    private final OpenScopes scopes;
    private final Viewers viewers;
    private final RejectedWrites rejected;
    private final WaitingWrites waiting;
    private final Searches searches;
    private final Duration heartbeat;
    private final Flux<BoardEvent.Encoded> boards;
    private volatile Sinks.Empty<Void> end = Sinks.empty();
    private volatile boolean running;

    BoardStream(
            StitchStore store,
            OpenScopes scopes,
            Viewers viewers,
            RejectedWrites rejected,
            WaitingWrites waiting,
            Searches searches,
            BoardProperties properties,
            JsonMapper mapper) {
        this.store = store;
        this.scopes = scopes;
        this.viewers = viewers;
        this.rejected = rejected;
        this.waiting = waiting;
        this.searches = searches;
        this.heartbeat = properties.heartbeat();
        this.boards = Pace.atMostOnceIn(Viewers.PACE, store.roots(Board.PROJECT), Schedulers.parallel())
                .map(BoardEvent.Boards::of)
                // A write to a task changes its board's version, and nothing of the list.
                .distinctUntilChanged()
                .map(event -> BoardEvent.Encoded.of(event, mapper))
                .replay(1)
                // One list for all who look, there at once for those who come back.
                .refCount(1, properties.scopeLinger());
    }

    /**
     * Shows a project to a viewer. Cold.
     *
     * @param projectId the project
     * @param viewer the viewer's name
     * @param again whether the viewer has been here before and may still show what is gone now
     * @param stream what the viewer calls the stream, to ask it for another text; {@code null} if it keeps to this one
     * @param text what the viewer looks for, or nothing
     * @return the events, until the service ends; a {@link ProblemException} if there is no such project
     */
    Flux<ServerSentEvent<BoardEvent>> of(
            String projectId, String viewer, boolean again, @Nullable String stream, String text) {
        return scopes.watch(
                        projectId,
                        // First of all, so that whoever hears anything of the stream can ask it for another text.
                        scope -> Flux.merge(
                                ONE_AT_A_TIME,
                                searches.of(scope, stream, text).map(BoardEvent::sent),
                                events(scope, viewer, again)))
                .takeUntilOther(end.asMono());
    }

    /**
     * Shows which boards there are. Cold.
     *
     * @return the newest list after each change, how the service is connected, and what is undone of boards; until the service ends
     */
    Flux<ServerSentEvent<BoardEvent>> ofBoards() {
        return viewers.watch(boardEvents()).takeUntilOther(end.asMono());
    }

    @SuppressWarnings("unchecked") // A generic array is what varargs make; it is only read.
    private Flux<ServerSentEvent<BoardEvent>> boardEvents() {
        return Flux.merge(
                ONE_AT_A_TIME,
                connection(),
                boards.onBackpressureLatest().map(BoardEvent::sent),
                rejected.ofBoards().map(BoardEvent::sent),
                heartbeats());
    }

    private Flux<ServerSentEvent<BoardEvent>> connection() {
        return store.connection()
                .map(BoardEvent.Connection::of)
                .onBackpressureLatest()
                .map(BoardEvent::sent);
    }

    private Flux<ServerSentEvent<BoardEvent>> heartbeats() {
        return Flux.interval(heartbeat, Schedulers.parallel())
                .onBackpressureDrop()
                .map(tick -> HEARTBEAT);
    }

    @SuppressWarnings("unchecked") // A generic array is what varargs make; it is only read.
    private Flux<ServerSentEvent<BoardEvent>> events(Scope scope, String viewer, boolean again) {
        return Flux.merge(
                ONE_AT_A_TIME,
                viewers.join(scope.id(), viewer).map(BoardEvent::sent),
                connection(),
                scope.events().map(BoardEvent.Changed::of).map(BoardEvent::sent),
                again ? held(scope).map(BoardEvent::sent) : Mono.empty(),
                rejected.of(scope.id()).map(BoardEvent::sent),
                scope.status().map(BoardEvent.Known::of).distinctUntilChanged().map(BoardEvent::sent),
                scope.safety().map(BoardEvent.Saved::of).onBackpressureLatest().map(BoardEvent::sent),
                waiting.of(scope).map(BoardEvent::sent),
                heartbeats());
    }

    /** Subscribed after the events, and served by the store after them: what is gone by then is not among these ids. */
    private static Mono<BoardEvent.Held> held(Scope scope) {
        return scope.records(Board.TASK)
                .next()
                .map(tasks ->
                        new BoardEvent.Held(tasks.stream().map(Board.Task::id).toList()));
    }

    @Override
    public void start() {
        end = Sinks.empty();
        running = true;
    }

    /** Ends every stream, or the web server would wait for viewers who have no reason to go. */
    @Override
    public void stop() {
        running = false;
        end.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Above the web server's phases, so it stops before the server begins to wait. */
    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE;
    }
}
