package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.Board.Task;
import io.stitch.samples.desktop.OpenBoard.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javafx.collections.ListChangeListener;
import javafx.scene.control.MenuItem;

/**
 * What can be done with a task, as the items of a menu. A menu is about the task that was selected when it opened: if somebody deletes
 * that one meanwhile, nothing in the menu works any more, least of all on the task that is selected then.
 */
final class TaskMenu {
    private static final List<Status> COLUMNS = List.of(Status.values());

    private final BoardModel model;
    private final MenuItem about = new MenuItem();
    private final List<Choice> choices;
    private @Nullable String target;

    private record Choice(MenuItem item, Predicate<Task> isPossible) {}

    /**
     * Makes the items.
     *
     * @param model where things are done
     * @param edit begins to edit a task
     */
    TaskMenu(BoardModel model, Consumer<Task> edit) {
        this.model = model;
        about.setDisable(true);
        about.setMnemonicParsing(false);
        choices = List.of(
                choice(Keys.EDIT.meaning(), Keys.EDIT.keys(), task -> true, edit),
                choice(Keys.ASSIGN.meaning(), Keys.ASSIGN.keys(), task -> true, model::assign),
                choice(
                        "Move the task to the left",
                        "Shift+←",
                        task -> column(task, -1).isPresent(),
                        task -> move(task, -1)),
                choice(
                        "Move the task to the right",
                        "Shift+→",
                        task -> column(task, 1).isPresent(),
                        task -> move(task, 1)),
                choice(Keys.DELETE.meaning(), Keys.DELETE.keys(), task -> true, model::delete));
        model.board().tasks().addListener((ListChangeListener<Row>) change -> look());
        model.board().condition().addListener((property, before, now) -> look());
        look();
    }

    private Choice choice(String text, String keys, Predicate<Task> isPossible, Consumer<Task> action) {
        MenuItem item = new MenuItem("%s (%s)".formatted(text, keys));
        item.setOnAction(event -> task().filter(isPossible).ifPresent(action));
        return new Choice(item, isPossible);
    }

    List<MenuItem> items() {
        return Stream.concat(Stream.of(about), choices.stream().map(Choice::item))
                .toList();
    }

    /** The menu opens, with this row selected. */
    void opens(@Nullable Row selected) {
        target = selected == null ? null : selected.id();
        look();
    }

    private Optional<Task> task() {
        return target != null && model.board().condition().get().isUsable()
                ? model.board().task(target)
                : Optional.empty();
    }

    private void look() {
        Optional<Task> task = task();
        about.setText(task.map(found -> Words.quoted(found.title()))
                .orElse(target == null ? "No task is selected" : "Somebody deleted this task"));
        choices.forEach(choice ->
                choice.item().setDisable(task.filter(choice.isPossible()).isEmpty()));
    }

    private static Optional<Status> column(Task task, int columnsOn) {
        int to = COLUMNS.indexOf(task.status()) + columnsOn;
        return to >= 0 && to < COLUMNS.size() ? Optional.of(COLUMNS.get(to)) : Optional.empty();
    }

    private void move(Task task, int columnsOn) {
        column(task, columnsOn).ifPresent(status -> model.move(task, status));
    }
}
