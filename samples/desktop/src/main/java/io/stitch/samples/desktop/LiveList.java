package io.stitch.samples.desktop;

import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import javafx.collections.ObservableListBase;

/**
 * An observable list that draws a live query: each result's changes, inserted, moved, changed and removed, become change events. Views
 * therefore redraw what changed and nothing else, and nobody compares lists. Read-only for everybody else; to be used on the JavaFX thread
 * only.
 *
 * @param <R> the type of a record
 * @param <T> an element
 */
final class LiveList<R, T> extends ObservableListBase<T> {
    /** With one, all sources share one place, and what finds it taken is lost without a word. */
    private static final int EACH_SOURCE = 2;

    private final Function<? super RecordRow<R>, ? extends T> element;
    private final List<T> shown = new ArrayList<>();
    private Consumer<Runnable> around = Runnable::run;
    /** What is shown is the newest result of this one. */
    private @Nullable Following following;

    /**
     * Makes an empty list.
     *
     * @param element makes an element of a row; on any thread
     */
    LiveList(Function<? super RecordRow<R>, ? extends T> element) {
        this.element = element;
    }

    /**
     * Draws each result of a query. The first one takes the place of all that is shown, in one change event, so that another query may follow
     * the one before. The changes are found and made into elements on a thread of {@link Schedulers#parallel()}; the JavaFX thread only draws
     * them. At most one result waits on either thread, and the next one is asked for when it is taken: while the window is busy, the query goes
     * on with its newest.
     *
     * @param results a live query; nothing may stand before this that drops results
     * @return each result when it is drawn; completes and fails with the query; cold like it
     */
    Flux<QueryResult<R>> follow(Flux<QueryResult<R>> results) {
        return follow(results, Schedulers.parallel(), FxThread.SCHEDULER);
    }

    /** The same on other threads. */
    Flux<QueryResult<R>> follow(Flux<QueryResult<R>> results, Scheduler finding, Scheduler drawing) {
        return Flux.defer(() -> {
            Following mine = new Following();
            return results.publishOn(finding, 1)
                    .map(mine::prepare)
                    .publishOn(drawing, 1)
                    .doOnNext(mine::draw)
                    .map(Drawing::result);
        });
    }

    /**
     * A result, and how it is drawn after the one before it.
     *
     * @param elements what comes, in its order
     */
    private record Drawing<R, T>(QueryResult<R> result, Redrawing steps, List<T> elements) {}

    /** One query that is drawn. */
    private final class Following {
        private int sizeBefore; // Where results are prepared.
        private boolean first = true; // Where they are drawn.

        Drawing<R, T> prepare(QueryResult<R> result) {
            Redrawing steps = Redrawing.of(sizeBefore, result.changes());
            sizeBefore = result.rows().size();
            List<T> elements = new ArrayList<>(steps.come().size());
            for (Redrawing.Come come : steps.come()) {
                elements.add(element.apply(result.rows().get(come.place())));
            }
            return new Drawing<>(result, steps, elements);
        }

        void draw(Drawing<R, T> drawing) {
            if (first) {
                replaceAll(drawing.elements()); // All that it has comes.
            } else if (following != this) {
                replaceAll(drawing.result().rows().stream().<T>map(element).toList());
            } else {
                around.accept(() -> apply(drawing));
            }
            first = false;
            following = this;
        }
    }

    /** What changes is told in one event or, if something goes and something comes, in two. */
    private void apply(Drawing<R, T> drawing) {
        Redrawing steps = drawing.steps();
        beginChange();
        for (int place : steps.gone()) {
            nextRemove(place, shown.remove(place));
        }
        endChange();
        beginChange();
        for (int i = 0; i < steps.come().size(); i++) {
            int place = steps.come().get(i).place();
            T now = drawing.elements().get(i);
            if (steps.come().get(i).changed()) {
                nextSet(place, shown.set(place, now));
            } else {
                shown.add(place, now);
                nextAdd(place, place + 1);
            }
        }
        endChange();
    }

    private void replaceAll(List<T> newest) {
        if (shown.isEmpty() && newest.isEmpty()) {
            return;
        }
        around.accept(() -> {
            List<T> gone = List.copyOf(shown);
            beginChange();
            shown.clear();
            shown.addAll(newest);
            nextReplace(0, newest.size(), gone);
            endChange();
        });
    }

    /** Shows nothing until the next query is followed. */
    @Override
    public void clear() {
        following = null;
        replaceAll(List.of());
    }

    /**
     * Values as they are to be shown, on the JavaFX thread. At most one waits there, as with {@link #follow}.
     *
     * @param values the source
     * @param show takes each value, on the JavaFX thread
     * @param <V> a value
     * @return completes and fails with the source; cold like it
     */
    static <V> Flux<V> feed(Flux<V> values, Consumer<? super V> show) {
        return values.publishOn(FxThread.SCHEDULER, 1).doOnNext(show);
    }

    /**
     * Puts the newest values of two streams together, for a consumer that may be slow: of each stream at most two values wait, so that a
     * source that conflates goes on with its newest.
     *
     * @param one a source
     * @param other another one
     * @param both puts two values together
     * @param <A> a value of the one
     * @param <B> a value of the other
     * @param <V> both
     * @return as soon as each has a value, and with each value after that; completes with the last of them, fails with the first; cold
     */
    @SuppressWarnings("unchecked") // They come in the order of the sources.
    static <A, B, V> Flux<V> newestOfBoth(Flux<A> one, Flux<B> other, BiFunction<? super A, ? super B, V> both) {
        return Flux.combineLatest(values -> both.apply((A) values[0], (B) values[1]), EACH_SOURCE, one, other);
    }

    /**
     * Sets what runs each change, such as {@link Selection#keep}.
     *
     * @param around runs what it is given, once and at once
     */
    void around(Consumer<Runnable> around) {
        this.around = around;
    }

    @Override
    public T get(int index) {
        return shown.get(index);
    }

    @Override
    public int size() {
        return shown.size();
    }
}
