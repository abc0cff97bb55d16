package io.stitch.samples.webflux;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.ValidationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.bind.support.WebExchangeBindException;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import reactor.core.publisher.Mono;

import java.util.Map;
import java.util.stream.Collectors;

/** Answers every error with a problem detail (RFC 9457): a status, a code for programs, and a sentence that says what to do. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final String PATIENCE_SECONDS = "5";

    /** What the library says names topics and codes: that is for the log. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> answer(StitchException error) {
        HttpStatus status = status(error);
        if (!(error instanceof ValidationException)) { // Of that the answer says all there is to say.
            LOG.atLevel(status.is5xxServerError() ? Level.WARN : Level.INFO)
                    .log("A request was answered with {}: {}", status.value(), error.getMessage());
        }
        ProblemDetail problem = ProblemException.body(status, code(error), Sentences.of(error));
        if (error instanceof ValidationException broken) {
            problem.setProperty("field", broken.field());
        }
        ResponseEntity.BodyBuilder response =
                ResponseEntity.status(status).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        return (error.isTransient() ? response.header(HttpHeaders.RETRY_AFTER, PATIENCE_SECONDS) : response)
                .body(problem);
    }

    static HttpStatus status(StitchException error) {
        if (error instanceof ValidationException broken) {
            return switch (broken.rule()) {
                case ID, REQUIRED, TYPE -> HttpStatus.BAD_REQUEST;
                case UNIQUE, REFERENCE, RESTRICT -> HttpStatus.CONFLICT;
            };
        }
        if (error instanceof RequestRefusedException refused) {
            return switch (refused.reason()) {
                case INVALID -> HttpStatus.BAD_REQUEST;
                case FORBIDDEN -> HttpStatus.FORBIDDEN;
                case NOT_FOUND -> HttpStatus.NOT_FOUND;
                case CONFLICT -> HttpStatus.CONFLICT;
                case RATE_LIMITED -> HttpStatus.TOO_MANY_REQUESTS;
                case SERVER -> HttpStatus.BAD_GATEWAY;
                // It is the service's login that ended, not the caller's.
                case UNAUTHENTICATED -> HttpStatus.SERVICE_UNAVAILABLE;
            };
        }
        if (error instanceof RequestFailedException failed) {
            return switch (failed.reason()) {
                case NOT_CONNECTED, CONNECTION_LOST, OVERFLOW -> HttpStatus.SERVICE_UNAVAILABLE;
                case TIMEOUT -> HttpStatus.GATEWAY_TIMEOUT;
                case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
                case UNEXPECTED_REPLY -> HttpStatus.BAD_GATEWAY;
                case OVERTAKEN -> HttpStatus.CONFLICT;
            };
        }
        if (error instanceof ConnectionException || error instanceof PersistenceException) {
            return HttpStatus.SERVICE_UNAVAILABLE;
        }
        return HttpStatus.INTERNAL_SERVER_ERROR;
    }

    static String code(StitchException error) {
        if (error instanceof ValidationException broken) {
            return broken.rule().name();
        }
        if (error instanceof RequestRefusedException refused) {
            return refused.reason().name();
        }
        if (error instanceof RequestFailedException failed) {
            return failed.reason().name();
        }
        if (error instanceof ConnectionException connection) {
            return connection.reason().name();
        }
        if (error instanceof PersistenceException persistence) {
            return persistence.reason().name();
        }
        return "SCHEMA";
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleWebExchangeBindException(
            WebExchangeBindException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        String fields = error.getFieldErrors().stream()
                .map(field -> "'" + field.getField() + "' " + field.getDefaultMessage())
                .sorted()
                .collect(Collectors.joining(", "));
        return problem(HttpStatus.BAD_REQUEST, "INVALID", "Correct these fields: " + fields + ".", headers, exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleHandlerMethodValidationException(
            HandlerMethodValidationException error,
            HttpHeaders headers,
            HttpStatusCode status,
            ServerWebExchange exchange) {
        String parameters = error.getParameterValidationResults().stream()
                .flatMap(result -> result.getResolvableErrors().stream()
                        .map(each ->
                                "'" + result.getMethodParameter().getParameterName() + "' " + each.getDefaultMessage()))
                .sorted()
                .collect(Collectors.joining(", "));
        return problem(
                HttpStatus.BAD_REQUEST, "INVALID", "Correct these parameters: " + parameters + ".", headers, exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleServerWebInputException(
            ServerWebInputException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        return problem(
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "The request cannot be read (%s). Send a JSON object with the fields that the README lists."
                        .formatted(error.getReason()),
                headers,
                exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleUnsupportedMediaTypeStatusException(
            UnsupportedMediaTypeStatusException error,
            HttpHeaders headers,
            HttpStatusCode status,
            ServerWebExchange exchange) {
        return problem(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "The service reads JSON alone, not %s. Send application/json.".formatted(error.getContentType()),
                headers,
                exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleResponseStatusException(
            ResponseStatusException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        return switch (status.value()) {
            case 413 ->
                problem(
                        HttpStatus.CONTENT_TOO_LARGE,
                        "TOO_LARGE",
                        "The body is larger than this service takes. Send less, or set spring.http.codecs.max-in-memory-size.",
                        headers,
                        exchange);
            case 404 ->
                problem(
                        HttpStatus.NOT_FOUND,
                        "NOT_FOUND",
                        "There is nothing at %s. See what the README lists."
                                .formatted(exchange.getRequest().getPath().value()),
                        headers,
                        exchange);
            default -> super.handleResponseStatusException(error, headers, status, exchange);
        };
    }

    /** A defect: the caller can do nothing about it, so the log has the details and the answer has none. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> answer(RuntimeException error) {
        LOG.error("A request failed because of a defect.", error);
        return ResponseEntity.internalServerError()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(ProblemException.body(
                        HttpStatus.INTERNAL_SERVER_ERROR,
                        "DEFECT",
                        "The service has a defect here. Its log says more; please report it."));
    }

    /** The type is said outright, or who asks for a stream of events would get the problem as one. */
    @Override
    protected Mono<ResponseEntity<Object>> createResponseEntity(
            @Nullable Object body, @Nullable HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        HttpHeaders typed = new HttpHeaders();
        if (headers != null) {
            typed.putAll(headers);
        }
        typed.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        if (body instanceof ProblemDetail problem && !hasCode(problem)) {
            problem.setProperty("code", HttpStatus.valueOf(status.value()).name());
        }
        return super.createResponseEntity(body, typed, status, exchange);
    }

    private static boolean hasCode(ProblemDetail problem) {
        Map<String, Object> properties = problem.getProperties();
        return properties != null && properties.containsKey("code");
    }

    private Mono<ResponseEntity<Object>> problem(
            HttpStatus status, String code, String detail, @Nullable HttpHeaders headers, ServerWebExchange exchange) {
        return createResponseEntity(ProblemException.body(status, code, detail), headers, status, exchange);
    }
}
