package io.stitch.reactive.internal.digest;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** What one side alone finds out about what the other one holds. */
class VersionSearchProperties {
    private static final int STEPS = 8;
    private static final int MOST_ITEMS = 64;

    @Property(tries = 300)
    void theOneRecordThatWasWrittenMeanwhileIsFound(
            @ForAll @IntRange(min = 2, max = MOST_ITEMS) int items,
            @ForAll @IntRange(min = 0, max = MOST_ITEMS - 1) int which,
            @ForAll @IntRange(min = 1, max = STEPS) int steps,
            @ForAll @IntRange(min = 1, max = 200) int version) {
        int changed = which % items;
        DigestTree ours = tree(items, version);
        DigestTree theirs = tree(items, version);
        theirs.put(record(changed, version + steps));

        String found = search().narrower(ours, "", theirs.node(""));

        assertThat(found).isNotNull();
        assertThat(ours.below(found))
                .singleElement()
                .extracting(StoredRecord::id)
                .isEqualTo("t" + changed);
        assertThat(theirs.below(found))
                .singleElement()
                .extracting(StoredRecord::id)
                .isEqualTo("t" + changed);
    }

    @Property(tries = 100)
    void itIsFoundBelowAPrefixToo(
            @ForAll @IntRange(min = 300, max = 500) int items, @ForAll @IntRange(min = 0, max = 299) int changed) {
        DigestTree ours = tree(items, 7);
        DigestTree theirs = tree(items, 7);
        theirs.put(record(changed, 8));

        DigestTree.Difference first = ours.difference(Map.of("", theirs.children("")));
        String prefix = first.branches().isEmpty()
                ? first.parts().get(0)
                : first.branches().get(0);
        String found = search().narrower(ours, prefix, theirs.node(prefix));

        assertThat(found).startsWith(prefix);
        assertThat(ours.below(found))
                .singleElement()
                .extracting(StoredRecord::id)
                .isEqualTo("t" + changed);
    }

    @Property(tries = 100)
    void whatDiffersOtherwiseIsNotFound(
            @ForAll @IntRange(min = 2, max = MOST_ITEMS) int items, @ForAll @IntRange(min = 0, max = 3) int how) {
        DigestTree ours = tree(items, 7);
        DigestTree theirs = tree(items, 7);
        switch (how) {
            case 0 -> { // Two of them.
                theirs.put(record(0, 8));
                theirs.put(record(1, 8));
            }
            case 1 -> theirs.put(record(0, 7 + STEPS + 1)); // Too long ago.
            case 2 -> theirs.put(record(0, 6)); // Restored from a backup.
            default -> { // As many as before, but not the same.
                theirs.remove(record(0, 7).key());
                theirs.put(record(items, 7));
            }
        }

        assertThat(search().narrower(ours, "", theirs.node(""))).isNull();
    }

    @Example
    void whereManyAreItIsAskedFor() {
        DigestTree ours = tree(MOST_ITEMS + 1, 7);
        DigestTree theirs = tree(MOST_ITEMS + 1, 7);
        theirs.put(record(0, 8));

        assertThat(search().narrower(ours, "", theirs.node(""))).isNull();
    }

    @Example
    void somebodyWhoMakesFingerprintsUpKeepsItForALittleWhileOnly() {
        DigestTree ours = tree(MOST_ITEMS, 7);
        int[] tries = {0};
        VersionSearch search = new VersionSearch((record, step) -> {
            tries[0]++;
            return Long.toString(record.version() + step);
        });
        for (int i = 0; i < 4_096; i++) {
            assertThat(search.narrower(ours, "", new DigestNode(MOST_ITEMS, "made up " + i)))
                    .isNull();
        }

        assertThat(tries[0]).isLessThanOrEqualTo(16_384);
    }

    private static VersionSearch search() {
        return new VersionSearch((record, step) -> Long.toString(record.version() + step));
    }

    private static DigestTree tree(int items, long version) {
        DigestTree tree = new DigestTree(record -> Long.toString(record.version()));
        for (int i = 0; i < items; i++) {
            tree.put(record(i, version));
        }
        return tree;
    }

    private static StoredRecord record(int number, long version) {
        return new StoredRecord(new RecordKey("task", "t" + number), "p1", version, new byte[0]);
    }
}
