package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.ScopeDigest;
import io.stitch.reactive.internal.records.FieldIndex;
import io.stitch.reactive.internal.records.RecordLog;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever is written here and changes there, the fingerprints of a scope are those of what a manifest would list. */
class ScopeDigestProperties {
    private static final ScopeKeys SCOPES =
            new ScopeKeys(new WireSchema("project", Map.of("task", "projectId"), Set.of()));

    private enum Act {
        REMOTE,
        REMOTE_ELSEWHERE,
        REMOTE_DELETE,
        RESTORE,
        WRITE,
        DELETE,
        CONFIRM,
        UNDO,
        LOGIN,
        FORGET
    }

    private record Step(Act act, int record) {}

    private static final class World implements RecordLog {
        final AtomicReference<String> user = new AtomicReference<>("ada");
        final RecordStore store = new RecordStore(SCOPES, this, new FieldIndex(Map.of()), StoreObserver.NONE);
        final Lane.Common common = new Lane.Common(SCOPES, new Lanes.Users(user::get), false);
        final Map<RecordKey, Lane> lanes = new HashMap<>();
        final Map<RecordKey, Row> rows = new HashMap<>();
        long version;
        long sequence;

        @Override
        public void put(StoredRecord record) {}

        @Override
        public void remove(RecordKey key) {}

        @Override
        public void commit() {}

        void happen(Step step) {
            RecordKey key = new RecordKey("task", "t" + step.record());
            switch (step.act()) {
                case REMOTE -> store.put(stored(key, "p1"), Origin.REMOTE);
                case REMOTE_ELSEWHERE -> store.put(stored(key, "p2"), Origin.REMOTE);
                case REMOTE_DELETE -> store.remove(key, Origin.REMOTE);
                case RESTORE -> store.restore(stored(key, "p1"));
                case WRITE -> write(key, store.shown(key) == null ? WriteKind.CREATE : WriteKind.UPDATE);
                case DELETE -> write(key, WriteKind.DELETE);
                case CONFIRM -> settle(key, true);
                case UNDO -> settle(key, false);
                case LOGIN -> {
                    user.set(user.get().equals("ada") ? "ben" : "ada");
                    List.copyOf(lanes.values()).forEach(lane -> {
                        lane.changed();
                        store.pending().refresh(lane, Origin.LOCAL);
                    });
                }
                case FORGET -> store.forgetServerStates();
            }
        }

        private StoredRecord stored(RecordKey key, String scope) {
            String json = "{\"id\":\"%s\",\"projectId\":\"%s\",\"_version\":%d}".formatted(key.id(), scope, ++version);
            return new StoredRecord(key, scope, version, json.getBytes(StandardCharsets.UTF_8));
        }

        private void write(RecordKey key, WriteKind kind) {
            if (rows.containsKey(key) || (kind == WriteKind.DELETE && store.shown(key) == null)) {
                return;
            }
            ObjectNode payload =
                    Json.object().put("id", key.id()).put("projectId", "p1").put("n", sequence);
            Lane lane = (Lane) store.pending().begin(key, "p1", server -> new Lane(key, server, false, common));
            lanes.put(key, lane);
            Row row = Row.taken(
                    PendingWrite.of(sequence++, key, "p1", kind, Json.write(payload), user.get()), List.of(), Set.of());
            lane.add(row, PendingWritesProperties.shownRecord(lane.shownAfter(kind, payload)));
            lane.changed();
            rows.put(key, row);
            store.pending().written(lane, true);
        }

        private void settle(RecordKey key, boolean confirmed) {
            Row row = rows.remove(key);
            Lane lane = lanes.get(key);
            if (row == null || lane == null) {
                return;
            }
            if (confirmed) {
                store.put(stored(key, "p1"), Origin.LOCAL);
            }
            lane.drop(row);
            store.pending().refresh(lane, confirmed ? Origin.LOCAL : Origin.ROLLBACK);
            if (lane.isOver()) {
                lanes.remove(key);
            }
        }
    }

    @Property(tries = 500)
    void theFingerprintsAreThoseOfTheManifest(@ForAll("steps") List<Step> steps) {
        World world = new World();
        world.store.open("p1");
        ScopeDigest digest = new ScopeDigest(world.store, "p1", record -> Long.toString(Math.max(0, record.version())));
        digest.tree();
        int count = 0;
        for (Step step : steps) {
            world.happen(step);
            if (count++ % 3 == 0) {
                DigestTree fresh = new DigestTree(record -> Long.toString(Math.max(0, record.version())));
                world.store.serverRecords("p1").forEach(fresh::put);
                assertThat(digest.tree().node("")).as("after %s", step).isEqualTo(fresh.node(""));
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.of(Act.values()), Arbitraries.integers().between(0, 5))
                .as(Step::new)
                .list()
                .ofMaxSize(80);
    }
}
