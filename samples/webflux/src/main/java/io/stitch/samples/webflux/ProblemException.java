package io.stitch.samples.webflux;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that cannot be answered as it is; the caller gets its words as a problem detail. */
final class ProblemException extends ErrorResponseException {
    private static final long serialVersionUID = 1;

    /**
     * A problem.
     *
     * @param status the HTTP status
     * @param code what went wrong, for programs
     * @param detail what happened, to what, and what to do
     */
    ProblemException(HttpStatus status, String code, String detail) {
        super(status, body(status, code, detail), null);
    }

    static ProblemDetail body(HttpStatus status, String code, String detail) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setProperty("code", code);
        return problem;
    }
}
