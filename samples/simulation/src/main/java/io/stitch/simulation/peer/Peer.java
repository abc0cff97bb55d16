package io.stitch.simulation.peer;

import io.stitch.simulation.Disk;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/** A peer: its disk and its clock outlive its processes, of which one runs at a time. */
final class Peer {
    private final PeerWorld world;
    private final String name;
    private final @Nullable Disk disk;
    private final List<String> scopes;
    private final @Nullable String copied;
    private final boolean outsider;
    private final List<PeerProcess> ended = new ArrayList<>();
    private boolean plain;
    private boolean whole;
    private boolean everPlain;
    private boolean everWhole;
    private long skew;
    private PeerProcess process;

    /**
     * Makes one.
     *
     * @param scopes the scopes that it is interested in
     * @param plain whether it knows hellos with manifests alone
     * @param whole whether it merges whole records
     * @param copied whose disk, and whose keys, it began with; {@code null} for nobody's
     * @param outsider whether nobody trusts it
     */
    Peer(
            PeerWorld world,
            String name,
            @Nullable Disk disk,
            List<String> scopes,
            boolean plain,
            boolean whole,
            long skew,
            @Nullable String copied,
            boolean outsider) {
        this.copied = copied;
        this.outsider = outsider;
        this.whole = whole;
        this.world = world;
        this.name = name;
        this.disk = disk;
        this.scopes = scopes;
        this.plain = plain;
        this.everPlain = plain;
        this.everWhole = plain || whole;
        this.skew = skew;
        this.process = new PeerProcess(this, 1);
    }

    String name() {
        return name;
    }

    /** Whose keys it signs with: a copy of a disk comes with its owner's. */
    String signer() {
        return copied == null ? name : copied;
    }

    /** Whether nobody trusts it, so that what it writes is nothing to the others. */
    boolean isOutsider() {
        return outsider;
    }

    PeerWorld world() {
        return world;
    }

    @Nullable
    Disk disk() {
        return disk;
    }

    List<String> scopes() {
        return scopes;
    }

    PeerProcess process() {
        return process;
    }

    List<PeerProcess> ended() {
        return ended;
    }

    boolean plain() {
        return plain;
    }

    /** The next process knows digests and answers, or does so no more. */
    void plain(boolean next) {
        plain = next;
        everPlain |= next;
        everWhole |= next;
    }

    boolean whole() {
        return whole;
    }

    /** The next process merges whole records, or field by field. */
    void whole(boolean next) {
        whole = next;
        everWhole |= next;
    }

    /** Whether it ever took records as a whole, so that it may have let go of a field that nobody else had heard of. */
    boolean wasEverWhole() {
        return everWhole;
    }

    boolean wasEverPlain() {
        return everPlain;
    }

    long skew() {
        return skew;
    }

    void skew(long millis) {
        skew = millis;
        process.lane().offset(millis);
    }

    void restart() {
        if (!process.isRunning()) {
            ended.add(process);
            process = new PeerProcess(this, process.number() + 1);
            process.start();
        }
    }
}
