package io.stitch.simulation.peer;

import io.stitch.reactive.MutationResult;
import io.stitch.reactive.PersistenceException;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Message;
import io.stitch.simulation.Run;
import io.stitch.simulation.Tap;
import io.stitch.simulation.peer.PeerWrite.Kind;
import io.stitch.simulation.peer.PeerWrite.Told;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What peers wrote, what they were told of it, and what was seen of it at the broker: the measure of what all must hold. */
final class PeerLedger implements Tap {
    static final JsonMapper MAPPER = JsonMapper.builder().build();
    /** The field that tells who wrote the record last, as far as that is one field. */
    static final String BY = "by";
    /** The fields that are written by themselves, each by whoever wants to. */
    static final List<String> FIELDS = List.of("a", "b", "c");

    static final String STAMP = "_hlc";
    private static final String STAMPS = "_stamps";
    private static final List<String> WRITTEN = List.of(BY, "a", "b", "c");
    private final PeerWorld world;
    private final Run run;
    private final Provenance provenance;
    private final List<PeerWrite> writes = new ArrayList<>();
    private final Spoken spoken;
    /** The deletes that were said of a record in its scope by whoever wrote them. */
    private final Map<String, Set<Stamp>> said = new HashMap<>();

    private boolean wholeWriters;
    private final Map<String, Integer> figures = new TreeMap<>();

    PeerLedger(PeerWorld world) {
        this.world = world;
        this.run = world.run();
        this.provenance = new Provenance(run);
        this.spoken = new Spoken(world);
    }

    Map<String, Integer> figures() {
        return figures;
    }

    void count(String what) {
        figures.merge(what, 1, Integer::sum);
    }

    PeerWrite issue(
            PeerProcess process,
            Kind kind,
            String record,
            String field,
            @Nullable String left,
            @Nullable JsonNode before) {
        PeerWrite write = new PeerWrite(
                writes.size() + 1,
                process,
                kind,
                record,
                field,
                left,
                before == null ? null : Stamp.of(before.path(STAMP)));
        writes.add(write);
        run.trace(() -> "writes " + write);
        return write;
    }

    // ---- what writers are told ----

    void told(PeerWrite write, MutationResult<?> result) {
        if (write.told == Told.GONE) {
            return;
        }
        write.told = Told.valueOf(result.status().name());
        tell(write, write.told.name());
    }

    void failed(PeerWrite write, Throwable error) {
        if (write.told == Told.GONE) {
            return;
        }
        write.told = Told.FAILED;
        write.error = error;
        tell(write, error.getClass().getSimpleName());
    }

    private void tell(PeerWrite write, String what) {
        write.toldAt = run.time().elapsed();
        count(write.kind.name().toLowerCase(Locale.ROOT) + ' ' + what);
        run.trace(() -> "told " + write);
    }

    void gone(PeerWrite write) {
        if (write.told == Told.NOTHING) {
            write.told = Told.GONE;
        }
    }

    /** A peer that keeps nothing forgets a scope: what only it has is gone. */
    void forgotten(PeerProcess process) {
        if (process.peer().disk() == null) {
            writes.stream().filter(write -> write.process.equals(process)).forEach(write -> write.excused = true);
        }
    }

    /** A process has ended, as it was meant to or not. */
    void ended(PeerProcess process) {
        for (PeerWrite write : writes) {
            if (write.process.equals(process)) {
                gone(write);
                write.excused |= write.peer.disk() == null;
                // A batch that failed, and is on the disk all the same, can be taken back only by the next one.
                write.excused |= write.error instanceof PersistenceException && process.isDiskBehind(write.toldAt);
            }
        }
    }

    // ---- what is seen at the broker ----

    @Override
    public Broker.Verdict published(Caller caller, Message message, Supplier<Broker.Verdict> proceed) {
        world.vault().look(caller.clientId(), message);
        world.relay().hear(message);
        run.trace(() ->
                "%s says %s on %s".formatted(caller.clientId(), world.vault().read(message), message.topic()));
        said(caller.clientId(), message);
        return proceed.get();
    }

    /** Somebody has said something. */
    void said(String client, Message message) {
        if (message.topic().contains("/events/")) {
            JsonNode event = world.vault().read(message);
            String record = record(
                    message.topic(),
                    event.path("entity").asString(),
                    event.path("id").asString());
            Stamp stamp = Stamp.of(event.path("hlc"));
            if (message.topic().endsWith("/deleted")) {
                if (stamp != null) {
                    requireSaidBefore(client, record, stamp);
                }
                if (stamp != null) {
                    spoken.delete(record, stamp);
                }
            } else {
                JsonNode data = event.path("data");
                Stamp whole = wholeStamp(data, stamp);
                if (whole != null) {
                    spoken.whole(record, whole);
                }
                if (stamp != null && isFrom(stamp.node().replaceAll("~.*", ""), client)) {
                    provenance.note(record, stamp, data);
                }
                world.tallies().said(record, data);
                WRITTEN.forEach(field -> said(client, record, field, data, stamp));
            }
        }
    }

