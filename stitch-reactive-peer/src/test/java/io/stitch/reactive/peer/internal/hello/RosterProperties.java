package io.stitch.reactive.peer.internal.hello;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Names that anybody can make up push out no names that were there before. */
class RosterProperties {
    private static final int BOUND = 8;
    private static final long MINUTE = 60_000;

    @Property
    void whatIsRememberedIsBoundedAndTheOldGiveWayLast(
            @ForAll @Size(max = 200) List<@IntRange(max = 40) Integer> heard,
            @ForAll @IntRange(min = 1, max = 20_000) int pause) {
        Roster<Integer> roster = new Roster<>(BOUND);
        Map<String, Long> firstAt = new HashMap<>();
        Set<String> settled = new HashSet<>();
        long now = 1_000_000;
        for (int number : heard) {
            now += pause;
            String name = "n" + number;
            boolean wasKnown = roster.knows(name);
            Set<String> newcomers = new HashSet<>(firstAt.keySet());
            newcomers.removeAll(settled);
            String forgotten = roster.heard(name, now, number);

            assertThat(roster.size()).isLessThanOrEqualTo(BOUND);
            assertThat(roster.get(name)).isEqualTo(number);
            if (forgotten != null) {
                assertThat(wasKnown).isFalse();
                if (settled.contains(forgotten)) {
                    assertThat(newcomers).as("none of them could give way").isEmpty();
                }
                firstAt.remove(forgotten);
                settled.remove(forgotten);
            }
            firstAt.putIfAbsent(name, now);
            if (now - firstAt.get(name) >= MINUTE) {
                settled.add(name);
            }
        }
        assertThat(roster.names()).containsExactlyInAnyOrderElementsOf(firstAt.keySet());
    }

    @Property
    void whoIsTakenUpFromBeforeGivesWayInTheOrderInWhichTheyWereHeard(
            @ForAll @Size(max = 20) Set<@IntRange(max = 40) Integer> kept,
            @ForAll @Size(max = 6) List<@IntRange(max = 40) Integer> heardMeanwhile) {
        Roster<Integer> roster = new Roster<>(BOUND);
        heardMeanwhile.forEach(number -> roster.heard("n" + number, MINUTE, -1));
        Map<String, Integer> oldestFirst = new LinkedHashMap<>();
        kept.forEach(number -> oldestFirst.put("n" + number, number));

        List<String> forgotten = roster.restore(oldestFirst);

        assertThat(roster.size()).isLessThanOrEqualTo(BOUND);
        assertThat(forgotten).noneMatch(roster::knows);
        heardMeanwhile.stream()
                .map(number -> "n" + number)
                .filter(roster::knows)
                .forEach(
                        name -> assertThat(roster.get(name)).as("what is newer").isEqualTo(-1));
        List<String> restored = oldestFirst.keySet().stream()
                .filter(name -> !heardMeanwhile.contains(oldestFirst.get(name)))
                .toList();
        List<String> left = restored.stream().filter(roster::knows).toList();
        assertThat(left)
                .as("the last ones")
                .isEqualTo(restored.subList(restored.size() - left.size(), restored.size()));
        assertThat(roster.names().stream().filter(left::contains).toList())
                .as("the one unheard longest first")
                .isEqualTo(left);
    }
}
