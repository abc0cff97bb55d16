package io.stitch.samples.desktop;

import io.stitch.reactive.DropResult;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;

/**
 * The writes of this user that are not settled, in all boards: what each is, why it waits, and a way to take it back or to try it again. To be
 * used on the JavaFX thread only.
 */
final class WaitingWrites {
    /** Nobody reads more of them, one by one. */
    static final int MOST_SHOWN = 200;

    private final NewestList<Entry> shown = new NewestList<>(Entry::sequence);
    private final ReadOnlyIntegerWrapper unshown = new ReadOnlyIntegerWrapper();
    private final Function<Set<String>, Map<String, String>> titles;
    private final Consumer<String> note;
    private final Consumer<Throwable> trouble;
    private List<QueuedWrite> writes = List.of();
    private Mode mode = Mode.SERVER;
    private @Nullable StitchStore store;

    /**
     * A write that waits.
     *
     * @param sequence its place among all of the store
     * @param what what it is, in a sentence
     * @param why why it waits
     * @param failed whether it was sent in vain, so that it can be tried again
     * @param droppable whether it can be taken back
     */
    record Entry(long sequence, String what, String why, boolean failed, boolean droppable) {}

    /**
     * Makes an empty list.
     *
     * @param titles of the tasks and boards with these ids the titles that are known here
     * @param note tells the user something
     * @param trouble tells the user what went wrong
     */
    WaitingWrites(
            Function<Set<String>, Map<String, String>> titles, Consumer<String> note, Consumer<Throwable> trouble) {
        this.titles = titles;
        this.note = note;
        this.trouble = trouble;
    }

    NewestList<Entry> shown() {
        return shown;
    }

    /** {@return how many more there are than are shown} */
    ReadOnlyIntegerProperty unshown() {
        return unshown.getReadOnlyProperty();
    }

    /** {@return each list of a store as it is shown} Cold; what was shown of another store goes with the first. */
    Flux<List<QueuedWrite>> follow(StitchStore opened, Mode of) {
        return LiveList.feed(
                Flux.defer(() -> {
                    store = opened;
                    mode = of;
                    return opened.queuedWrites();
                }),
                newest -> {
                    writes = newest.subList(0, Math.min(newest.size(), MOST_SHOWN));
                    unshown.set(newest.size() - writes.size());
                    show();
                });
    }

    /** Shows the list again, with the titles as they are now: a task comes by another stream than the write that made it. */
    void show() {
        if (writes.isEmpty() && shown.isEmpty()) {
            return;
        }
        Map<String, String> known =
                titles.apply(writes.stream().map(QueuedWrite::id).collect(Collectors.toSet()));
        shown.show(writes.stream()
                .map(write -> entry(write, known.getOrDefault(write.id(), "")))
                .toList());
    }

    private Entry entry(QueuedWrite write, String title) {
        QueuedWrite.State state = write.state();
        return new Entry(
                write.sequence(),
                Sentences.waiting(title, write.kind(), write.entity().equals(Board.PROJECT.name())),
                Sentences.of(write, mode),
                state == QueuedWrite.State.PARKED || state == QueuedWrite.State.RETRYING,
                !write.inDoubt() && state != QueuedWrite.State.SENDING);
    }

    /** Forgets a store that is being closed. */
    void clear() {
        store = null;
        writes = List.of();
        shown.show(List.of());
        unshown.set(0);
    }

    /** Takes a write back. What comes of it is seen on the board, and in this list. */
    void drop(Entry entry) {
        run(
                open -> open.dropWrite(entry.sequence()).filter(result -> result == DropResult.IN_DOUBT),
                result -> note.accept(Sentences.inDoubt(entry.what())));
    }

    /** Sends a write now that failed. */
    void retry(Entry entry) {
        run(open -> open.retryWrite(entry.sequence()), sent -> {});
    }

    private <T> void run(Function<StitchStore, Mono<T>> action, Consumer<T> then) {
        StitchStore open = store;
        if (open != null) {
            action.apply(open).publishOn(FxThread.SCHEDULER).subscribe(then, trouble);
        }
    }
}
