package io.stitch.samples.webflux;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.MethodNotAllowedException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

import java.time.Clock;
import java.util.Set;

/** What the service adds to the store that the starter makes. */
@Configuration(proxyBeanMethods = false)
class BoardConfiguration {
    private static final Set<HttpMethod> PAGE_METHODS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    @Bean
    StitchSchema schema() {
        return Board.SCHEMA;
    }

    @Bean
    OpenScopes openScopes(StitchStore store, BoardProperties properties) {
        return new OpenScopes(store, properties.scopeLinger(), Schedulers.parallel());
    }

    @Bean
    Viewers viewers(BoardProperties properties, JsonMapper mapper) {
        return new Viewers(properties.maxViewers(), mapper, Schedulers.parallel());
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    /** Spring Boot's own welcome page answers GET alone, and has nothing to say to the rest. */
    @Bean
    RouterFunction<ServerResponse> page() {
        return RouterFunctions.route(RequestPredicates.path("/"), request -> switch (request.method()
                .name()) {
            case "GET", "HEAD" ->
                ServerResponse.ok()
                        .contentType(MediaType.TEXT_HTML)
                        .bodyValue(new ClassPathResource("static/index.html"));
            case "OPTIONS" -> ServerResponse.ok().allow(PAGE_METHODS).build();
            default -> Mono.error(() -> new MethodNotAllowedException(request.method(), PAGE_METHODS));
        });
    }

    /** The server inside, where no broker is named. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(NoBroker.class)
    static class Inside {
        @Bean
        StitchServer server(BoardProperties properties) {
            return EmbeddedServer.start(properties.embedded());
        }

        @Bean
        RemoteOptions remote(StitchServer server) {
            return RemoteOptions.to(server.url());
        }
    }

    /** Asks as the starter does, to which an empty address is none. */
    static final class NoBroker implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !StringUtils.hasText(context.getEnvironment().getProperty("stitch.url"));
        }
    }
}
