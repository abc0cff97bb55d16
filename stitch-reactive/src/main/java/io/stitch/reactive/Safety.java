package io.stitch.reactive;

/** How far what is written here is known to have got, the least safe first. */
public enum Safety {
    /** It waits to be sent: nobody but this store has it. */
    PENDING,

    /** The broker took it, and nobody else was there to hear it. Among peers only: this is the only copy, as far as is known. */
    ONLY_HERE,

    /** The broker took it, and nobody has said yet that they have it. Among peers only. */
    TAKEN,

    /** Somebody else has it: the server or, among peers, at least one that said so. */
    HELD;

    /**
     * {@return whether somebody else has it}
     */
    public boolean isHeld() {
        return this == HELD;
    }
}
