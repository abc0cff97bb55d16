package io.stitch.samples.desktop;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.desktop.Board.Project;
import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.Board.Task;
import io.stitch.samples.desktop.OpenBoard.Row;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.node.ObjectNode;

import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.ListChangeListener;

/**
 * What a window shows and does: the lists and properties follow the store, and each action is a write that is seen at once. To be used
 * on the JavaFX thread only; nothing here blocks.
 */
final class BoardModel {
    private static final Logger LOG = LoggerFactory.getLogger(BoardModel.class);

    private final User user;
    private final Clock clock;
    private final NewestList<Project> boards = new NewestList<>(Project::id);
    private final OpenBoard board = new OpenBoard(this::note);
    private final Notes notes = new Notes();
    private final WaitingWrites waiting = new WaitingWrites(this::titles, notes::add, this::note);
    private final ReadOnlyObjectWrapper<Mode> mode;
    private final ReadOnlyBooleanWrapper switching = new ReadOnlyBooleanWrapper();
    private final ReadOnlyBooleanWrapper ready = new ReadOnlyBooleanWrapper();
    private final ReadOnlyBooleanWrapper leaving = new ReadOnlyBooleanWrapper();
    private final ReadOnlyObjectWrapper<Light> light = new ReadOnlyObjectWrapper<>(Light.OFF);
    private final ReadOnlyStringWrapper trouble = new ReadOnlyStringWrapper("");
    private final ReadOnlyStringWrapper noBoards = new ReadOnlyStringWrapper("");
    private final ReadOnlyIntegerWrapper pending = new ReadOnlyIntegerWrapper();
    private final Disposable.Swap opening = Disposables.swap();
    private final Disposable.Swap storeWatch = Disposables.swap();
    private final Disposable.Swap asking = Disposables.swap();
    private final Set<Mono<Void>> underWay = new LinkedHashSet<>();
    private Mono<Void> settled = Mono.empty();
    private List<Project> known = List.of();
    private boolean allKnown;
    private @Nullable BoardStore current;

    BoardModel(User user, Mode mode, Clock clock) {
        this.user = user;
        this.clock = clock;
        this.mode = new ReadOnlyObjectWrapper<>(mode);
        board.name().addListener((property, before, now) -> listBoards());
        board.tasks().addListener((ListChangeListener<Row>) change -> waiting.show());
    }

    // ---- what is shown ----

    NewestList<Project> boards() {
        return boards;
    }

    /** {@return what to say while there are no boards} */
    ReadOnlyStringProperty noBoards() {
        return noBoards.getReadOnlyProperty();
    }

    OpenBoard board() {
        return board;
    }

    Notes notes() {
        return notes;
    }

    /** {@return the writes that are not settled} */
    WaitingWrites waiting() {
        return waiting;
    }

    ReadOnlyObjectProperty<Mode> mode() {
        return mode.getReadOnlyProperty();
    }

    /** {@return whether one store is being closed and the other one opened} */
    ReadOnlyBooleanProperty switching() {
        return switching.getReadOnlyProperty();
    }

    /** {@return whether there is a store, in which boards can be opened and made} */
    ReadOnlyBooleanProperty ready() {
        return ready.getReadOnlyProperty();
    }

    /** {@return whether the user waits to leave until what was written is sent} */
    ReadOnlyBooleanProperty leaving() {
        return leaving.getReadOnlyProperty();
    }

    ReadOnlyObjectProperty<Light> light() {
        return light.getReadOnlyProperty();
    }

    /** {@return what is wrong with the store or its connection and what to do, or nothing} */
    ReadOnlyStringProperty trouble() {
        return trouble.getReadOnlyProperty();
    }

