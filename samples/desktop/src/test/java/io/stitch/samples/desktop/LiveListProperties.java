package io.stitch.samples.desktop;

import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.List;
import javafx.collections.ListChangeListener;
import javafx.collections.transformation.FilteredList;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Whatever a query finds, one result after the other. */
class LiveListProperties {
    record Item(int id, int content) {}

    /** What an observer does with the changes: the same list, and how much of it was touched. */
    private static final class Mirror implements ListChangeListener<Item> {
        private final List<Item> items = new ArrayList<>();
        private int events;
        private int added;
        private int removed;

        @Override
        public void onChanged(Change<? extends Item> change) {
            events++;
            List<Item> after = List.copyOf(change.getList());
            while (change.next()) {
                assertThat(change.wasPermutated() || change.wasUpdated()).isFalse();
                List<? extends Item> gone = change.getRemoved();
                List<Item> here = items.subList(change.getFrom(), change.getFrom() + gone.size());
                assertThat(here).isEqualTo(gone);
                here.clear();
                items.addAll(change.getFrom(), change.getAddedSubList());
                added += change.getAddedSize();
                removed += gone.size();
            }
            assertThat(items).isEqualTo(after);
        }
    }

    /** A list with what it follows, on this thread. */
    private static final class Followed {
        private final LiveList<Item, Item> list = new LiveList<>(RecordRow::record);
        private final Mirror mirror = new Mirror();
        private Sinks.Many<QueryResult<Item>> results = begun();

        Followed() {
            list.addListener(mirror);
        }

        private Sinks.Many<QueryResult<Item>> begun() {
            Sinks.Many<QueryResult<Item>> begun = Sinks.many().unicast().onBackpressureBuffer();
            list.follow(begun.asFlux(), Schedulers.immediate(), Schedulers.immediate())
                    .subscribe();
            return begun;
        }

        void another() {
            results.tryEmitComplete();
            results = begun();
        }

        void show(List<Item> before, List<Item> now) {
            results.emitNext(Found.after(before, now, Item::id), Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    @Provide
    Arbitrary<List<Item>> lists() {
        Arbitrary<Item> items = Combinators.combine(
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 1))
                .as(Item::new);
        return items.list().uniqueElements(Item::id).ofMaxSize(12);
    }

    @Provide
    Arbitrary<List<List<Item>>> results() {
        return lists().list().ofMinSize(1).ofMaxSize(6);
    }

    @Property
    void itShowsEachResultAndItsEventsTouchWhatTheResultSaysAndNothingElse(
            @ForAll("results") List<List<Item>> results) {
        Followed followed = new Followed();
        List<Item> before = List.of();
        for (List<Item> now : results) {
            int events = followed.mirror.events;
            int added = followed.mirror.added;
            int removed = followed.mirror.removed;
            List<QueryChange<Item>> told = Found.after(before, now, Item::id).changes();

            followed.show(before, now);

            assertThat(followed.list).isEqualTo(now);
            assertThat(followed.mirror.items).isEqualTo(now);
            assertThat(followed.mirror.events - events).isLessThanOrEqualTo(told.isEmpty() ? 0 : 2);
            assertThat(followed.mirror.removed - removed).isLessThanOrEqualTo(count(told, QueryChange.Inserted.class));
            assertThat(followed.mirror.added - added).isLessThanOrEqualTo(count(told, QueryChange.Removed.class));
            before = now;
        }
    }

    private static int count(List<QueryChange<Item>> changes, Class<?> leftOut) {
        return (int)
                changes.stream().filter(change -> !leftOut.isInstance(change)).count();
    }

    @Property
    void filteredListsOverItShowWhatPasses(@ForAll("results") List<List<Item>> results) {
        Followed followed = new Followed();
        FilteredList<Item> some = new FilteredList<>(followed.list, item -> item.content() == 0);
        FilteredList<Item> all = new FilteredList<>(followed.list, item -> true);
        List<Item> before = List.of();
        for (List<Item> now : results) {
            followed.show(before, now);
            assertThat(all).isEqualTo(now);
            assertThat(some)
                    .isEqualTo(now.stream().filter(item -> item.content() == 0).toList());
            before = now;
        }
    }

    @Property
    void anotherQueryTakesThePlaceOfTheOneBeforeInOneEvent(
            @ForAll("lists") List<Item> before, @ForAll("lists") List<Item> first, @ForAll("lists") List<Item> next) {
        Followed followed = new Followed();
        followed.show(List.of(), before);
        followed.another();
        assertThat(followed.list).as("stays until the other one has answered").isEqualTo(before);
        int events = followed.mirror.events;

        followed.show(List.of(), first);
        assertThat(followed.list).isEqualTo(first);
        assertThat(followed.mirror.events - events).isEqualTo(before.isEmpty() && first.isEmpty() ? 0 : 1);

        followed.show(first, next);
        assertThat(followed.list).isEqualTo(next);
        assertThat(followed.mirror.items).isEqualTo(next);
    }

    @Property
    void whatWasClearedIsDrawnWholeByTheNextResult(
            @ForAll("lists") List<Item> before, @ForAll("lists") List<Item> next) {
        Followed followed = new Followed();
        followed.show(List.of(), before);
        followed.list.clear();
        assertThat(followed.list).isEmpty();

        followed.show(before, next);

        assertThat(followed.list).isEqualTo(next);
        assertThat(followed.mirror.items).isEqualTo(next);
    }

    @Example
    void anAppendedElementIsOneAdditionAndNothingElse() {
        Followed followed = new Followed();
        List<Item> two = List.of(new Item(1, 0), new Item(2, 0));
        List<Item> three = List.of(new Item(1, 0), new Item(2, 0), new Item(3, 0));
        followed.show(List.of(), two);
        List<String> changes = new ArrayList<>();
        followed.list.addListener((ListChangeListener<Item>) change -> changes.add(change.toString()));

        followed.show(two, three);

        assertThat(changes).singleElement().asString().contains("added at 2");
    }

    @Example
    void itRefusesWritesOfOthers() {
        LiveList<Item, Item> list = new LiveList<>(RecordRow::record);
        assertThatThrownBy(() -> list.add(new Item(1, 0))).isInstanceOf(UnsupportedOperationException.class);
    }
}
