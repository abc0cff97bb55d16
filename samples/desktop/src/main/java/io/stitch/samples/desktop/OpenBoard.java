package io.stitch.samples.desktop;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.SchemaException;
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
import java.util.Optional;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
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

    private final LiveList<Task, Row> tasks = new LiveList<>(row -> new Row(row.record(), row.pending()));
    private final ReadOnlyBooleanWrapper filtered = new ReadOnlyBooleanWrapper();
    private final ReadOnlyStringWrapper id = new ReadOnlyStringWrapper("");
    private final ReadOnlyStringWrapper name = new ReadOnlyStringWrapper("");
    private final ReadOnlyIntegerWrapper others = new ReadOnlyIntegerWrapper();
    private final ReadOnlyStringWrapper safety = new ReadOnlyStringWrapper("");
    private final ReadOnlyObjectWrapper<Condition> condition = new ReadOnlyObjectWrapper<>(Condition.NONE);
    private final ReadOnlyStringWrapper notice = new ReadOnlyStringWrapper("");
    private final Disposable.Swap watch = Disposables.swap();
    private final Disposable.Swap taskWatch = Disposables.swap();
    private final Disposable.Swap oneWatch = Disposables.swap();
    private final Consumer<Throwable> onError;
    private @Nullable Opened opened;
    private boolean made;
    private boolean rootHere;
    private boolean rootGone;
    private boolean answered;
    private boolean connected;
    private String refusal = "";
    private String text = "";
    private boolean drawn;
    private Runnable whenDrawn = () -> {};

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

    /** {@return the tasks that the filter lets through, the oldest first} */
    LiveList<Task, Row> tasks() {
        return tasks;
    }

    /** {@return whether there is a filter} */
    ReadOnlyBooleanProperty filtered() {
        return filtered.getReadOnlyProperty();
    }

    /** {@return a task as it is now, whether the filter lets it through or not} */
    Optional<Task> task(String taskId) {
        try {
            return opened == null ? Optional.empty() : opened.scope().get(Board.TASK, taskId);
        } catch (SchemaException e) {
            return Optional.empty(); // Another program wrote it, and nobody can read it: it is in no list either.
        }
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
        tasks.clear();
        find();
        watch.update(Disposables.composite(
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
        taskWatch.update(Disposables.disposed());
        oneWatch.update(Disposables.disposed());
        forget();
        id.set("");
        name.set("");
        tasks.clear();
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

    /**
     * Shows only tasks with a text in their title or in the name of whoever does them, whatever its case, on this board and those that are
     * opened later: another text is another query. What is shown stays until that has answered.
     *
     * @param sought the text; empty for all tasks
     */
    void filter(String sought) {
        if (!sought.equals(text)) {
            text = sought;
            find();
        }
    }

    /** Does something once the tasks that are shown are those that the filter lets through: mostly at once. */
    void whenDrawn(Runnable action) {
        if (drawn || opened == null) {
            action.run();
        } else {
            whenDrawn = action;
        }
    }

    private void find() {
        Opened open = opened;
        whenDrawn = () -> {}; // Whoever writes on has not asked for it any more.
        if (open == null) {
            filtered.set(!text.isEmpty());
            return;
        }
        String sought = text;
        drawn = false;
        taskWatch.update(
                on(tasks.follow(open.scope().query(Board.TASK, query(sought))).doOnNext(result -> drawn(sought))));
    }

    static ListQuery query(String sought) {
        return sought.isEmpty()
                ? OLDEST_FIRST
                : OLDEST_FIRST.whereAny(
                        new Filter("title", Operator.CONTAINS, sought),
                        new Filter("assignee", Operator.CONTAINS, sought));
    }

    private void drawn(String sought) {
        if (!drawn) {
            drawn = true;
            filtered.set(!sought.isEmpty());
            look();
            Runnable action = whenDrawn;
            whenDrawn = () -> {};
            action.run();
        }
    }

    /**
     * Watches one task, whether the filter lets it through or not, until another one is watched.
     *
     * @param taskId its id, or {@code null} for none
     * @param changed hears of each change of it, and that it is gone
     */
    void watch(@Nullable String taskId, Runnable changed) {
        Opened open = opened;
        oneWatch.update(
                open == null || taskId == null
                        ? Disposables.disposed()
                        : on(LiveList.feed(
                                open.scope().query(Board.TASK, ListQuery.all().where("id", Operator.EQ, taskId)),
                                result -> changed.run())));
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
        // With a filter, none of what has come may be shown.
        if (open.scope().childCount(Board.TASK) == 0 || !text.isEmpty()) {
            answered = true;
            rootGone = open.scope().childCount(Board.PROJECT) == 0;
            look();
        }
    }

    private void look() {
        Opened open = opened;
        Mode mode = open == null ? Mode.SERVER : open.store().mode();
        boolean tasksHere = !tasks.isEmpty()
                || (filtered.get() && open != null && open.scope().childCount(Board.TASK) > 0);
        answered |= tasksHere || (mode == Mode.PEERS && rootHere);
        Condition now = Condition.of(new Condition.Facts(
                open != null, !refusal.isEmpty(), rootHere, rootGone, tasksHere, answered, connected));
        condition.set(now);
        notice.set(now == Condition.REFUSED ? refusal : now.notice(mode));
    }

    private Disposable on(Flux<?> flux) {
        return flux.subscribe(unused -> {}, onError);
    }
}
