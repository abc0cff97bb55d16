package io.stitch.samples.desktop;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import java.util.ArrayList;
import java.util.List;
import javafx.collections.ListChangeListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Whatever list follows whatever list. */
class NewestListProperties {
    record Item(int id, int content) {}

    /** What an observer does with the changes: the same list, and how much of it was touched. */
    private static final class Mirror implements ListChangeListener<Item> {
        private final List<Item> items = new ArrayList<>();
        private int events;
        private int removed;
        private int added;

        @Override
        public void onChanged(Change<? extends Item> change) {
            events++;
            while (change.next()) {
                assertThat(change.wasPermutated() || change.wasUpdated()).isFalse();
                List<? extends Item> gone = change.getRemoved();
                List<Item> here = items.subList(change.getFrom(), change.getFrom() + gone.size());
                assertThat(here).isEqualTo(gone);
                here.clear();
                items.addAll(change.getFrom(), change.getAddedSubList());
                removed += gone.size();
                added += change.getAddedSize();
            }
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

    @Property
    void itShowsTheNewestListAndSaysSoInOneEventWithTheFewestChanges(
            @ForAll("lists") List<Item> before, @ForAll("lists") List<Item> after) {
        NewestList<Item> list = new NewestList<>(Item::id);
        list.show(before);
        Mirror mirror = new Mirror();
        mirror.items.addAll(list);
        list.addListener(mirror);

        list.show(after);

        assertThat(list).isEqualTo(after);
        assertThat(mirror.items).isEqualTo(after);
        assertThat(mirror.events).isEqualTo(before.equals(after) ? 0 : 1);
        int same = longestCommon(before, after);
        int replaced = mirror.removed - (before.size() - same);
        assertThat(mirror.added - (after.size() - same)).isEqualTo(replaced);
        assertThat(replaced).isBetween(0, changed(before, after));
    }

    @Property
    void aListenerSeesTheNewListAlready(@ForAll("lists") List<Item> before, @ForAll("lists") List<Item> after) {
        NewestList<Item> list = new NewestList<>(Item::id);
        list.show(before);
        list.addListener((ListChangeListener<Item>) change -> assertThat(list).isEqualTo(after));
        list.show(after);
    }

    @Example
    void anAppendedElementIsOneAdditionAndNothingElse() {
        NewestList<Item> list = new NewestList<>(Item::id);
        list.show(List.of(new Item(1, 0), new Item(2, 0)));
        List<String> changes = new ArrayList<>();
        list.addListener((ListChangeListener<Item>) change -> changes.add(change.toString()));
        list.show(List.of(new Item(1, 0), new Item(2, 0), new Item(3, 0)));
        assertThat(changes).singleElement().asString().contains("added at 2");
    }

    @Example
    void itRefusesTwoElementsWithOneKeyAndWritesOfOthers() {
        NewestList<Item> list = new NewestList<>(Item::id);
        assertThatThrownBy(() -> list.show(List.of(new Item(1, 0), new Item(1, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the key '1'");
        assertThatThrownBy(() -> list.add(new Item(1, 0))).isInstanceOf(UnsupportedOperationException.class);
    }

    /** How many elements can stay where they are, by the plain definition. */
    private static int longestCommon(List<Item> before, List<Item> after) {
        int[][] length = new int[before.size() + 1][after.size() + 1];
        for (int i = 1; i <= before.size(); i++) {
            for (int j = 1; j <= after.size(); j++) {
                length[i][j] = before.get(i - 1).id() == after.get(j - 1).id()
                        ? length[i - 1][j - 1] + 1
                        : Math.max(length[i - 1][j], length[i][j - 1]);
            }
        }
        return length[before.size()][after.size()];
    }

    private static int changed(List<Item> before, List<Item> after) {
        return (int) before.stream()
                .filter(item -> after.stream().anyMatch(other -> other.id() == item.id() && !other.equals(item)))
                .count();
    }
}
