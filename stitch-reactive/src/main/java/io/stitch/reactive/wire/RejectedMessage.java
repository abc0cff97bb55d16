package io.stitch.reactive.wire;

/** Carries a broken rule out of the decoding methods; stackless, because a flood of bad messages must stay cheap. */
final class RejectedMessage extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Which rule. */
    final DiagnosticCode code;

    /** What exactly. */
    final String detail;

    RejectedMessage(DiagnosticCode code, String detail) {
        super(detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }
}
