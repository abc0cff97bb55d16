package io.stitch.samples.webflux;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request that cannot be answered as it is; the caller gets its words as a problem detail. */
final class ProblemException extends ErrorResponseException {
    /** When to try again. */
    static final String PATIENCE_SECONDS = "5";

    private static final long serialVersionUID = 1;

    /**
     * A problem.
     *
     * @param status the HTTP status
     * @param code what went wrong, for programs
     * @param detail what happened, to what, and what to do, for those who write programs
     * @param words the same for those who use the board, and know nothing of ids and of HTTP
     */
    ProblemException(HttpStatus status, String code, String detail, String words) {
        super(status, body(status, code, detail, words), null);
    }

    /** Trying again may help. */
    static ProblemException later(HttpStatus status, String code, String detail, String words) {
        ProblemException later = new ProblemException(status, code, detail, words);
        later.getHeaders().set(HttpHeaders.RETRY_AFTER, PATIENCE_SECONDS);
        return later;
    }

    /** The record is not the one that the caller knows; it is sent along as it is. */
    static ProblemException changed(String tag, Object current) {
        ProblemException changed = new ProblemException(
                HttpStatus.PRECONDITION_FAILED,
                "CHANGED",
                "Somebody has changed it since: no tag of If-Match is the one that it has now, which is %s. 'current' is what it is now; send the change again with its tag if it is still wanted."
                        .formatted(tag),
                "Somebody has changed it meanwhile, and theirs is what you see. Change it again if needed.");
        changed.getHeaders().setETag(tag);
        changed.getBody().setProperty("current", current);
        return changed;
    }

    static ProblemDetail body(HttpStatus status, String code, String detail, String words) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setProperty("code", code);
        problem.setProperty("words", words);
        return problem;
    }
}
