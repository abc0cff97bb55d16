package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.spi.ForeignText;

/** Carries a broken rule out of the decoding methods; stackless, because a flood of bad messages must stay cheap. */
public class RejectedMessage extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Which rule. */
    public final DiagnosticCode code;

    /** What exactly. */
    public final String detail;

    public RejectedMessage(DiagnosticCode code, String detail) {
        super(ForeignText.message(detail), null, false, false);
        this.code = code;
        this.detail = detail;
    }
}
