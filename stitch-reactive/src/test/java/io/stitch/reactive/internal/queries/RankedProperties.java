package io.stitch.reactive.internal.queries;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** The ordered set against a sorted map of the JDK. */
class RankedProperties {
    /** Equal by number, told apart by identity. */
    private static final class Element {
        private final int number;

        Element(int number) {
            this.number = number;
        }
    }

    private static final Comparator<Element> ORDER = Comparator.comparingInt(element -> element.number);

    @Property(tries = 500)
    void isWhatASortedMapIs(@ForAll @Size(max = 300) List<@IntRange(min = -60, max = 60) Integer> steps) {
        Ranked<Element> set = Ranked.empty(ORDER);
        TreeMap<Integer, Element> model = new TreeMap<>();
        for (int step : steps) {
            Element element = new Element(Math.abs(step));
            if (step < 0) {
                set = set.without(element);
                model.remove(element.number);
            } else {
                set = set.with(element);
                model.put(element.number, element);
            }
        }

        assertThat(elements(set, 0)).containsExactlyElementsOf(model.values());
        assertThat(set.size()).isEqualTo(model.size());
        for (int number = 0; number <= 60; number++) {
            assertThat(set.rank(new Element(number)))
                    .isEqualTo(model.headMap(number).size());
            assertThat(set.find(new Element(number))).isSameAs(model.get(number));
        }
        List<Element> sorted = List.copyOf(model.values());
        for (int i = 0; i < sorted.size(); i++) {
            assertThat(set.get(i)).isSameAs(sorted.get(i));
            assertThat(elements(set, i)).isEqualTo(sorted.subList(i, sorted.size()));
        }
        assertThat(elements(Ranked.ofSorted(ORDER, sorted), 0)).isEqualTo(sorted);
    }

    @Property(tries = 30)
    void staysLowWhateverTheOrderOfWhatComesAndGoes(
            @ForAll @IntRange(min = 1, max = 4_000) int size, @ForAll @IntRange(min = 0, max = 2) int way) {
        Ranked<Element> set = Ranked.empty(ORDER);
        for (int i = 0; i < size; i++) {
            set = set.with(new Element(
                    switch (way) {
                        case 0 -> i;
                        case 1 -> -i;
                        default -> Integer.reverse(i);
                    }));
            assertThat(set.height()).isLessThanOrEqualTo(bound(set.size()));
        }
        while (set.size() > 0) {
            set = set.without(set.get(0));
            assertThat(set.height()).isLessThanOrEqualTo(bound(set.size()));
        }
    }

    /** No side has more than three quarters of what is below a node. */
    private static int bound(int size) {
        return (int) (2 + Math.log(size + 1.0) / Math.log(4.0 / 3.0));
    }

    @Property(tries = 500)
    void findsWhatDiffers(
            @ForAll @Size(max = 80) List<@IntRange(min = 0, max = 100) Integer> first,
            @ForAll @Size(max = 60) List<@IntRange(min = -100, max = 100) Integer> steps) {
        Ranked<Element> before = Ranked.empty(ORDER);
        for (int number : first) {
            before = before.with(new Element(number));
        }
        Ranked<Element> now = before;
        for (int step : steps) {
            Element element = new Element(Math.abs(step));
            now = step < 0 ? now.without(element) : now.with(element);
        }
        List<String> found = new ArrayList<>();
        before.differences(now, noting(found));

        assertThat(found).isEqualTo(model(before, now));
    }

    @Property(tries = 20)
    void looksAtLittleWhereLittleDiffers(@ForAll @IntRange(min = 0, max = 9_999) int place) {
        int[] compared = {0};
        Comparator<Element> counting = (one, other) -> {
            compared[0]++;
            return ORDER.compare(one, other);
        };
        Ranked<Element> before = Ranked.ofSorted(
                counting, IntStream.range(0, 10_000).mapToObj(Element::new).toList());
        Ranked<Element> now = before.with(new Element(place)).without(new Element(9_999 - place));
        compared[0] = 0;
        List<String> found = new ArrayList<>();
        before.differences(now, noting(found));

        assertThat(found).hasSizeLessThanOrEqualTo(2);
        assertThat(compared[0]).isLessThan(400);
    }

    private static Ranked.Differences<Element> noting(List<String> found) {
        return new Ranked.Differences<>() {
            @Override
            public void gone(Element element) {
                found.add(element.number + " gone");
            }

            @Override
            public void come(Element element) {
                found.add(element.number + " come");
            }

            @Override
            public void replaced(Element earlier, Element later) {
                assertThat(earlier.number).isEqualTo(later.number);
                found.add(earlier.number + " replaced");
            }
        };
    }

    private static List<String> model(Ranked<Element> before, Ranked<Element> now) {
        return IntStream.rangeClosed(0, 100)
                .mapToObj(number -> {
                    Element earlier = before.find(new Element(number));
                    Element later = now.find(new Element(number));
                    return earlier == later
                            ? null
                            : number + (earlier == null ? " come" : later == null ? " gone" : " replaced");
                })
                .filter(Objects::nonNull)
                .toList();
    }

    private static List<Element> elements(Ranked<Element> set, int from) {
        List<Element> elements = new ArrayList<>();
        set.from(from).forEachRemaining(elements::add);
        return elements;
    }
}
