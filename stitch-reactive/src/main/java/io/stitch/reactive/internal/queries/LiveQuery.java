package io.stitch.reactive.internal.queries;

import io.stitch.reactive.QueryResult;
import io.stitch.reactive.internal.records.Touched;
import io.stitch.reactive.internal.records.Touched.News;
import io.stitch.reactive.spi.ListRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * A query as its subscribers see it.
 *
 * <p>Conflating: what changes is collected, one state for each record, until a subscriber asks for the next result, which is made then.
 *
 * @param request which records, in what order, and the part that is shown
 * @param groupBy the field by whose values they are counted, or {@code null}
 * @param marks whether a result follows where a record became pending, or is so no more, and is the same otherwise
 * @param reader makes objects of records
 * @param <T> the type of a record
 */
public record LiveQuery<T>(ListRequest request, @Nullable String groupBy, boolean marks, RowReader<T> reader) {
    /**
     * Shows the results over a set of records.
     *
     * @param touched what changes of the records; for this subscriber alone
     * @param views where results are made
     * @return the results; completes when no more will change
     */
    public Flux<QueryResult<T>> over(Touched touched, Scheduler views) {
        return Flux.defer(() -> {
            LiveIndex<T> index = new LiveIndex<>(request, groupBy, marks, reader);
            return touched.signals().publishOn(views, 1).mapNotNull(signal -> next(index, touched.take()));
        });
    }

    private static <T> @Nullable QueryResult<T> next(LiveIndex<T> index, @Nullable News news) {
        return news == null ? null : index.next(news);
    }
}
