package io.stitch.samples.webflux;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.UnsupportedInModeException;
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
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.bind.support.WebExchangeBindException;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.NotAcceptableStatusException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Answers every error with a problem detail (RFC 9457): a status, a code for programs, and a sentence that says what to do. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    /** What the library says names topics and codes: that is for the log. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> answer(StitchException error) {
        HttpStatus status = status(error);
        if (!(error instanceof ValidationException)) { // Of that the answer says all there is to say.
            LOG.atLevel(status.is5xxServerError() ? Level.WARN : Level.INFO)
                    .log("A request was answered with {}: {}", status.value(), error.getMessage());
        }
        ProblemDetail problem = ProblemException.body(status, code(error), detail(error), Sentences.of(error));
        if (error instanceof ValidationException broken) {
            problem.setProperty("field", broken.field());
        }
        ResponseEntity.BodyBuilder response =
                ResponseEntity.status(status).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        return (error.isTransient()
                        ? response.header(HttpHeaders.RETRY_AFTER, ProblemException.PATIENCE_SECONDS)
                        : response)
                .body(problem);
    }

    /** Which id, and what is wrong with it, is for those who write programs. */
    private static String detail(StitchException error) {
        return error instanceof ValidationException broken && broken.rule() == ValidationException.Rule.ID
                ? String.valueOf(broken.getMessage())
                : Sentences.of(error);
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
                case PRECONDITION_FAILED -> HttpStatus.PRECONDITION_FAILED;
                case RATE_LIMITED -> HttpStatus.TOO_MANY_REQUESTS;
                case SERVER, OTHER -> HttpStatus.BAD_GATEWAY;
                // It is the service's login that ended, not the caller's.
                case UNAUTHENTICATED -> HttpStatus.SERVICE_UNAVAILABLE;
            };
        }
        if (error instanceof RequestFailedException failed) {
            return switch (failed.reason()) {
                case NOT_CONNECTED, CONNECTION_LOST, OVERFLOW, HELD_UP -> HttpStatus.SERVICE_UNAVAILABLE;
                case TIMEOUT -> HttpStatus.GATEWAY_TIMEOUT;
                case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
                case UNEXPECTED_REPLY -> HttpStatus.BAD_GATEWAY;
                case OVERTAKEN, DROPPED -> HttpStatus.CONFLICT;
            };
        }
        if (error instanceof ConnectionException || error instanceof PersistenceException) {
            return HttpStatus.SERVICE_UNAVAILABLE;
        }
        if (error instanceof UnsupportedInModeException) { // If-Match, on a server that cannot compare versions.
            return HttpStatus.NOT_IMPLEMENTED;
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
        return error instanceof UnsupportedInModeException ? "UNSUPPORTED" : "SCHEMA";
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleWebExchangeBindException(
            WebExchangeBindException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        String fields = error.getFieldErrors().stream()
                .map(field -> "'" + field.getField() + "' " + field.getDefaultMessage())
                .sorted()
                .collect(Collectors.joining(", "));
        return problem(
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "Correct these fields: " + fields + ".",
                Sentences.CANNOT_BE_SO,
                headers,
                exchange);
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
                HttpStatus.BAD_REQUEST,
                "INVALID",
                "Correct these parameters: " + parameters + ".",
                Sentences.CANNOT_BE_SO,
                headers,
                exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleServerWebInputException(
            ServerWebInputException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        return problem(
                HttpStatus.BAD_REQUEST, "MALFORMED", Malformed.detail(error), Sentences.PAGE_IS_OLD, headers, exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleUnsupportedMediaTypeStatusException(
            UnsupportedMediaTypeStatusException error,
            HttpHeaders headers,
            HttpStatusCode status,
            ServerWebExchange exchange) {
        MediaType sent = error.getContentType();
        return problem(
                HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "The service reads JSON alone, and the body is %s. Send application/json as its Content-Type."
                        .formatted(sent == null ? "of no type that it knows" : sent),
                Sentences.PAGE_IS_OLD,
                headers,
                exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleNotAcceptableStatusException(
            NotAcceptableStatusException error,
            HttpHeaders headers,
            HttpStatusCode status,
            ServerWebExchange exchange) {
        String offered = joined(error.getSupportedMediaTypes());
        return problem(
                HttpStatus.NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                "What is at %s cannot be had as %s. Accept %s."
                        .formatted(
                                path(exchange),
                                exchange.getRequest().getHeaders().getFirst(HttpHeaders.ACCEPT),
                                offered.isEmpty() ? "application/json" : offered),
                Sentences.PAGE_IS_OLD,
                headers,
                exchange);
    }

    @Override
    protected Mono<ResponseEntity<Object>> handleMethodNotAllowedException(
            MethodNotAllowedException error, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        return problem(
                HttpStatus.METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "%s cannot be done at %s. Send %s."
                        .formatted(error.getHttpMethod(), path(exchange), joined(error.getSupportedMethods())),
                Sentences.PAGE_IS_OLD,
                headers,
                exchange);
    }

    private static String joined(Collection<?> choices) {
        return choices.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
    }

    private static String path(ServerWebExchange exchange) {
        return exchange.getRequest().getPath().value();
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
                        "It is longer than the service takes. Shorten it and try again.",
                        headers,
                        exchange);
            case 404 ->
                problem(
                        HttpStatus.NOT_FOUND,
                        "NOT_FOUND",
                        "There is nothing at %s. The page is at /, the boards at /api/projects, the tasks of one at /api/projects/{id}/tasks; see what the README lists."
                                .formatted(path(exchange)),
                        Sentences.PAGE_IS_OLD,
                        headers,
                        exchange);
            default -> super.handleResponseStatusException(error, headers, status, exchange);
        };
    }

    /** {@return the problem that an error is, for what fails where no controller is asked} */
    Mono<? extends ResponseEntity<?>> of(Throwable error, ServerWebExchange exchange) {
        if (error instanceof StitchException ours) {
            return Mono.just(answer(ours));
        }
        // Of these alone Spring knows what they mean.
        return error instanceof ErrorResponse && error instanceof Exception known
                ? handleException(known, exchange)
                : Mono.just(defect(error));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> answer(RuntimeException error) {
        return defect(error);
    }

    /** The caller can do nothing about it, so the log has the details and the answer has none. */
    private static ResponseEntity<ProblemDetail> defect(Throwable error) {
        LOG.error("A request failed because of a defect.", error);
        return ResponseEntity.internalServerError()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(ProblemException.body(
                        HttpStatus.INTERNAL_SERVER_ERROR,
                        "DEFECT",
                        "The service has a defect here. Its log says more; please report it.",
                        "The service has a defect here. Tell whoever runs it."));
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
            problem.setProperty("words", Sentences.PAGE_IS_OLD);
        }
        return super.createResponseEntity(body, typed, status, exchange);
    }

    private static boolean hasCode(ProblemDetail problem) {
        Map<String, Object> properties = problem.getProperties();
        return properties != null && properties.containsKey("code");
    }

    private Mono<ResponseEntity<Object>> problem(
            HttpStatus status,
            String code,
            String detail,
            String words,
            @Nullable HttpHeaders headers,
            ServerWebExchange exchange) {
        return createResponseEntity(ProblemException.body(status, code, detail, words), headers, status, exchange);
    }
}
