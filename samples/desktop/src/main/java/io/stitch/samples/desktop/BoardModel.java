package io.stitch.samples.desktop;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Scope;
import io.stitch.samples.desktop.Board.Project;
import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.Board.Task;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.node.ObjectNode;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;

/**
 * What a window shows and does: the lists and properties follow the store, and each action is a write that is seen at once. To be used
 * on the JavaFX thread only; nothing here blocks.
 */
final class BoardModel {
    private static final Comparator<Task> OLDEST_FIRST = Comparator.comparing(
                    Task::created, Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparing(Task::id);

    private final User user;
    private final Clock clock;
    private final LiveList<Project> boards = new LiveList<>(Project::id);
    private final LiveList<Row> tasks = new LiveList<>(Row::id);
    private final Notes notes = new Notes();
    private final ReadOnlyObjectWrapper<Mode> mode;
    private final ReadOnlyBooleanWrapper switching = new ReadOnlyBooleanWrapper();
    private final ReadOnlyObjectWrapper<Light> light = new ReadOnlyObjectWrapper<>(Light.OFF);
    private final ReadOnlyStringWrapper trouble = new ReadOnlyStringWrapper("");
    private final ReadOnlyStringWrapper boardOpen = new ReadOnlyStringWrapper("");
    private final ReadOnlyStringWrapper boardName = new ReadOnlyStringWrapper("");
    private final ReadOnlyIntegerWrapper pending = new ReadOnlyIntegerWrapper();
    private final ReadOnlyIntegerWrapper others = new ReadOnlyIntegerWrapper();
    private final Disposable.Swap storeWatch = Disposables.swap();
    private final Disposable.Swap boardWatch = Disposables.swap();
    private Mono<Void> settled = Mono.empty();
    private List<Project> known = List.of();
    private @Nullable BoardStore current;
    private @Nullable Scope scope;

    /** A task as the window shows it. */
    record Row(Task task, boolean pending) {
        String id() {
            return task.id();
        }
    }

    BoardModel(User user, Mode mode, Clock clock) {
        this.user = user;
        this.clock = clock;
        this.mode = new ReadOnlyObjectWrapper<>(mode);
    }

    // ---- what is shown ----

    LiveList<Project> boards() {
        return boards;
    }

    /** {@return the tasks of the open board, the oldest first} */
    LiveList<Row> tasks() {
        return tasks;
    }

    Notes notes() {
        return notes;
    }

    ReadOnlyObjectProperty<Mode> mode() {
        return mode.getReadOnlyProperty();
    }

    /** {@return whether one store is being closed and the other one opened} */
    ReadOnlyBooleanProperty switching() {
        return switching.getReadOnlyProperty();
    }

    ReadOnlyObjectProperty<Light> light() {
        return light.getReadOnlyProperty();
    }

    /** {@return what is wrong with the store or its connection and what to do, or nothing} */
    ReadOnlyStringProperty trouble() {
        return trouble.getReadOnlyProperty();
    }

    /** {@return the id of the open board, or nothing} */
    ReadOnlyStringProperty boardOpen() {
        return boardOpen.getReadOnlyProperty();
    }

    ReadOnlyStringProperty boardName() {
        return boardName.getReadOnlyProperty();
    }

    /** {@return how many writes are not settled} */
    ReadOnlyIntegerProperty pending() {
        return pending.getReadOnlyProperty();
    }

    /** {@return how many other peers are at the open board} */
    ReadOnlyIntegerProperty others() {
        return others.getReadOnlyProperty();
    }

    User user() {
        return user;
    }

    // ---- opening and closing ----

    /** Opens the store of the mode, if it is not open; after a failure again. */
    void start() {
        if (current == null && !switching.get()) {
            open(Mono.empty(), mode.get());
        }
    }

    /** Closes the store and opens that of another mode, which has its own records. */
    void switchTo(Mode next) {
        if (!switching.get() && next != mode.get()) {
            open(closed(), next);
        }
    }

    private void open(Mono<Void> before, Mode next) {
        Sinks.Empty<Void> done = Sinks.empty();
        settled = done.asMono();
        switching.set(true);
        mode.set(next);
        light.set(Light.OFF);
        trouble.set("");
        storeWatch.update(before.then(BoardStore.open(next, user.place(next)))
                .publishOn(FxThread.SCHEDULER)
                .doFinally(signal -> {
                    switching.set(false);
                    done.tryEmitEmpty();
                })
                .subscribe(this::opened, error -> trouble.set(Advice.on(error))));
    }

    private void opened(BoardStore opened) {
        current = opened;
        storeWatch.replace(Disposables.composite( // What it holds is the opening, which must go on to its end.
                watch(LiveList.feed(opened.boards(), this::showBoards)),
                watch(newest(opened.store().connection()).doOnNext(this::showConnection)),
                watch(newest(opened.store().pendingCount()).doOnNext(pending::set)),
                watch(opened.store().rejections().publishOn(FxThread.SCHEDULER).doOnNext(this::noteRejection)),
                watch(opened.store()
                        .scopeErrors()
                        .publishOn(FxThread.SCHEDULER)
                        .doOnNext(refusal -> notes.add("The board '%s' cannot be kept in sync: %s"
                                .formatted(refusal.scopeId(), refusal.message()))))));
    }

    /** Closes the store, once it is open if it is being opened. Cold. What is not sent is on disk, and sent after the next start. */
    Mono<Void> close() {
        return Mono.defer(() -> settled).then(Mono.defer(this::closed));
    }

    private Mono<Void> closed() {
        BoardStore closing = current;
        current = null;
        scope = null;
        boardOpen.set("");
        boardWatch.update(Disposables.disposed());
        storeWatch.update(Disposables.disposed());
        tasks.show(List.of());
        known = List.of();
        boardName.set("");
        listBoards();
        pending.set(0);
        others.set(0);
        return closing == null
                ? Mono.empty()
                : closing.close().publishOn(FxThread.SCHEDULER).onErrorResume(error -> {
                    notes.add(Advice.on(error));
                    return Mono.empty();
                });
    }

    /** The open board is always among them, also while it comes from a peer who has left meanwhile. */
    private void showBoards(List<Project> newest) {
        known = newest;
        if (scope == null && !newest.isEmpty()) {
            openBoard(newest.get(0).id());
        } else {
            listBoards();
        }
    }

    private void showName(List<Project> root) {
        boardName.set(root.isEmpty() ? "" : root.get(0).name());
        listBoards();
    }

    private void listBoards() {
        String open = boardOpen.get();
        if (open.isEmpty() || known.stream().anyMatch(board -> board.id().equals(open))) {
            boards.show(known);
        } else {
            String name = boardName.get().isEmpty() ? open : boardName.get();
            boards.show(Stream.concat(known.stream(), Stream.of(new Project(open, name)))
                    .toList());
        }
    }

    private void showConnection(ConnectionStatus status) {
        light.set(Light.of(status));
        Throwable error = status.error();
        trouble.set(error == null ? "" : Advice.on(error));
    }

    private void noteRejection(Rejection rejection) {
        ObjectNode copy = rejection.localCopy() == null ? rejection.current() : rejection.localCopy();
        String what = copy == null
                ? rejection.id()
                : copy.path("title").asString(copy.path("name").asString(rejection.id()));
        notes.add(notSaved(what, rejection.error()));
    }

    // ---- the open board ----

    void openBoard(String id) {
        if (current == null || id.equals(boardOpen.get())) {
            return;
        }
        Scope opened = current.store().replaceScope(id);
        scope = opened;
        boardOpen.set(id);
        boardName.set("");
        listBoards();
        tasks.show(List.of());
        boardWatch.update(Disposables.composite(
                watch(tasks.follow(opened.records(Board.TASK).map(list -> rows(opened, list)))),
                watch(newest(opened.records(Board.PROJECT)).doOnNext(this::showName)),
                watch(newest(current.others(id)).doOnNext(others::set))));
    }

    /** Not on the JavaFX thread. The marks are read after the list was made, and a newer list follows when a write is settled. */
    private static List<Row> rows(Scope scope, List<Task> tasks) {
        return tasks.stream()
                .sorted(OLDEST_FIRST)
                .map(task -> new Row(task, scope.isPending(Board.TASK, task.id())))
                .toList();
    }

    /** {@return whether a text is not too long; if it is, a note says so} */
    boolean takes(String text, int longest) {
        boolean fits = text.length() <= longest;
        if (!fits) {
            notes.add("This is not saved: it has %d characters, and at most %d are taken. Shorten it."
                    .formatted(text.length(), longest));
        }
        return fits;
    }

    /** Creates a board and opens it. */
    void createBoard(String name) {
        String id = UUID.randomUUID().toString();
        openBoard(id);
        write(name, open -> open.create(Board.PROJECT, new Project(id, name)));
    }

    /** {@return the id of the new task} */
    String addTask(String title) {
        String id = UUID.randomUUID().toString();
        write(
                title,
                open -> open.create(Board.TASK, new Task(id, open.id(), title, Status.OPEN, null, clock.instant())));
        return id;
    }

    void rename(Task task, String title) {
        update(task, title.equals(task.title()) ? Patch.none() : Patch.of("title", title));
    }

    void move(Task task, Status status) {
        update(task, status == task.status() ? Patch.none() : Patch.of("status", status));
    }

    /** Gives a task to this user, or to nobody if the user has it already. */
    void assign(Task task) {
        update(task, Patch.of("assignee", user.name().equals(task.assignee()) ? null : user.name()));
    }

    private void update(Task task, Patch patch) {
        write(task.title(), open -> open.update(Board.TASK, task.id(), patch));
    }

    void delete(Task task) {
        write(task.title(), open -> open.delete(Board.TASK, task.id()));
    }

    private interface Write {
        Mutation<?> in(Scope scope);
    }

    private void write(String what, Write write) {
        if (scope == null) {
            notes.add("“%s” was not saved: no board is open. Choose one, or create one.".formatted(what));
            return;
        }
        write.in(scope)
                .result()
                .publishOn(FxThread.SCHEDULER)
                .subscribe(unused -> {}, error -> notes.add(notSaved(what, error)));
    }

    // ---- the connection ----

    /** Goes offline, or comes back. */
    void toggleOffline() {
        if (current == null) {
            start();
        } else {
            run(
                    light.get() == Light.OFF
                            ? current.store().connect()
                            : current.store().disconnect());
        }
    }

    /** Tries again now: to open the store if that failed, and to connect if not. */
    void tryAgain() {
        if (current == null) {
            start();
        } else {
            run(current.store().reconnect());
        }
    }

    /** What went wrong with a connection is told by its status. */
    private static void run(Mono<Void> action) {
        action.onErrorComplete().subscribe();
    }

    // ---- streams ----

    /** The newest only, one at a time. */
    private static <T> Flux<T> newest(Flux<T> flux) {
        return flux.onBackpressureLatest().publishOn(FxThread.SCHEDULER, 1);
    }

    private Disposable watch(Flux<?> flux) {
        return flux.subscribe(unused -> {}, error -> notes.add(Advice.on(error)));
    }

    private static String notSaved(String what, Throwable error) {
        return "“%s” was not saved. %s".formatted(what, Advice.on(error));
    }
}
