package io.stitch.reactive.peer.internal.safety;

import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.spi.RecordKey;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** What is kept in a few numbers says the same as a table of who holds what. */
class HoldingsProperties {
    private static final List<RecordKey> RECORDS =
            IntStream.range(0, 6).mapToObj(HoldingsProperties::key).toList();
    private static final List<String> PEERS = List.of("ben", "cleo", "dora");

    private static RecordKey key(int number) {
        return new RecordKey("p1", "task", "t" + number);
    }

    /** Who holds what, one by one. */
    private static final class Table {
        private final Map<RecordKey, Set<String>> holders = new HashMap<>();
        private final Set<RecordKey> alive = new HashSet<>(RECORDS);
        private final Set<RecordKey> changed = new HashSet<>();

        Table() {
            RECORDS.forEach(key -> holders.put(key, new HashSet<>()));
        }

        void say(String peer, RecordKey key, boolean holds) {
            if (holds) {
                holders.get(key).add(peer);
            } else {
                holders.get(key).remove(peer);
            }
        }

        boolean counts(RecordKey key) {
            return alive.contains(key) || changed.contains(key);
        }

        int unheld() {
            return (int) RECORDS.stream()
                    .filter(key -> counts(key) && holders.get(key).isEmpty())
                    .count();
        }
    }

    @Property
    void itSaysWhatATableOfAllWouldSay(@ForAll Random random) {
        Holdings holdings = new Holdings(10);
        Table table = new Table();
        for (int step = 0; step < 40; step++) {
            String peer = PEERS.get(random.nextInt(PEERS.size()));
            RecordKey key = RECORDS.get(random.nextInt(RECORDS.size()));
            Set<RecordKey> some = new HashSet<>(RECORDS);
            some.removeIf(each -> random.nextInt(3) > 0);
            switch (random.nextInt(5)) {
                case 0 -> change(holdings, table, key, random.nextBoolean(), null);
                case 1 -> change(holdings, table, key, random.nextBoolean(), peer);
                case 2 -> {
                    holdings.holdsAll(peer, holdings.sequence(), step);
                    RECORDS.forEach(each -> table.say(peer, each, true));
                    assertThat(holdings.of(table.alive.size(), 0, each -> false, false)
                                    .holders())
                            .isPositive();
                }
                case 3 -> {
                    holdings.holdsAllBut(peer, some, step);
                    RECORDS.forEach(each -> table.say(peer, each, !some.contains(each)));
                }
                default -> holdings.published(key, random.nextBoolean());
            }
            ScopeSafety safety = holdings.of(table.alive.size(), 0, each -> false, false);
            assertThat(safety.onlyHere() + safety.taken()).isEqualTo(table.unheld());
            assertThat(safety.holders())
                    .as("a peer that named each by itself may be left out")
                    .isLessThanOrEqualTo((int)
                            PEERS.stream().filter(each -> saidAll(table, each)).count());
            for (RecordKey each : RECORDS) {
                assertThat(holdings.of(each, false, false).holders())
                        .isEqualTo(table.holders.get(each).size());
            }
        }
    }

    private static void change(Holdings holdings, Table table, RecordKey key, boolean deleted, String by) {
        holdings.changed(key, deleted, by);
        table.changed.add(key);
        table.holders.get(key).clear();
        if (by != null) {
            table.holders.get(key).add(by);
        }
        if (deleted) {
            table.alive.remove(key);
        } else {
            table.alive.add(key);
        }
    }

    private static boolean saidAll(Table table, String peer) {
        return RECORDS.stream().allMatch(key -> table.holders.get(key).contains(peer));
    }

    @Example
    void whatIsTooMuchToKnowOneByOneIsKnownLessAndNeverMore() {
        Holdings holdings = new Holdings(10);
        holdings.holdsAll("ben", holdings.sequence(), 0);
        int changes = Holdings.MOST_CHANGES + 5;
        for (int i = 0; i < changes; i++) {
            holdings.changed(key(i), false, "cleo");
        }
        assertThat(holdings.of(key(0), false, false).holders())
                .as("not known any more")
                .isZero();
        assertThat(holdings.of(key(changes - 1), false, false).holders()).isEqualTo(1);
        assertThat(holdings.of(changes, 0, each -> false, false)).isEqualTo(new ScopeSafety(0, 0, 5, 0));

        holdings.holdsAll("ben", holdings.sequence(), 1);
        assertThat(holdings.of(changes, 0, each -> false, false)).isEqualTo(new ScopeSafety(0, 0, 0, 1));
        Set<RecordKey> many = new HashSet<>();
        for (int i = 0; i <= Holdings.MOST_EXCEPTIONS; i++) {
            many.add(key(i));
        }
        holdings.holdsAllBut("ben", many, 2);
        assertThat(holdings.of(key(changes - 1), false, false).holders())
                .as("cleo alone: ben lacks too much to remember what")
                .isEqualTo(1);
    }

    @Example
    void madeUpNamesAreCountedUpToABound() {
        Holdings holdings = new Holdings(10);
        holdings.changed(key(0), false, null);

        IntStream.range(0, 100_000).forEach(number -> holdings.holds(key(0), "nobody" + number));

        assertThat(holdings.of(key(0), false, false).holders()).isEqualTo(Holdings.MOST_HOLDERS);
    }
}
