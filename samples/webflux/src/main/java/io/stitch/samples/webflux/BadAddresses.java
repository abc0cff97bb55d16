package io.stitch.samples.webflux;

import io.netty.handler.codec.http.HttpHeaderNames;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerRoutes;
import tools.jackson.databind.json.JsonMapper;

import java.net.URI;
import java.net.URISyntaxException;

/** Answers requests whose address is malformed: Spring cannot make a request of them, and would answer without a word. */
@Component
class BadAddresses implements NettyRouteProvider {
    private final JsonMapper mapper;

    BadAddresses(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public HttpServerRoutes apply(HttpServerRoutes routes) {
        ProblemDetail problem = ProblemException.body(
                HttpStatus.BAD_REQUEST,
                "MALFORMED",
                "The address is malformed: most likely it has a percent sign without two hexadecimal digits behind it. Write %25 for a percent sign.",
                Sentences.PAGE_IS_OLD);
        String body = mapper.writeValueAsString(problem);
        return routes.route(
                request -> !isAddress(request),
                (request, response) -> response.status(HttpStatus.BAD_REQUEST.value())
                        .header(HttpHeaderNames.CONTENT_TYPE, MediaType.APPLICATION_PROBLEM_JSON_VALUE)
                        .sendString(Mono.just(body)));
    }

    private static boolean isAddress(HttpServerRequest request) {
        try {
            return new URI(request.uri()).getRawPath() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
