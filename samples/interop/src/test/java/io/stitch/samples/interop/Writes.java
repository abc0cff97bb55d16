package io.stitch.samples.interop;

import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import reactor.core.publisher.Flux;

import java.util.List;
import java.util.stream.IntStream;

/** Many tasks, with ids that sort as their numbers do. */
final class Writes {
    private Writes() {}

    static String id(int number) {
        return "t%06d".formatted(number);
    }

    private static Board.Task task(int number) {
        return new Board.Task(id(number), Board.SCOPE, "Task " + number);
    }

    static List<Board.Task> tasks(int count) {
        return IntStream.range(0, count).mapToObj(Writes::task).toList();
    }

    /** The results of many creates, a number of which wait for the server at a time. */
    static Flux<MutationResult<Board.Task>> results(StitchStore store, int first, int count, int atOnce) {
        Scope scope = store.openScope(Board.SCOPE);
        return Flux.range(first, count)
                .flatMap(number -> scope.create(Board.TASK, task(number)).result(), atOnce)
                .doFinally(signal -> scope.close());
    }

    /** Creates many tasks, and returns when the server has them. */
    static void create(StitchStore store, int count, int atOnce) {
        results(store, 0, count, atOnce).then().block(Board.LIMIT);
        Board.settle(store);
    }
}
