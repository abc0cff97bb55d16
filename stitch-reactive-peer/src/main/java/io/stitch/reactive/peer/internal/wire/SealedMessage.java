package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.RejectedMessage;

/** A message that cannot be taken because of how it is encrypted, or is not. */
public final class SealedMessage extends RejectedMessage {
    private static final long serialVersionUID = 1;

    /** Which key it says it takes; empty if it says none. */
    public final String kid;

    /**
     * Makes one.
     *
     * @param code what is wrong
     * @param kid which key it says it takes; empty if it says none
     * @param detail what exactly
     */
    public SealedMessage(DiagnosticCode code, String kid, String detail) {
        super(code, detail);
        this.kid = kid;
    }
}
