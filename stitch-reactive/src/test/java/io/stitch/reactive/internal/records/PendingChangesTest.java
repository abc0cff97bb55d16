package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** The number by which other threads learn that other records are pending. */
class PendingChangesTest {
    private static final RecordKey KEY = new RecordKey("task", "t1");
    private static final StoredRecord TASK =
            new StoredRecord(KEY, "p1", 1, "{\"id\":\"t1\",\"projectId\":\"p1\"}".getBytes(StandardCharsets.UTF_8));

    private final RecordStore store = new RecordStore(
            new ScopeKeys(new WireSchema("project", Map.of("task", "projectId"), Set.of())),
            new NothingKept(),
            new FieldIndex(Map.of()),
            StoreObserver.NONE);
    private final ScopeRecords scope = store.open("p1");

    /** Who looks in the middle of a change must look again: the number that was read then must not be the one of afterwards. */
    @Test
    void theNumberChangesWhenTheChangeIsOverAndNotWhenItBegins() {
        store.put(TASK, Origin.REMOTE);
        store.flush();
        List<Set<String>> told = new ArrayList<>();
        int[] seen = {scope.pendingChanges()};
        scope.revisions().skip(1).subscribe(signal -> {
            if (scope.pendingChanges() != seen[0]) {
                seen[0] = scope.pendingChanges();
                told.add(store.pending().ids("task", "p1"));
            }
        });

        int before = scope.pendingChanges();
        OneWrite write = (OneWrite) store.pending().begin(KEY, "p1", OneWrite::new);
        store.pending().refresh(write, Origin.LOCAL);
        assertThat(scope.pendingChanges()).as("while it becomes pending").isEqualTo(before);
        store.flush();
        int pending = scope.pendingChanges();
        write.end();
        store.pending().refresh(write, Origin.LOCAL);
        assertThat(scope.pendingChanges()).as("while it is settled").isEqualTo(pending);
        store.flush();

        assertThat(told).containsExactly(Set.of("t1"), Set.of());
    }

    @Test
    void theNumberStaysWhereNothingTurnedPending() {
        int before = scope.pendingChanges();
        store.put(TASK, Origin.REMOTE);
        store.flush();

        assertThat(scope.pendingChanges()).isEqualTo(before);
    }

    /** A record with a write that leaves it as it is. */
    private static final class OneWrite implements Overlay {
        private @Nullable StoredRecord server;
        private boolean over;
        private boolean told;
        private String scope = "";

        OneWrite(@Nullable StoredRecord server) {
            this.server = server;
        }

        @Override
        public RecordKey key() {
            return KEY;
        }

        @Override
        public String scope() {
            return scope;
        }

        @Override
        public void writtenIn(String written) {
            scope = written;
        }

        @Override
        public @Nullable StoredRecord server() {
            return server;
        }

        @Override
        public void server(@Nullable StoredRecord state) {
            server = state;
        }

        @Override
        public void forgetServer() {
            server = null;
        }

        @Override
        public @Nullable StoredRecord shown() {
            return server;
        }

        @Override
        public boolean isAcknowledged() {
            return true;
        }

        @Override
        public boolean isPending() {
            return !over;
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public boolean turned() {
            boolean turned = told == over;
            told = !over;
            return turned;
        }

        void end() {
            over = true;
        }
    }

    private static final class NothingKept implements RecordLog {
        @Override
        public void put(StoredRecord record) {}

        @Override
        public void remove(RecordKey key) {}

        @Override
        public void commit() {}
    }
}
