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
    private final List<PeerProcess> ended = new ArrayList<>();
    private boolean plain;
    private boolean whole;
    private boolean everPlain;
    private long skew;
    private PeerProcess process;

    /**
     * Makes one.
     *
     * @param scopes the scopes that it is interested in
     * @param plain whether it knows hellos with manifests alone
     * @param whole whether it merges whole records
     */
    Peer(
            PeerWorld world,
            String name,
            @Nullable Disk disk,
            List<String> scopes,
            boolean plain,
            boolean whole,
            long skew) {
        this.whole = whole;
        this.world = world;
        this.name = name;
        this.disk = disk;
        this.scopes = scopes;
        this.plain = plain;
        this.everPlain = plain;
        this.skew = skew;
        this.process = new PeerProcess(this, 1);
    }

    String name() {
        return name;
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
    }

    boolean whole() {
        return whole;
    }

    /** The next process merges whole records, or field by field. */
    void whole(boolean next) {
        whole = next;
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
