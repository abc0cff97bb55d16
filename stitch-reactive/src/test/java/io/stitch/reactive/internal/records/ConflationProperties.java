package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever happens to the records and however slowly it asks, a subscriber can keep a true copy. */
class ConflationProperties {
    private static final int RECORDS = 4;

    /** What happens next: a record is written or deleted, then the subscriber asks for some changes. */
    record Step(int record, boolean delete, int request) {}

    @Property
    void aSlowSubscribersCopyBecomesTheFinalState(@ForAll("steps") List<Step> steps) {
        ChangeHub hub = new ChangeHub();
        Map<String, StoredRecord> state = new HashMap<>(Map.of("t0", Changes.task("t0", 0)));
        Copy copy = new Copy();
        hub.conflated(state::values, Schedulers.immediate(), this).subscribe(copy);

        long version = 0;
        for (Step step : steps) {
            RecordChange change = change(state, step, ++version);
            if (change != null) {
                hub.emit(change);
            }
            if (step.request > 0) {
                copy.request(step.request);
            }
            assertThat(copy.records.size()).isLessThanOrEqualTo(RECORDS);
        }
        int before = copy.received;
        copy.requestUnbounded();

        assertThat(copy.records).isEqualTo(state);
        assertThat(copy.received - before)
                .as("one undelivered change per record")
                .isLessThanOrEqualTo(RECORDS);
    }

    @Property
    void aFastSubscriberSeesEveryChangeAsItIs(@ForAll("steps") List<Step> steps) {
        ChangeHub hub = new ChangeHub();
        Map<String, StoredRecord> state = new HashMap<>();
        Copy copy = new Copy();
        hub.conflated(state::values, Schedulers.immediate(), this).subscribe(copy);
        copy.requestUnbounded();

        int emitted = 0;
        for (Step step : steps) {
            RecordChange change = change(state, step, emitted);
            if (change != null) {
                hub.emit(change);
                emitted++;
            }
        }

        assertThat(copy.received).isEqualTo(emitted);
        assertThat(hub.conflatedCount()).isZero();
        assertThat(copy.records).isEqualTo(state);
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> requests = Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.just(0)),
                Tuple.of(1, Arbitraries.integers().between(1, 3)));
        return Combinators.combine(
                        Arbitraries.integers().between(0, RECORDS - 1), Arbitraries.of(true, false), requests)
                .as(Step::new)
                .list()
                .ofMaxSize(60);
    }

    private static @Nullable RecordChange change(Map<String, StoredRecord> state, Step step, long version) {
        String id = "t" + step.record;
        if (step.delete) {
            return state.remove(id) == null ? null : Changes.deleted(id, version);
        }
        StoredRecord record = Changes.task(id, version);
        boolean known = state.put(id, record) != null;
        return new RecordChange(known ? Operation.UPDATED : Operation.CREATED, record, RecordEvent.Origin.LOCAL, false);
    }

    /** A copy of the state that is strict: a record is created only if it is not there, else changed or deleted. */
    private static final class Copy extends BaseSubscriber<RecordChange> {
        final Map<String, StoredRecord> records = new HashMap<>();
        int received;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(RecordChange change) {
            received++;
            StoredRecord record = change.record();
            boolean known = records.containsKey(record.id());
            assertThat(known).as(Changes.text(change)).isEqualTo(change.operation() != Operation.CREATED);
            if (change.operation() == Operation.DELETED) {
                records.remove(record.id());
            } else {
                records.put(record.id(), record);
            }
        }

        @Override
        protected void hookOnError(Throwable error) {
            throw new AssertionError(error);
        }
    }
}
