package io.stitch.reactive.internal.server;

import io.stitch.reactive.internal.records.VersionRule;
import io.stitch.reactive.internal.records.VersionRule.Verdict;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

class VersionRuleProperties {
    private static final RecordKey KEY = new RecordKey("task", "t1");

    /** A server's history of one record: from each version to the next it is written or deleted. */
    @Property
    void anyOrderAndRepetitionOfEventsOfANewServerGivesTheSameState(
            @ForAll @Size(min = 1, max = 12) List<Boolean> history,
            @ForAll @IntRange(max = 3) int repetitions,
            @ForAll long seed) {
        List<ChangeEvent> events = new ArrayList<>();
        for (int i = 0; i < history.size(); i++) {
            // A record that does not exist cannot be deleted again.
            boolean delete = history.get(i) && i > 0 && events.get(i - 1).operation() != Operation.DELETE;
            events.add(event(delete ? Operation.DELETE : Operation.UPDATE, i + 1, false));
        }
        List<ChangeEvent> shuffled = new ArrayList<>(events);
        for (int i = 0; i < repetitions; i++) {
            shuffled.addAll(events);
        }
        Collections.shuffle(shuffled, new Random(seed));

        ChangeEvent last = events.get(events.size() - 1);
        StoredRecord state = apply(shuffled);

        if (last.operation() == Operation.DELETE) {
            assertThat(state).isNull();
        } else {
            assertThat(state).isNotNull();
            assertThat(state.version()).isEqualTo(last.version());
        }
    }

    @Property
    void anOldServersLowerVersionIsNeverAppliedUnread(
            @ForAll @IntRange(min = 1, max = 9) int local, @ForAll @IntRange(min = 1, max = 9) int remote) {
        Verdict verdict =
                VersionRule.upsert(record(local, "{}"), event(Operation.CREATE, remote, false), -1, true, "updatedAt");

        Verdict expected = remote > local ? Verdict.APPLY : Verdict.READ_BACK;
        assertThat(verdict).isEqualTo(expected);
    }

    @Property
    void aLateRedeliveryOfAnOldServerIsAlwaysRead(@ForAll @IntRange(min = 1, max = 9) int version) {
        assertThat(VersionRule.upsert(null, event(Operation.UPDATE, version, true), -1, true, "updatedAt"))
                .isEqualTo(Verdict.READ_BACK);
    }

    private static ChangeEvent replayed(int version, boolean restored) {
        return new ChangeEvent(
                "p1", "task", "t1", Operation.UPDATE, bytes("{}"), version, Double.NaN, false, true, restored);
    }

    @Property
    void whatAServerSaysThatItWentBackToIsAppliedWhateverTheVersion(
            @ForAll @IntRange(min = 1, max = 9) int local, @ForAll @IntRange(min = 1, max = 9) int remote) {
        Verdict restored = VersionRule.upsert(record(local, "{}"), replayed(remote, true), -1, false, "updatedAt");
        Verdict plain = VersionRule.upsert(record(local, "{}"), replayed(remote, false), -1, false, "updatedAt");

        assertThat(restored).isEqualTo(remote == local ? Verdict.DUPLICATE : Verdict.APPLY);
        assertThat(plain)
                .isEqualTo(remote == local ? Verdict.DUPLICATE : remote > local ? Verdict.APPLY : Verdict.OUTDATED);
    }

    @Property
    void aReplayThatBringsBackWhatWasDeletedIsRead(
            @ForAll @IntRange(min = 1, max = 9) int deleted, @ForAll @IntRange(min = 1, max = 9) int remote) {
        assertThat(VersionRule.upsert(null, replayed(remote, false), deleted, false, "updatedAt"))
                .isEqualTo(remote > deleted ? Verdict.APPLY : Verdict.READ_BACK);
    }

    @Property
    void withoutVersionsTheLaterTimeWins(@ForAll @IntRange(max = 9) int local, @ForAll @IntRange(max = 9) int remote) {
        StoredRecord record = record(-1, "{\"updatedAt\":" + local + "}");
        ChangeEvent event = new ChangeEvent(
                "p1", "task", "t1", Operation.UPDATE, bytes("{}"), ChangeEvent.NO_VERSION, remote, false, false, false);

        Verdict expected = remote > local ? Verdict.APPLY : remote == local ? Verdict.DUPLICATE : Verdict.OUTDATED;
        assertThat(VersionRule.upsert(record, event, -1, false, "updatedAt")).isEqualTo(expected);
    }

    @Property
    void aTimeBeyondTheDoublesDecidesNothing(@ForAll @IntRange(max = 9) int remote) {
        StoredRecord record = record(-1, "{\"updatedAt\":1e400}");
        ChangeEvent event = new ChangeEvent(
                "p1", "task", "t1", Operation.UPDATE, bytes("{}"), ChangeEvent.NO_VERSION, remote, false, false, false);

        assertThat(VersionRule.upsert(record, event, -1, false, "updatedAt")).isEqualTo(Verdict.APPLY);
    }

    private static @Nullable StoredRecord apply(List<ChangeEvent> events) {
        StoredRecord local = null;
        DeleteMemory deletes = new DeleteMemory();
        for (ChangeEvent event : events) {
            if (event.operation() == Operation.DELETE) {
                Verdict verdict = VersionRule.delete(local, "p1", event, false);
                if (verdict != Verdict.OUTDATED) {
                    deletes.remember("p1", KEY, event.version(), 0);
                    local = null;
                }
            } else if (VersionRule.upsert(local, event, deletes.versionOf("p1", KEY, 0), false, "updatedAt")
                    == Verdict.APPLY) {
                local = record(event.version(), "{}");
            }
        }
        return local;
    }

    private static StoredRecord record(long version, String json) {
        return new StoredRecord(KEY, "p1", version, bytes(json));
    }

    private static ChangeEvent event(Operation operation, long version, boolean operationId) {
        byte[] json = operation == Operation.DELETE ? null : bytes("{\"v\":" + version + "}");
        return new ChangeEvent("p1", "task", "t1", operation, json, version, Double.NaN, operationId, false, false);
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
