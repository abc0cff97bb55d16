package io.stitch.samples.desktop;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.ScopeStatus.State;
import io.stitch.samples.desktop.Board.Project;
import io.stitch.samples.desktop.Board.Task;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;

import java.util.List;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.ListChangeListener;

/** The open board: its tasks, and what is known of it. To be used on the JavaFX thread only. */
final class OpenBoard {
    /** What has no date was made by another program. */
    private static final ListQuery OLDEST_FIRST = ListQuery.all().sortBy("created", true);

    private final LiveList<Row> tasks = new LiveList<>(Row::id);
    private final ReadOnlyStringWrapper id = new ReadOnlyStringWrapper("");
    private final ReadOnlyStringWrapper name = new ReadOnlyStringWrapper("");
    private final ReadOnlyIntegerWrapper others = new ReadOnlyIntegerWrapper();
    private final ReadOnlyStringWrapper safety = new ReadOnlyStringWrapper("");
    private final ReadOnlyObjectWrapper<Condition> condition = new ReadOnlyObjectWrapper<>(Condition.NONE);
    private final ReadOnlyStringWrapper notice = new ReadOnlyStringWrapper("");
    private final Disposable.Swap watch = Disposables.swap();
    private final Consumer<Throwable> onError;
    private @Nullable Opened opened;
    private boolean made;
    private boolean rootHere;
    private boolean rootGone;
    private boolean answered;
    private boolean connected;
    private String refusal = "";

    /** A task as the window shows it. */
    record Row(Task task, boolean pending) {
        String id() {
            return task.id();
        }
    }

    /** Where the board is open. */
    private record Opened(BoardStore store, Scope scope) {}

    /**
     * None is open yet.
     *
     * @param onError hears why a stream of the board ended
     */
    OpenBoard(Consumer<Throwable> onError) {
        this.onError = onError;
        tasks.addListener((ListChangeListener<Row>) change -> look());
    }

    // ---- what is shown ----

    /** {@return the tasks, the oldest first} */
    LiveList<Row> tasks() {
        return tasks;
    }

    /** {@return the id, or nothing} */
    ReadOnlyStringProperty id() {
        return id.getReadOnlyProperty();
    }

    /** {@return the name, or nothing while it is not known} */
    ReadOnlyStringProperty name() {
        return name.getReadOnlyProperty();
    }

    /** {@return how many other peers are there} */
    ReadOnlyIntegerProperty others() {
        return others.getReadOnlyProperty();
    }

    /** {@return how safe it is, or nothing} */
    ReadOnlyStringProperty safety() {
        return safety.getReadOnlyProperty();
    }

    ReadOnlyObjectProperty<Condition> condition() {
        return condition.getReadOnlyProperty();
    }

    /** {@return what is to be said of it, or nothing} */
    ReadOnlyStringProperty notice() {
        return notice.getReadOnlyProperty();
    }

    /** {@return where tasks are written, if that makes sense} */
    @Nullable
    Scope writable() {
        Opened open = opened;
        return open == null || !condition.get().isUsable() ? null : open.scope();
    }

    boolean is(String boardId) {
        return id.get().equals(boardId);
    }

    // ---- what happens to it ----

    /**
     * Opens a board.
     *
     * @param store where
     * @param boardId its id
     * @param knownName its name, as far as it is known
     * @param isNew whether it is made here and now, so that there is nothing to wait for
     */
    void open(BoardStore store, String boardId, String knownName, boolean isNew) {
        Scope scope = store.store().replaceScope(boardId);
        forget();
        opened = new Opened(store, scope);
        made = isNew;
        rootHere = isNew;
        answered = isNew;
        id.set(boardId);
        name.set(knownName);
        tasks.show(List.of());
        watch.update(Disposables.composite(
                on(tasks.follow(rows(scope))),
                on(LiveList.feed(scope.records(Board.PROJECT), this::showRoot)),
                on(LiveList.feed(scope.status(), this::showStatus)),
                on(LiveList.feed(store.others(boardId).onBackpressureLatest(), others::set)),
                on(LiveList.feed(
                        scope.safety()
                                .map(now -> SafetyText.of(now, store.mode()))
                                .onBackpressureLatest(),
                        safety::set))));
        look();
    }

    /** No board is open any more. */
    void close() {
        watch.update(Disposables.disposed());
        forget();
        id.set("");
        name.set("");
        tasks.show(List.of());
        look();
    }

    private void forget() {
        opened = null;
        made = false;
        rootHere = false;
        rootGone = false;
        answered = false;
        refusal = "";
        others.set(0);
        safety.set("");
    }

    /** Asks for a board again that was refused. */
    void openAgain() {
        Opened open = opened;
        if (open != null && !refusal.isEmpty()) {
            String boardId = id.get();
            open.scope().close();
            open(open.store(), boardId, name.get(), false);
        }
    }

    /** This user may not have the board, or it could not be made; a sentence says why. */
    void refused(String why) {
        refusal = why;
        look();
    }

    void connected(boolean isConnected) {
        connected = isConnected;
        look();
    }

    private static Flux<List<Row>> rows(Scope scope) {
        return scope.query(Board.TASK, OLDEST_FIRST)
                .map(result -> result.rows().stream()
                        .map(row -> new Row(row.record(), row.pending()))
                        .toList());
    }

    private void showRoot(List<Project> root) {
        if (!root.isEmpty()) {
            name.set(root.get(0).name());
            made = false;
            rootHere = true;
            rootGone = false;
        } else if (rootHere && !made) { // What is being made is not in the first list.
            rootHere = false;
            rootGone = true;
        }
        look();
    }

    /** A server that was asked has told all; a peer has all that it knows here. What has come is shown in a moment, if it is not yet. */
    private void showStatus(ScopeStatus status) {
        Opened open = opened;
        if (open == null || answered || open.store().mode() == Mode.PEERS || status.state() != State.COMPARED) {
            return;
        }
        if (open.scope().childCount(Board.TASK) == 0) {
            answered = true;
            rootGone = open.scope().childCount(Board.PROJECT) == 0;
            look();
        }
    }

    private void look() {
        Opened open = opened;
        Mode mode = open == null ? Mode.SERVER : open.store().mode();
        answered |= !tasks.isEmpty() || (mode == Mode.PEERS && rootHere);
        Condition now = Condition.of(new Condition.Facts(
                open != null, !refusal.isEmpty(), rootHere, rootGone, !tasks.isEmpty(), answered, connected));
        condition.set(now);
        notice.set(now == Condition.REFUSED ? refusal : now.notice(mode));
    }

    private Disposable on(Flux<?> flux) {
        return flux.subscribe(unused -> {}, onError);
    }
}
