package io.stitch.samples.webflux;

import io.stitch.reactive.MutationResult;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;

import java.net.URI;
import java.util.function.Function;

/** Answers writes: 202 says that the write is kept and will be sent, any other that it is done. */
final class Answers {
    private Answers() {}

    static <T> ResponseEntity<T> created(MutationResult<T> result, Function<T, String> tag, URI location) {
        return tagged(ResponseEntity.status(status(result, HttpStatus.CREATED)).location(location), result, tag);
    }

    static <T> ResponseEntity<T> updated(MutationResult<T> result, Function<T, String> tag) {
        return tagged(ResponseEntity.status(status(result, HttpStatus.OK)), result, tag);
    }

    static ResponseEntity<Void> deleted(MutationResult<?> result) {
        return ResponseEntity.status(status(result, HttpStatus.NO_CONTENT)).build();
    }

    private static <T> ResponseEntity<T> tagged(
            ResponseEntity.BodyBuilder answer, MutationResult<T> result, Function<T, String> tag) {
        T record = result.record();
        return record == null ? answer.build() : answer.eTag(tag.apply(record)).body(record);
    }

    private static HttpStatus status(MutationResult<?> result, HttpStatus done) {
        return result.status() == MutationResult.Status.QUEUED ? HttpStatus.ACCEPTED : done;
    }
}
