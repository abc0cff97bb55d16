package io.stitch.samples.desktop;

import java.util.Locale;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.shape.Circle;

/** The line above everything: the board, who is there, how safe it is, what is pending, the connection light, the mode. */
final class TopBar extends HBox {
    private static final double LIGHT_RADIUS = 5;

    TopBar(BoardModel model, Runnable showWaiting) {
        Label board = new Label();
        board.setId("board-name");
        board.textProperty().bind(model.board().name().map(Words::line));
        board.setMinWidth(0);
        Region space = new Region();
        setHgrow(space, Priority.ALWAYS);

        getStyleClass().add("top-bar");
        setAlignment(Pos.CENTER_LEFT);
        getChildren()
                .addAll(
                        board,
                        space,
                        others(model),
                        safety(model),
                        pending(model, showWaiting),
                        light(model),
                        offline(model),
                        modes(model));
    }

    private static Label others(BoardModel model) {
        Label others = new Label();
        others.setId("others");
        others.getStyleClass().add("chip");
        others.textProperty()
                .bind(Bindings.createStringBinding(
                        () -> model.board().others().get() == 1
                                ? "1 other here"
                                : model.board().others().get() + " others here",
                        model.board().others()));
        shownWhile(others, model.board().others().greaterThan(0));
        return others;
    }

    private static Label safety(BoardModel model) {
        Label safety = new Label();
        safety.setId("safety");
        safety.getStyleClass().add("chip");
        safety.textProperty().bind(model.board().safety());
        shownWhile(safety, model.board().safety().isNotEmpty());
        return safety;
    }

    private static Button pending(BoardModel model, Runnable showWaiting) {
        Button pending = new Button();
        pending.setId("pending");
        pending.getStyleClass().addAll("chip", "chip-pending");
        pending.textProperty().bind(model.pending().asString("%d pending"));
        pending.setTooltip(new Tooltip("%s. Each can be taken back, or tried again.".formatted(Keys.WAITING.keys())));
        pending.setOnAction(event -> showWaiting.run());
        shownWhile(pending, model.pending().greaterThan(0));
        return pending;
    }

    private static void shownWhile(Labeled label, ObservableValue<Boolean> shown) {
        label.visibleProperty().bind(shown);
        label.managedProperty().bind(label.visibleProperty());
        label.setMinWidth(USE_PREF_SIZE);
    }

    private static Label light(BoardModel model) {
        Label light = new Label();
        light.setId("light");
        light.setMinWidth(USE_PREF_SIZE);
        light.setGraphic(new Circle(LIGHT_RADIUS));
        light.textProperty()
                .bind(Bindings.createStringBinding(
                        () -> model.leaving().get()
                                ? "Saving …"
                                : model.switching().get()
                                        ? "Opening …"
                                        : model.ready().get()
                                                ? model.light().get().text()
                                                : "Not open",
                        model.light(),
                        model.leaving(),
                        model.ready(),
                        model.switching()));
        light.getStyleClass().addAll("light", model.light().get().style());
        model.light()
                .addListener((property, before, now) ->
                        light.getStyleClass().set(light.getStyleClass().size() - 1, now.style()));
        return light;
    }

    private static Button offline(BoardModel model) {
        Button offline = new Button();
        offline.setId("offline");
        offline.setMinWidth(USE_PREF_SIZE);
        offline.textProperty()
                .bind(Bindings.when(model.ready().not())
                        .then("Try again")
                        .otherwise(Bindings.when(model.light().isEqualTo(Light.OFF))
                                .then("Connect")
                                .otherwise("Go offline")));
        offline.disableProperty().bind(model.switching());
        offline.setTooltip(new Tooltip(
                "%s. What you do offline is kept, and sent when you come back.".formatted(Keys.OFFLINE.keys())));
        offline.setOnAction(event -> model.toggleOffline());
        return offline;
    }

    private static HBox modes(BoardModel model) {
        HBox modes = new HBox();
        modes.getStyleClass().add("modes");
        ToggleGroup group = new ToggleGroup();
        for (Mode mode : Mode.values()) {
            ToggleButton button = new ToggleButton(mode.text());
            button.setId("mode-" + mode.name().toLowerCase(Locale.ROOT));
            button.setMinWidth(USE_PREF_SIZE);
            button.setToggleGroup(group);
            button.setTooltip(new Tooltip((mode == Mode.SERVER
                            ? "A server owns the boards and may refuse a change. %s switches."
                            : "Everybody here owns the boards, over any broker. %s switches.")
                    .formatted(Keys.MODE.keys())));
            button.setSelected(model.mode().get() == mode);
            model.mode().addListener((property, before, now) -> button.setSelected(now == mode));
            button.setOnAction(event -> {
                model.switchTo(mode);
                button.setSelected(model.mode().get() == mode); // One of them always is.
            });
            modes.getChildren().add(button);
        }
        modes.disableProperty().bind(model.switching());
        return modes;
    }
}
