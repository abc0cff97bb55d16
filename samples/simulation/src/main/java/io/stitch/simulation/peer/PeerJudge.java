package io.stitch.simulation.peer;

import io.stitch.simulation.peer.PeerWrite.Kind;
import io.stitch.simulation.peer.wire.Stamp;
import io.stitch.simulation.peer.wire.Wire;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;

/** Compares what all hold in the end with what was acknowledged. */
final class PeerJudge {
    private final PeerWorld world;
    private final Map<String, JsonNode> held;

    PeerJudge(PeerWorld world, Map<String, JsonNode> held) {
        this.world = world;
        this.held = held;
    }

    void judge(List<PeerWrite> writes) {
        for (PeerWrite write : writes) {
            if (write.isAcknowledged() && mustCount(write)) {
                judge(write);
            }
        }
    }

    private void judge(PeerWrite write) {
        JsonNode record = held.get(write.record);
        Stamp stamp = stampOf(record);
        if (write.kind == Kind.DELETE) {
            judgeDelete(write, stamp);
        } else {
            judgeRecord(write, stamp);
            if (record != null) {
                judgeField(write, record);
            }
        }
        if (write.left != null) {
            judgeDelete(write, stampOf(held.get(write.left)));
        }
    }

    private static @Nullable Stamp stampOf(@Nullable JsonNode record) {
        return record == null ? null : Stamp.of(record.path(Wire.STAMP));
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
        return counts && !world.ledger().spoken().isWrittenOver(write);
    }

    private void judgeDelete(PeerWrite write, @Nullable Stamp held) {
        if (held != null && write.before != null && !held.isAfter(write.before)) {
            world.run()
                    .problem(
                            "deleted and back",
                            "%s was acknowledged when %s was seen, and %s is held"
                                    .formatted(write, write.before, held));
        }
    }

    /** Of all that wrote a field since the record was last written or deleted as a whole, the one with the highest stamp is there. */
    private void judgeField(PeerWrite write, JsonNode record) {
        Stamp stamp = write.stamp;
        if (write.peer.wasEverWhole() && !world.protection().signs()) {
            return;
        }
        if (stamp == null
                || !stamp.isAfter(world.ledger().spoken().latestWhole(write.record))
                || !stamp.isAfter(world.ledger().spoken().latestDelete(write.record))) {
            return;
        }
        world.count("a field was compared");
        PeerWrite there = world.ledger().find(write.record, write.field, record, "what all hold");
        if (there == null || (there.stamp != null && stamp.isAfter(there.stamp))) {
            world.run()
                    .problem(
                            "a field was lost",
                            "%s, stamped %s: of %s there is %s, stamped %s"
                                    .formatted(write, stamp, record, there, there == null ? null : there.stamp));
        }
    }

    private void judgeRecord(PeerWrite write, @Nullable Stamp held) {
        Stamp stamp = write.stamp;
        Stamp delete = world.ledger().spoken().latestDelete(write.record);
        boolean deleted = held == null && stamp != null && delete != null && delete.isAfter(stamp);
        boolean there = held != null && (stamp == null || !stamp.isAfter(held));
        if (!deleted && !there && !(held == null && stamp == null && delete != null)) {
            world.run()
                    .problem(
                            "acknowledged and lost",
                            "%s, stamped %s: %s is held, and %s was the last delete"
                                    .formatted(write, stamp, held, delete));
        }
    }
}