    /** {@return how many writes are not settled} */
    ReadOnlyIntegerProperty pending() {
        return pending.getReadOnlyProperty();
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
            open(written().publishOn(FxThread.SCHEDULER).then(Mono.defer(this::closed)), next);
        }
    }

    private void open(Mono<Void> before, Mode next) {
        Sinks.Empty<Void> done = Sinks.empty();
        settled = done.asMono();
        switching.set(true);
        opening.update(before.then(Mono.defer(() -> {
                    mode.set(next);
                    light.set(Light.OFF);
                    trouble.set("");
                    return BoardStore.open(next, user.place(next));
                }))
                .publishOn(FxThread.SCHEDULER)
                .doFinally(signal -> {
                    switching.set(false);
                    done.tryEmitEmpty();
                })
                .subscribe(this::opened, error -> trouble.set(told(error))));
    }

    private void opened(BoardStore opened) {
        StitchStore store = opened.store();
        current = opened;
        ready.set(true);
        storeWatch.update(Disposables.composite(
                watch(LiveList.feed(opened.boards(), this::showBoards)),
                watch(LiveList.feed(store.connection().onBackpressureLatest(), this::showConnection)),
                watch(LiveList.feed(store.pendingCount().onBackpressureLatest(), pending::set)),
                watch(waiting.follow(store, opened.mode())),
                watch(store.rejections().publishOn(FxThread.SCHEDULER).doOnNext(this::noteRejection)),
                watch(store.scopeErrors().publishOn(FxThread.SCHEDULER).doOnNext(this::noteRefusal)),
                watch(store.diagnostics()
                        .filter(report -> report.code() == DiagnosticCode.WRITE_PARKED)
                        .publishOn(FxThread.SCHEDULER)
                        .doOnNext(this::noteParked))));
    }

    /**
     * Waits for a moment until what was written is safe and, with a connection, sent.
     *
     * @return whether nothing went wrong meanwhile that its user must see; cold
     */
    Mono<Boolean> leave() {
        return Mono.defer(() -> {
            long told = notes.added();
            leaving.set(true);
            return written()
                    .publishOn(FxThread.SCHEDULER)
                    .doFinally(signal -> leaving.set(false))
                    .then(Mono.fromSupplier(() -> notes.added() == told));
        });
    }

    private Mono<Void> written() {
        BoardStore open = current;
        return open == null
                ? Mono.empty()
                : Leaving.settled(
                        List.copyOf(underWay),
                        open.store().pendingCount(),
                        open.store().connection());
    }

    /** Closes the store, once it is open if it is being opened. Cold. What is not sent is on disk, and sent after the next start. */
    Mono<Void> close() {
        return Mono.defer(() -> settled).then(Mono.defer(this::closed));
    }

    private Mono<Void> closed() {
        BoardStore closing = current;
        current = null;
        ready.set(false);
        board.close();
        storeWatch.update(Disposables.disposed());
        asking.update(Disposables.disposed());
        known = List.of();
        allKnown = false;
        listBoards();
        pending.set(0);
        waiting.clear();
        return closing == null
                ? Mono.empty()
                : closing.close()
                        .timeout(Leaving.LONGEST_CLOSE)
                        .publishOn(FxThread.SCHEDULER)
                        .onErrorResume(error -> {
                            note(error);
                            return Mono.empty();
                        });
    }

    private void showConnection(ConnectionStatus status) {
        light.set(Light.of(status));
        Throwable error = status.error();
        if (error != null) {
            trouble.set(told(error));
        } else if (status.status()
                != ConnectionStatus.Status.CONNECTING) { // Each attempt would take away what is wrong for a moment.
            trouble.set("");
        }
        board.connected(status.isConnected());
        askForBoards();
        lookForBoards();
    }

    // ---- the boards ----

    /** The open board is always among them, also while it comes from a peer who has left meanwhile. */
    private void showBoards(List<Project> newest) {
        known = newest;
        if (board.id().get().isEmpty() && !newest.isEmpty()) {
            openBoard(newest.get(0).id());
        } else {
            listBoards();
            askForBoards();
        }
    }

    private void listBoards() {
        String open = board.id().get();
        if (open.isEmpty() || known.stream().anyMatch(each -> each.id().equals(open))) {
            boards.show(known);
        } else {
            boards.show(Stream.concat(
                            known.stream(),
                            Stream.of(new Project(open, board.name().get())))
                    .toList());
        }
        lookForBoards();
    }

    /** The list that comes by itself does not say when it is complete. */
    private void askForBoards() {
        BoardStore open = current;
        if (open == null || light.get() != Light.ON || allKnown || !known.isEmpty()) {
            return;
        }
        if (mode.get() == Mode.PEERS) {
            allKnown = true;
            lookForBoards();
            return;
        }
        asking.update(open.store()
                .listRoots(Board.PROJECT)
                .count()
                .publishOn(FxThread.SCHEDULER)
                .subscribe(
                        count -> {
                            allKnown = count == 0;
                            lookForBoards();
                        },
                        // What is wrong with the connection is told, and with the next one it is asked again.
                        error -> {}));
    }

    private void lookForBoards() {
        String text;
        if (current == null) {
            text = "";
        } else if (allKnown) {
            text = "No board yet. Write a name below and press Enter.";
        } else if (light.get() == Light.ON) {
            text = "Waiting for the list of boards …";
        } else {
            text =
                    "No board is here yet, and there is no connection. Others' boards come as soon as there is one; a new one can be made"
                            + " below.";
        }
        noBoards.set(text);
    }

    void openBoard(String id) {
        if (current != null && !board.is(id)) {
            board.open(current, id, nameOf(id), false);
            listBoards();
        }
    }

    private String nameOf(String id) {
        return known.stream()
                .filter(each -> each.id().equals(id))
                .map(Project::name)
                .findFirst()
                .orElse(board.is(id) ? board.name().get() : "");
    }

    /** Creates a board and opens it. */
    void createBoard(String name) {
        if (current == null) {
            return; // Nothing offers it then.
        }
        String id = UUID.randomUUID().toString();
        board.open(current, id, name, true);
        listBoards();
        write(name, open -> open.create(Board.PROJECT, new Project(id, name)), error -> {
            if (board.is(id)) {
                board.refused(Sentences.notSaved(name, error, mode.get()));
            }
        });
    }

    // ---- writing ----

    /** {@return whether a text is not too long; if it is, a note says so} */
    boolean takes(String text, int longest) {
        boolean fits = text.length() <= longest;
        if (!fits) {
            notes.add("This is not saved: it has %d characters, and at most %d are taken. Shorten it."
                    .formatted(text.length(), longest));
        }
        return fits;
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
        write(what, write, error -> {});
    }

    private void write(String what, Write write, Consumer<Throwable> onError) {
        Scope open = board.writable();
        if (open == null) {
            notes.add(Sentences.notSavedHere(what));
            return;
        }
        Sinks.Empty<Void> over = Sinks.empty();
        Mono<Void> safe = over.asMono();
        underWay.add(safe);
        Mono.defer(() -> write.in(open).result())
                .publishOn(FxThread.SCHEDULER)
                .doFinally(signal -> {
                    underWay.remove(safe);
                    over.tryEmitEmpty();
                })
                .subscribe(unused -> {}, error -> {
                    log(error);
                    notes.add(Sentences.notSaved(what, error, mode.get()));
                    onError.accept(error);
                });
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

    /** Tries again now: to open the store if that failed, and if not to connect, to send what was put aside and to open a refused board. */
    void tryAgain() {
        if (current == null) {
            start();
        } else {
            board.openAgain();
            run(current.store().retryParked().then(current.store().reconnect()));
        }
    }

    /** What went wrong with a connection is told by its status. */
    private static void run(Mono<Void> action) {
        action.onErrorComplete().subscribe();
    }

    // ---- what went wrong ----

    /** {@return an error in the words of the user} The log has the others. */
    private String told(Throwable error) {
        log(error);
        return Sentences.of(error, mode.get());
    }

    private void log(Throwable error) {
        if (error instanceof StitchException) {
            LOG.warn("{}: {}", user.name(), error.toString());
            LOG.debug("{}", user.name(), error);
        } else {
            LOG.error("{}", user.name(), error);
        }
    }

    private void note(Throwable error) {
        notes.add(told(error));
    }

    private void noteRejection(Rejection rejection) {
        boolean isBoard = rejection.entity().equals(Board.PROJECT.name());
        ObjectNode copy = rejection.localCopy() == null ? rejection.current() : rejection.localCopy();
        String title = copy == null ? "" : copy.path(isBoard ? "name" : "title").asString("");
        String sentence = Sentences.notSaved(title, rejection.error(), mode.get());
        log(rejection.error());
        notes.add(sentence);
        if (isBoard && board.is(rejection.id()) && rejection.current() == null) {
            board.refused(sentence);
        }
    }

    private void noteRefusal(ScopeRefusal refusal) {
        LOG.warn("{}: {}", user.name(), refusal);
        String why = Sentences.boardRefused(nameOf(refusal.scopeId()), refusal.code(), mode.get());
        if (board.is(refusal.scopeId()) && Sentences.isFinal(refusal.code())) {
            board.refused(why);
        } else {
            notes.add(why);
        }
    }

    /** It stays pending until somebody says that it is to be tried again. */
    private void noteParked(Diagnostic report) {
        LOG.warn("{}: {}", user.name(), report);
        String id = report.subject().substring(report.subject().indexOf('/') + 1);
        notes.add(Sentences.parked(titles(Set.of(id)).getOrDefault(id, "")));
    }

    /** The titles of tasks of the open board, and the names of boards, of those that have these ids. */
    private Map<String, String> titles(Set<String> ids) {
        Map<String, String> titles = new HashMap<>();
        known.stream().filter(each -> ids.contains(each.id())).forEach(each -> titles.put(each.id(), each.name()));
        ids.forEach(id -> board.task(id).ifPresent(task -> titles.put(id, task.title())));
        return titles;
    }

    // ---- streams ----

    private Disposable watch(Flux<?> flux) {
        return flux.subscribe(unused -> {}, this::note);
    }
}
