package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Board.Status;
import io.stitch.samples.desktop.OpenBoard.Row;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.Labeled;
import javafx.scene.control.ListView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.robot.Robot;
import javafx.stage.Stage;

/** A window that is open, used as its user would use it: by keys, and by looking at it. */
final class TestWindow implements AutoCloseable {
    private final BoardWindow window;

    private TestWindow(BoardWindow window) {
        this.window = window;
    }

    static TestWindow open(User user, Mode mode) {
        return open(user, mode, new BoardWindow.Application() {
            @Override
            public void anotherWindow() {}

            @Override
            public void quit() {}
        });
    }

    static TestWindow open(User user, Mode mode, BoardWindow.Application application) {
        TestWindow opened = Fx.call(() -> {
            BoardModel model = new BoardModel(user, mode, Clock.systemUTC());
            Stage stage = new Stage();
            BoardWindow made = BoardWindow.make(model, stage, application);
            stage.show();
            stage.requestFocus();
            model.start();
            return new TestWindow(made);
        });
        opened.await("the window has the focus", () -> opened.window.stage().isFocused());
        return opened;
    }

    BoardModel model() {
        return window.model();
    }

    Stage stage() {
        return window.stage();
    }

    /** The list of all keys. */
    Stage keys() {
        return window.keys().stage();
    }

    /** The list of what waits to be sent. */
    Stage waiting() {
        return window.waiting().stage();
    }

    Selection<Row> selection() {
        return window.board().selection();
    }

    // ---- looking; on the JavaFX thread ----

    ListView<Row> list(Status status) {
        return window.board().list(status);
    }

    Optional<Row> shown(Status status, String title) {
        return list(status).getItems().stream()
                .filter(row -> row.task().title().equals(title))
                .findFirst();
    }

    boolean shows(Status status, String title) {
        return shown(status, title).isPresent();
    }

    String selected() {
        Row row = selection().selected().get();
        return row == null ? "" : row.task().title();
    }

    /** The title of what the list view itself has selected. */
    String selectedIn(Status status) {
        Row row = list(status).getSelectionModel().getSelectedItem();
        return row == null ? "" : row.task().title();
    }

    String text(String id) {
        return ((Labeled) node(id)).getText();
    }

    Node node(String id) {
        return Objects.requireNonNull(stage().getScene().lookup("#" + id), id);
    }

    /** The line above the columns. */
    TextField entry() {
        return (TextField) node("entry");
    }

    boolean isMarkedPending(String title) {
        return cells(title).anyMatch(cell -> cell.lookup(".task-mark").isVisible());
    }

    /** Whether a cell shows it: there are cells for what is on the screen only. */
    boolean isInSight(String title) {
        return cells(title).anyMatch(Node::isVisible);
    }

    /** The cells of a column that show something, from above. */
    List<TaskCell> cellsIn(Status status) {
        return list(status).lookupAll(".task-cell").stream()
                .map(TaskCell.class::cast)
                .filter(cell -> cell.isVisible() && cell.getItem() != null)
                .sorted(Comparator.comparing(TaskCell::getIndex))
                .toList();
    }

    private Stream<TaskCell> cells(String title) {
        return stage().getScene().getRoot().lookupAll(".task-cell").stream()
                .map(TaskCell.class::cast)
                .filter(cell ->
                        cell.getItem() != null && cell.getItem().task().title().equals(title));
    }

    List<String> notes() {
        return List.copyOf(model().notes().shown());
    }

    // ---- waiting and doing; on the test's thread ----

    void await(String what, BooleanSupplier condition) {
        try {
            Fx.await(what, condition);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; the window: " + Fx.call(this::toString), e);
        }
    }

    /** What a value is from now on, in order; also what it is for so short a time that no frame shows it. */
    <T> List<T> follow(ObservableValue<T> value) {
        List<T> values = new CopyOnWriteArrayList<>();
        Fx.run(() -> {
            values.add(value.getValue());
            value.addListener((property, before, now) -> values.add(now));
        });
        return values;
    }

    void awaitConnected() {
        await("connected", () -> model().light().get() == Light.ON);
    }

    void press(KeyCode... keys) {
        Fx.run(() -> {
            Robot robot = new Robot();
            for (KeyCode key : keys) {
                robot.keyPress(key);
            }
            for (int i = keys.length - 1; i >= 0; i--) {
                robot.keyRelease(keys[i]);
            }
        });
    }

    /** Lower-case letters, digits and spaces. */
    void type(String text) {
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            press(
                    character == ' '
                            ? KeyCode.SPACE
                            : KeyCode.getKeyCode(String.valueOf(character).toUpperCase(Locale.ROOT)));
        }
    }

    void addTask(String title) {
        press(KeyCode.CONTROL, KeyCode.N);
        await("the line for new tasks has the focus", () -> node("entry").isFocused());
        type(title);
        press(KeyCode.ENTER);
    }

    void select(Status status, String title) {
        await(title + " is shown", () -> shows(status, title));
        Fx.run(() -> {
            list(status).requestFocus();
            list(status).getSelectionModel().select(shown(status, title).orElseThrow());
        });
    }

    @Override
    public String toString() {
        return "light %s, trouble '%s', board %s, focus %s, boards %s, tasks %s, selected '%s', waiting %s, notes %s"
                .formatted(
                        model().light().get(),
                        model().trouble().get(),
                        model().board().condition().get(),
                        stage().getScene().getFocusOwner(),
                        List.copyOf(model().boards()),
                        List.copyOf(model().board().tasks()),
                        selected(),
                        List.copyOf(model().waiting().shown()),
                        notes());
    }

    @Override
    public void close() {
        Fx.run(() -> window.stage().hide());
        Fx.call(() -> model().close().toFuture())
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }
}
