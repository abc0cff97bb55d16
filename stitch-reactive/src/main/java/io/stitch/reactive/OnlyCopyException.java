package io.stitch.reactive;

/** What was to be forgotten is held nowhere else, as far as is known here, so nothing was forgotten. */
public final class OnlyCopyException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The scope. */
    private final String scopeId;

    /**
     * Makes the error.
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
    }

    /**
     * {@return the scope} There may be others.
     */
    public String scopeId() {
        return scopeId;
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
