package io.stitch.server;

/** A request that is answered with an error. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;
    private final long retryAfterMillis;

    Refusal(int code, String message) {
        this(code, message, 0);
    }

    Refusal(int code, String message, long retryAfterMillis) {
        super(message, null, false, false);
        this.code = code;
        this.retryAfterMillis = retryAfterMillis;
    }

    /** What could not be written is undone, and nothing was done. */
    static Refusal unavailable() {
        return new Refusal(503, "unavailable: the database cannot be written");
    }

    /** When to ask again; 0 where nobody knows. */
    long retryAfterMillis() {
        return retryAfterMillis;
    }

    int code() {
        return code;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
