package io.stitch.simulation.peer;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/** One write of a peer: what was meant, and what its writer was told. */
final class PeerWrite {
    /** How it is written. */
    enum Kind {
        CREATE,
        UPDATE,
        MOVE,
        DELETE,
        /** Adds to what is there. */
        CHANGE
    }

    /** What its writer knows. */
    enum Told {
        NOTHING,
        SYNCED,
        QUEUED,
        FAILED,
        GONE
    }

    final int number;
    final Peer peer;
    final PeerProcess process;
    final Kind kind;
    /** What it writes, with its scope: of one that moves, what it becomes. */
    final String record;
    /** The field that it writes. */
    final String field;
    /** What it deletes, with its scope, because it moves it; {@code null} where it does not. */
    final @Nullable String left;
    /** What the writer saw of the record when it was written, if it was there. */
    final @Nullable Stamp before;

    Told told = Told.NOTHING;
    /** When it was told. */
    long toldAt;

    @Nullable
    Throwable error;
    /** Its stamp, as its writer showed or published it first. */
    @Nullable
    Stamp stamp;
    /** Whether what was kept of it may be gone, or may be there though it was said to be undone. */
    boolean excused;

    PeerWrite(
            int number,
            PeerProcess process,
            Kind kind,
            String record,
            String field,
            @Nullable String left,
            @Nullable Stamp before) {
        this.field = field;
        this.number = number;
        this.process = process;
        this.peer = process.peer();
        this.kind = kind;
        this.record = record;
        this.left = left;
        this.before = before;
    }

    /** The value that only it has. */
    String tag() {
        return "w" + number;
    }

    /** Whether somebody relies on it. */
    boolean isAcknowledged() {
        return (told == Told.SYNCED || told == Told.QUEUED) && !excused;
    }

    @Override
    public String toString() {
        return "%s (%s %s of %s by %s, told %s%s)"
                .formatted(
                        tag(),
                        kind.name().toLowerCase(Locale.ROOT),
                        field,
                        record,
                        process.name(),
                        told,
                        error == null ? "" : ": " + error);
    }
}