    private void said(String client, String record, String field, JsonNode data, @Nullable Stamp stamp) {
        PeerWrite write = find(record, field, data, "an event of " + client);
        if (write != null) {
            Stamp written = fieldStamp(data, field, stamp);
            if (isFrom(write, client)) {
                note(write, written, "an event of its writer");
                requireNotUndone(write);
            }
            requireItsStamp(write, written, "an event of " + client);
        }
    }

    private static boolean isListed(JsonNode data, @Nullable Stamp stamp) {
        return stamp != null && data.path(STAMPS).path("of").asString("").equals(stamp.text());
    }

    /** When a field was written: with the record, unless that says otherwise (protocol section 5.4). */
    private static @Nullable Stamp fieldStamp(JsonNode data, String field, @Nullable Stamp stamp) {
        if (isListed(data, stamp)) {
            for (Map.Entry<String, JsonNode> each :
                    data.path(STAMPS).path("fields").properties()) {
                for (JsonNode name : each.getValue()) {
                    if (name.asString().equals(field)) {
                        return Stamp.of(each.getKey());
                    }
                }
            }
        }
        return stamp;
    }

    private static @Nullable Stamp wholeStamp(JsonNode data, @Nullable Stamp stamp) {
        JsonNode rest = data.path(STAMPS).path("rest");
        return isListed(data, stamp) && rest.isString() ? Stamp.of(rest.asString()) : stamp;
    }

    /** A record as it is kept, as it is shown. */
    static JsonNode shown(JsonNode kept) {
        ((ObjectNode) kept).remove(List.of(STAMPS, "_counters", "_sets"));
        return kept;
    }

    /** A delete in one scope tells nothing of another: who passes one on has it from its writer, by this scope. */
    private void requireSaidBefore(String client, String record, Stamp stamp) {
        String writer = stamp.node().replaceAll("~.*", "");
        Set<Stamp> known = said.computeIfAbsent(record, name -> new HashSet<>());
        if (isFrom(writer, client)) {
            known.add(stamp);
        } else if (!known.contains(stamp)) {
            run.problem(
                    "a delete that nobody said there",
                    "%s says that %s was deleted %s, which its writer never said".formatted(client, record, stamp));
        }
    }

    /** A record belongs to the scope that it is said in: another one with its id is another record. */
    private static String record(String topic, String entity, String id) {
        String[] levels = topic.split("/", -1);
        int root = Arrays.asList(levels).indexOf("project");
        return levels[root + 1] + '/' + entity + '/' + id;
    }

    private void requireNotUndone(PeerWrite write) {
        if (write.told == Told.FAILED && !write.excused) {
            run.problem("undone but published", write + " was told to be undone, and is published");
        }
    }

    // ---- what is held ----

    /** A peer shows a record: whose write is it? */
    void held(PeerProcess process, String record, JsonNode json) {
        Stamp stamp = Stamp.of(json.path(STAMP));
        for (String field : WRITTEN) {
            PeerWrite write = find(record, field, json, process.name());
            if (write != null && write.stamp != null && (stamp == null || write.stamp.isAfter(stamp))) {
                run.problem(
                        "older than a field of it",
                        "%s shows %s with the stamp %s, and %s in it was written %s"
                                .formatted(process.name(), record, stamp, write, write.stamp));
            }
        }
        if (world.protection().signs()) {
            boolean own = stamp != null
                    && isFrom(stamp.node().replaceAll("~.*", ""), process.peer().name());
            provenance.look(process, record, stamp, json, own);
        }
        if (stamp != null && !process.peer().isOutsider() && !world.members().counts(record, stamp)) {
            run.problem("shown though nobody trusts it", "%s shows %s of %s".formatted(process.name(), json, record));
        }
        if (json.toString().contains('"' + Relay.NAME + '"')) {
            run.problem("a relay's", "%s shows %s of %s".formatted(process.name(), json, record));
        }
        if (json.has(STAMPS)) {
            run.problem("bookkeeping is shown", "%s shows %s".formatted(process.name(), json));
        }
    }

    private @Nullable PeerWrite find(String record, String field, JsonNode json, String where) {
        String tag = json.path(field).asString("");
        if (tag.isEmpty() && !field.equals(BY)) {
            return null;
        }
        int number = tag.matches("w[0-9]{1,6}") ? Integer.parseInt(tag.substring(1)) : 0;
        if (tag.equals(Stranger.NAME) && !world.protection().keepsOthersOut()) {
            return null;
        }
        boolean known = number > 0 && number <= writes.size();
        if (known && !field.equals(BY) && isMoved(writes.get(number - 1).record, record)) {
            return null; // It was written in the other scope, and came with the record.
        }
        if (number == 0
                || number > writes.size()
                || !writes.get(number - 1).record.equals(record)
                || !writes.get(number - 1).field.equals(field)) {
            run.problem("nobody wrote it", "%s has %s of %s".formatted(where, json, record));
            return null;
        }
        return writes.get(number - 1);
    }

