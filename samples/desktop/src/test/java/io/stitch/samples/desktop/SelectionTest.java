package io.stitch.samples.desktop;

import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javafx.collections.transformation.FilteredList;
import javafx.scene.control.ListView;

import static org.assertj.core.api.Assertions.assertThat;

/** The selection in list views whose lists change in any way. */
@ExtendWith(WindowSystem.class)
class SelectionTest {
    private static final int ROUNDS = 400;

    record Item(String id, boolean left, int content) {}

    @Test
    void whateverChangesTheSelectionStaysWithItsElement() {
        Fx.run(() -> {
            Random random = new Random(7);
            LiveList<Item, Item> items = new LiveList<>(RecordRow::record);
            Consumer<List<Item>> query = query(items);
            ListView<Item> left = new ListView<>(new FilteredList<>(items, Item::left));
            ListView<Item> right = new ListView<>(new FilteredList<>(items, item -> !item.left()));
            Selection<Item> selection = new Selection<>(Item::id, List.of(left, right));
            items.around(selection::keep);

            for (int round = 0; round < ROUNDS; round++) {
                query.accept(list(random));
                Item wanted = items.get(random.nextInt(items.size()));
                ListView<Item> holder = wanted.left() ? left : right;
                holder.getSelectionModel().select(wanted);
                assertThat(selection.selected().get()).isEqualTo(wanted);

                List<Item> next = list(random);
                query.accept(next);

                Item now = next.stream()
                        .filter(item -> item.id().equals(wanted.id()))
                        .findFirst()
                        .orElse(null);
                if (now != null) {
                    assertThat(selection.selected().get()).isEqualTo(now);
                    assertThat((now.left() ? left : right).getSelectionModel().getSelectedItem())
                            .isEqualTo(now);
                    assertThat((now.left() ? right : left).getSelectionModel().getSelectedItem())
                            .isNull();
                } else if (holder.getItems().isEmpty()) {
                    assertThat(selection.selected().get()).isNull();
                } else {
                    assertThat(holder.getItems()).contains(selection.selected().get());
                }
            }
        });
    }

    @Test
    void whatIsNotThereYetIsSelectedWhenItComes() {
        Fx.run(() -> {
            LiveList<Item, Item> items = new LiveList<>(RecordRow::record);
            Consumer<List<Item>> query = query(items);
            ListView<Item> view = new ListView<>(items);
            Selection<Item> selection = new Selection<>(Item::id, List.of(view));
            items.around(selection::keep);
            query.accept(List.of(new Item("a", true, 0)));

            selection.select("b");
            assertThat(selection.selected().get()).isNull();
            query.accept(List.of(new Item("a", true, 0), new Item("b", true, 0)));

            assertThat(view.getSelectionModel().getSelectedItem()).isEqualTo(new Item("b", true, 0));
        });
    }

    /** {@return draws each list as the next result of a query} */
    private static Consumer<List<Item>> query(LiveList<Item, Item> items) {
        Sinks.Many<QueryResult<Item>> results = Sinks.many().unicast().onBackpressureBuffer();
        items.follow(results.asFlux(), Schedulers.immediate(), Schedulers.immediate())
                .subscribe();
        return next ->
                results.emitNext(Found.after(List.copyOf(items), next, Item::id), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    private static List<Item> list(Random random) {
        List<Item> all = new ArrayList<>(IntStream.range(0, 1 + random.nextInt(10))
                .mapToObj(i -> new Item("item" + (i + random.nextInt(2) * 10), random.nextBoolean(), random.nextInt(2)))
                .toList());
        Collections.shuffle(all, random);
        return all;
    }
}
