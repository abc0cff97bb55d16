package io.stitch.samples.webflux;

import org.springframework.boot.webflux.error.ErrorWebExceptionHandler;
import org.springframework.core.annotation.Order;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers what fails outside of the controllers, or in a way that Spring cannot answer there, as with a header {@code Accept} that nobody can
 * read. It writes the problem by itself: what could be asked for does not matter any more.
 */
@Component
@Order(-2) // Before Spring's own, which knows of no problems.
class LastResort implements ErrorWebExceptionHandler {
    private final Problems problems;
    private final JsonMapper mapper;

    LastResort(Problems problems, JsonMapper mapper) {
        this.problems = problems;
        this.mapper = mapper;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        if (exchange.getResponse().isCommitted() || DisconnectedClientHelper.isClientDisconnectedException(error)) {
            return Mono.error(error);
        }
        return problems.of(error, exchange).flatMap(problem -> write(exchange.getResponse(), problem));
    }

    private Mono<Void> write(ServerHttpResponse response, ResponseEntity<?> problem) {
        return Mono.defer(() -> {
            response.setStatusCode(problem.getStatusCode());
            response.getHeaders().putAll(problem.getHeaders());
            byte[] body = mapper.writeValueAsBytes(problem.getBody());
            return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
        });
    }
}
