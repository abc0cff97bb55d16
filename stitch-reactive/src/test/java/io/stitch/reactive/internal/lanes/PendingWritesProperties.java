package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever order writes here and changes there come in, the record is what a simple model says. */
class PendingWritesProperties {
    private static final RecordKey KEY = new RecordKey("task", "t1");
    private static final ScopeKeys SCOPES =
            new ScopeKeys(new WireSchema("project", Map.of("task", "projectId"), Set.of()));

    /** Something that happens to one record. */
    sealed interface Step {}

    /** A write here. */
    record Write(WriteKind kind, Map<String, String> fields) implements Step {}

    /** Somebody else is logged in. */
    record Login(String user) implements Step {}

    /** What the last write did is found out to be not durable. */
    record Undone() implements Step {}

    /** The server has the record with these fields now, by whoever wrote it. */
    record Remote(Map<String, String> fields) implements Step {}

    /** The server has the record no more. */
    record RemoteDelete() implements Step {}

    /** The server took the oldest write: its state has it now. */
    record Confirmed() implements Step {}

    /** The server refused the oldest write. */
    record Refused() implements Step {}

    private static Arbitrary<Map<String, String>> fields() {
        return Arbitraries.maps(
                        Arbitraries.of("a", "b", "c"),
                        Arbitraries.of("1", "2", "3").injectNull(0.2))
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(TreeMap::new);
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Step> step = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(
                        4,
                        Combinators.combine(Arbitraries.of(WriteKind.values()), fields())
                                .as(Write::new)),
                net.jqwik.api.Tuple.of(1, Arbitraries.of("ada", "ben").map(Login::new)),
                net.jqwik.api.Tuple.of(1, Arbitraries.create(Undone::new)),
                net.jqwik.api.Tuple.of(2, fields().map(Remote::new)),
                net.jqwik.api.Tuple.of(1, Arbitraries.create(RemoteDelete::new)),
                net.jqwik.api.Tuple.of(3, Arbitraries.create(Confirmed::new)),
                net.jqwik.api.Tuple.of(1, Arbitraries.create(Refused::new)));
        return step.list().ofMaxSize(25);
    }

    @Property
    void whatIsShownIsTheServersStateWithTheWritesOfTheCurrentUserOnTop(@ForAll("steps") List<Step> steps) {
        AtomicReference<String> user = new AtomicReference<>("ada");
        Lane.Common common = new Lane.Common(SCOPES, new Lanes.Users(user::get), false);
        Lane lane = new Lane(KEY, null, false, common);
        @Nullable Map<String, String> server = null;
        @Nullable Map<String, String> lastSeen = null;
        List<Pending> pending = new ArrayList<>();
        long version = 0;
        long sequence = 0;
        for (Step step : steps) {
            List<Pending> ours = ours(pending, user.get());
            if (step instanceof Write write) {
                Row row = Row.taken(row(write, sequence++, user.get()), List.of(), Set.of());
                boolean over = server == null && !ours.isEmpty() && ours.get(0).over();
                pending.add(new Pending(user.get(), write, row, over));
                StoredRecord after = shownRecord(lane.shownAfter(write.kind(), payload(write)));
                lane.add(row, after);
                lane.changed();
                assertThat(text(after))
                        .as("one write more is seen as if all were applied anew")
                        .isEqualTo(text(lane.shown()));
            } else if (step instanceof Login login) {
                user.set(login.user());
                lane.changed();
            } else if (step instanceof Remote remote) {
                server = new HashMap<>(remote.fields());
                server.values().removeIf(value -> value == null);
                lane.server(stored(server, ++version));
            } else if (step instanceof RemoteDelete) {
                if (server != null) {
                    lastSeen = server;
                    pending.replaceAll(write -> new Pending(write.user(), write.write(), write.row(), true));
                }
                server = null;
                lane.server(null);
            } else if (!ours.isEmpty()) {
                Pending settled = step instanceof Undone ? ours.get(ours.size() - 1) : ours.get(0);
                if (step instanceof Confirmed) {
                    Map<String, String> before = server;
                    server = apply(server, settled.write());
                    if (before != null && server == null) {
                        lastSeen = before;
                        pending.replaceAll(write -> new Pending(write.user(), write.write(), write.row(), true));
                    }
                    lane.server(server == null ? null : stored(server, ++version));
                }
                pending.removeIf(write -> write.row().equals(settled.row()));
                lane.drop(settled.row());
            }
            assertThat(lane.isOver()).isEqualTo(pending.isEmpty());
            if (lane.isOver()) { // The store lets go of it, and begins anew with the next write.
                lane = new Lane(KEY, lane.server(), false, common);
                lastSeen = null;
            }
            ours = ours(pending, user.get());
            assertThat(lane.isPending()).isEqualTo(!ours.isEmpty());
            // A create begins a new record, whatever was deleted before.
            boolean asSeen = server == null
                    && !ours.isEmpty()
                    && ours.get(0).over()
                    && ours.get(0).write().kind() != WriteKind.CREATE;
            Map<String, String> expected = asSeen ? lastSeen : server;
            for (Pending write : ours) {
                expected = apply(expected, write.write());
            }
            assertThat(text(lane.shown())).isEqualTo(expected == null ? null : json(expected));
        }
    }

    /** A write of the model; {@code over} if the record was there when it was written, and was deleted since. */
    private record Pending(String user, Write write, Row row, boolean over) {}

    private static List<Pending> ours(List<Pending> pending, String user) {
        return pending.stream().filter(write -> write.user().equals(user)).toList();
    }

    @Property
    void oneWriteDoesWhatThoseItStandsForDid(@ForAll("steps") List<Step> steps) {
        List<PendingWrite> queue = new ArrayList<>();
        for (Step step : steps) {
            if (step instanceof Write write) {
                queue.add(row(write, queue.size(), null));
            }
        }
        if (queue.isEmpty()) {
            return;
        }
        Consolidation folded = Consolidation.of(queue);

        assertThat(folded.count()).isBetween(1, queue.size());
        for (ObjectNode start : new ObjectNode[] {
            null, Json.object().put("id", "t1").put("a", "0").put("d", "0")
        }) {
            boolean exists = start != null;
            if (exists == (queue.get(0).kind() == WriteKind.CREATE)) {
                continue; // A create of what is there and an update of what is not are refused, not folded.
            }
            ObjectNode one = exists ? start.deepCopy() : null;
            for (PendingWrite write : queue.subList(0, folded.count())) {
                one = Lane.apply(one, write.kind(), Json.readObject(write.payload()));
            }
            PendingWrite merged = folded.write();
            ObjectNode other = merged == null
                    ? null
                    : Lane.apply(exists ? start.deepCopy() : null, merged.kind(), Json.readObject(merged.payload()));
            assertThat(withoutNulls(other)).isEqualTo(withoutNulls(one));
        }
    }

    static @Nullable StoredRecord shownRecord(Lane.@Nullable Shown shown) {
        return shown == null ? null : shown.record();
    }

    private static ObjectNode payload(Write write) {
        ObjectNode payload = write.kind() == WriteKind.DELETE ? Json.object() : node(write.fields());
        return write.kind() == WriteKind.CREATE ? payload.put("id", "t1").put("projectId", "p1") : payload;
    }

    private static PendingWrite row(Write write, long sequence, @Nullable String user) {
        return PendingWrite.of(sequence, KEY, "p1", write.kind(), Json.write(payload(write)), user);
    }

    /** The model: a record is a map, a create sets what it has, an update what is there, a null clears. */
    private static @Nullable Map<String, String> apply(@Nullable Map<String, String> record, Write write) {
        if (write.kind() == WriteKind.DELETE || (write.kind() == WriteKind.UPDATE && record == null)) {
            return null;
        }
        Map<String, String> result = record == null ? new HashMap<>() : new HashMap<>(record);
        write.fields().forEach((field, value) -> {
            if (value == null) {
                result.remove(field);
            } else {
                result.put(field, value);
            }
        });
        return result;
    }

    private static StoredRecord stored(Map<String, String> fields, long version) {
        return new StoredRecord(
                KEY, "p1", version, Json.write(node(fields).put("id", "t1").put("projectId", "p1")));
    }

    private static ObjectNode node(Map<String, String> fields) {
        ObjectNode node = Json.object();
        fields.forEach(node::put);
        return node;
    }

    private static @Nullable String text(@Nullable StoredRecord record) {
        if (record == null) {
            return null;
        }
        Map<String, String> fields = new TreeMap<>();
        withoutNulls(Json.readObject(record.json()))
                .properties()
                .forEach(field -> fields.put(field.getKey(), field.getValue().asString()));
        fields.remove("id");
        fields.remove("projectId");
        return fields.toString();
    }

    private static String json(Map<String, String> fields) {
        return new TreeMap<>(fields).toString();
    }

    private static @Nullable ObjectNode withoutNulls(@Nullable ObjectNode node) {
        if (node != null) {
            node.removeIf(value -> value.isNull());
        }
        return node;
    }
}
