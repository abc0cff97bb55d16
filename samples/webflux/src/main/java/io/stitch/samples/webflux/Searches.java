package io.stitch.samples.webflux;

import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.Scope;
import io.stitch.samples.webflux.Board.Task;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What viewers search for on a board: each text is a live query, and what it finds is told by its changes. A viewer who changes the text asks
 * the stream that is open for another query, so that nobody sees the viewer go and come back. Safe on any thread.
 */
@Component
class Searches {
    /** Longer than any title. */
    static final int LONGEST_TEXT = 500;

    static final int LONGEST_STREAM = 64;

    private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

    private final ConcurrentMap<Place, Sinks.Many<String>> open = new ConcurrentHashMap<>();

    /** Which stream of which project. */
    private record Place(String projectId, String stream) {}

    /**
     * Searches as long as somebody is subscribed. Cold.
     *
     * @param scope the board
     * @param stream what the viewer calls the stream, to ask it for another text; {@code null} if it keeps to this one
     * @param text what is looked for; nothing is told while it is empty
     * @return what is found: all of it for each text, then what changes. Conflating: a slow subscriber gets the newest
     */
    Flux<BoardEvent.Found> of(Scope scope, @Nullable String stream, String text) {
        if (stream == null) {
            return found(scope, text);
        }
        Place place = new Place(scope.id(), stream);
        return Flux.using(
                () -> begin(place, text),
                texts -> texts.asFlux().onBackpressureLatest().switchMap(next -> found(scope, next)),
                // A stream that came back under its name before this one's end was seen has the place now.
                texts -> open.remove(place, texts));
    }

    private Sinks.Many<String> begin(Place place, String text) {
        Sinks.Many<String> texts = Sinks.many().replay().latestOrDefault(text);
        open.put(place, texts);
        return texts;
    }

    private static Flux<BoardEvent.Found> found(Scope scope, String text) {
        return text.isEmpty()
                ? Flux.never()
                : Flux.defer(() -> scope.query(Board.TASK, Board.withText(text)).mapNotNull(new Ids(text)::next));
    }

    /**
     * Has a stream look for another text. Cold.
     *
     * @return completes at once; a {@link ProblemException} if there is no such stream here
     */
    Mono<Void> ask(String projectId, String stream, String text) {
        return Mono.defer(() -> {
            Sinks.Many<String> texts = open.get(new Place(projectId, stream));
            if (texts == null) {
                return Mono.error(new ProblemException(
                        HttpStatus.NOT_FOUND,
                        "NO_SUCH_STREAM",
                        "No stream of the project '%s' is open here that was called '%s'. Open one: GET /api/projects/%s/events?stream=…&text=…"
                                .formatted(projectId, stream, projectId),
                        "The line to the service was lost. The page comes back by itself, and looks for it then."));
            }
            texts.emitNext(text, Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
            return Mono.empty();
        });
    }

    /** The ids of what one query found, for one subscriber. */
    private static final class Ids {
        private final String text;
        private final List<String> shown = new ArrayList<>();
        private boolean first = true;

        Ids(String text) {
            this.text = text;
        }

        /** {@return what to tell of the next result, or {@code null} if the same tasks are found} */
        BoardEvent.@Nullable Found next(QueryResult<Task> result) {
            List<String> came = new ArrayList<>();
            List<String> left = new ArrayList<>();
            for (QueryChange<Task> change : result.changes()) {
                if (change instanceof QueryChange.Inserted<Task> inserted) {
                    String id = inserted.row().record().id();
                    shown.add(inserted.index(), id);
                    came.add(id);
                } else if (change instanceof QueryChange.Moved<Task> moved) {
                    shown.add(moved.to(), shown.remove(moved.from()));
                } else if (change instanceof QueryChange.Removed<Task> removed) {
                    left.add(shown.remove(removed.index()));
                }
            }
            boolean whole = first;
            first = false;
            return whole || !came.isEmpty() || !left.isEmpty() ? new BoardEvent.Found(text, whole, came, left) : null;
        }
    }
}