    private static boolean isMoved(String from, String to) {
        return !from.equals(to) && from.substring(from.indexOf('/')).equals(to.substring(to.indexOf('/')));
    }

    /** Whether a peer wrote something, or has begun with a copy of the writer's disk. */
    private static boolean isFrom(PeerWrite write, String client) {
        return isFrom(write.peer.name(), client);
    }

    private static boolean isFrom(String writer, String client) {
        return client.equals(writer) || client.startsWith(writer + PeerWorld.COPY);
    }

    /** Who merges whole records may say a write as a part of a later one first, and a copy of their disk as it was written. */
    private boolean isNews(PeerWrite write, Stamp stamp) {
        return write.stamp == null || (!areAllByField() && write.stamp.isAfter(stamp));
    }

    private void note(PeerWrite write, @Nullable Stamp stamp, String where) {
        if (stamp != null && isNews(write, stamp)) {
            write.stamp = stamp;
            if (write.before != null && !stamp.isAfter(write.before)) {
                run.problem(
                        "stamped before what was seen",
                        "%s is stamped %s though its writer saw %s, in %s"
                                .formatted(write, stamp, write.before, where));
            }
        }
    }

    private void requireItsStamp(PeerWrite write, @Nullable Stamp stamp, String where) {
        // Who merges whole records writes every field again, with one stamp.
        boolean again = stamp != null && write.stamp != null && stamp.isAfter(write.stamp) && !areAllByField();
        if (stamp == null || (write.stamp != null && !stamp.equals(write.stamp) && !again)) {
            run.problem(
                    "a stamp that nobody wrote",
                    "%s has %s with the stamp %s, which was %s".formatted(where, write, stamp, write.stamp));
        }
    }

    private boolean areAllByField() {
        return !wholeWriters;
    }

    /** Somebody merges whole records. */
    void hasWholeWriters() {
        wholeWriters = true;
    }

    // ---- what must be ----

    /** Compares what all hold in the end with what was acknowledged. */
    void judge(Map<String, JsonNode> held) {
        if (areAllByField()) {
            world.tallies().judge(held);
        }
        for (PeerWrite write : writes) {
            if (write.isAcknowledged() && mustCount(write)) {
                JsonNode record = held.get(write.record);
                Stamp stamp = record == null ? null : Stamp.of(record.path(STAMP));
                if (write.kind == Kind.DELETE) {
                    judgeDelete(write, stamp);
                } else {
                    judgeRecord(write, stamp);
                    if (record != null) {
                        judgeField(write, record);
                    }
                }
                if (write.left != null) {
                    JsonNode there = held.get(write.left);
                    judgeDelete(write, there == null ? null : Stamp.of(there.path(STAMP)));
                }
            }
        }
    }

    /**
     * Whether a write has to be there, or something later that counts. Where trust is withdrawn, what was written before stays: but not what
     * somebody had written over by then who counts no more.
     */
    private boolean mustCount(PeerWrite write) {
        if (write.peer.isOutsider()) {
            return false;
        }
        Stamp stamp = write.stamp;
        boolean counts = stamp == null
                ? world.members().countsAlways(write.peer)
                : world.members().counts(write.record, stamp);
        return counts && !spoken.isWrittenOver(write);
    }

    private void judgeDelete(PeerWrite write, @Nullable Stamp held) {
        if (held != null && write.before != null && !held.isAfter(write.before)) {
            run.problem(
                    "deleted and back",
                    "%s was acknowledged when %s was seen, and %s is held".formatted(write, write.before, held));
        }
    }

    /** Of all that wrote a field since the record was last written or deleted as a whole, the one with the highest stamp is there. */
    private void judgeField(PeerWrite write, JsonNode record) {
        Stamp stamp = write.stamp;
        if (write.peer.wasEverWhole() && !world.protection().signs()) {
            return;
        }
        if (stamp == null
                || !stamp.isAfter(spoken.latestWhole(write.record))
                || !stamp.isAfter(spoken.latestDelete(write.record))) {
            return;
        }
        count("a field was compared");
        PeerWrite there = find(write.record, write.field, record, "what all hold");
        if (there == null || (there.stamp != null && stamp.isAfter(there.stamp))) {
            run.problem(
                    "a field was lost",
                    "%s, stamped %s: of %s there is %s, stamped %s"
                            .formatted(write, stamp, record, there, there == null ? null : there.stamp));
        }
    }

    private void judgeRecord(PeerWrite write, @Nullable Stamp held) {
        Stamp stamp = write.stamp;
        Stamp delete = spoken.latestDelete(write.record);
        boolean deleted = held == null && stamp != null && delete != null && delete.isAfter(stamp);
        boolean there = held != null && (stamp == null || !stamp.isAfter(held));
        if (!deleted && !there && !(held == null && stamp == null && delete != null)) {
            run.problem(
                    "acknowledged and lost",
                    "%s, stamped %s: %s is held, and %s was the last delete".formatted(write, stamp, held, delete));
        }
    }
}
