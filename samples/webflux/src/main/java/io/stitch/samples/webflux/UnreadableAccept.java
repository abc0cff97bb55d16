package io.stitch.samples.webflux;

import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Refuses requests whose header {@code Accept} nobody can read, before anybody chooses by it: Spring cannot choose a form for the error
 * either, and sends none.
 */
@Component
class UnreadableAccept implements WebFilter {
    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return isReadable(exchange)
                ? chain.filter(exchange)
                : Mono.error(() -> new ProblemException(
                        HttpStatus.NOT_ACCEPTABLE,
                        "NOT_ACCEPTABLE",
                        "The header Accept is not a list of media types. Send one, such as application/json, or leave it out.",
                        Sentences.PAGE_IS_OLD));
    }

    private static boolean isReadable(ServerWebExchange exchange) {
        try {
            return exchange.getRequest().getHeaders().getAccept() != null;
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }
}
