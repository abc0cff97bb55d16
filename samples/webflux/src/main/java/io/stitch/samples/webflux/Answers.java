package io.stitch.samples.webflux;

import io.stitch.reactive.MutationResult;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;

import java.net.URI;

/** Answers writes: 202 says that the write is kept and will be sent, any other that it is done. */
final class Answers {
    private Answers() {}

    static <T> ResponseEntity<T> created(MutationResult<T> result, URI location) {
        return ResponseEntity.status(status(result, HttpStatus.CREATED))
                .location(location)
                .body(result.record());
    }

    static <T> ResponseEntity<T> updated(MutationResult<T> result) {
        return ResponseEntity.status(status(result, HttpStatus.OK)).body(result.record());
    }

    static ResponseEntity<Void> deleted(MutationResult<?> result) {
        return ResponseEntity.status(status(result, HttpStatus.NO_CONTENT)).build();
    }

    private static HttpStatus status(MutationResult<?> result, HttpStatus done) {
        return result.status() == MutationResult.Status.QUEUED ? HttpStatus.ACCEPTED : done;
    }
}
