package io.stitch.reactive.peer.internal.hello;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import java.util.HashMap;
import java.util.HashSet;
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
}
