package io.stitch.reactive;

/** What was to be forgotten is held nowhere else, as far as is known here, so nothing was forgotten. */
public final class OnlyCopyException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The scope. */
    private final String scopeId;

    /** How many. */
    private final int records;

    /**
     * Makes the error of a logout.
     *
     * @param scopeId a scope with records that nobody else is known to hold
     */
    public OnlyCopyException(String scopeId) {
        super(
                ("No other peer was ever heard in scope '%s', so the records here may be the only ones, and nothing was forgotten. Wait until"
                                + " another peer has opened the scope, or call resetForLogout(true) if they may go.")
                        .formatted(scopeId),
                null);
        this.scopeId = scopeId;
        this.records = 0;
    }

    /**
     * Makes the error.
     *
     * @param scopeId a scope with records that nobody else is known to hold
     * @param records how many records of it, deletes included
     * @param instead what to call if they may go
     */
    public OnlyCopyException(String scopeId, int records, String instead) {
        super(
                ("Nobody else is known to hold %d of the records of scope '%s', deletes included, so what is here may be the only copy, and"
                                + " nothing was forgotten. Wait until another peer has opened the scope and has them, which safety() tells, or call"
                                + " %s if they may go.")
                        .formatted(records, scopeId, instead),
                null);
        this.scopeId = scopeId;
        this.records = records;
    }

    /**
     * {@return the scope} There may be others.
     */
    public String scopeId() {
        return scopeId;
    }

    /**
     * {@return how many records of the scope, deletes included, nobody else is known to hold} 0 where that was not counted.
     */
    public int records() {
        return records;
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
