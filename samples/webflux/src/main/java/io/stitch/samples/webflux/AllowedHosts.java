package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Answers only who asks for one of this service's own names. A page from elsewhere can have its own name point to this machine (DNS rebinding):
 * to the browser the service is then that page's own, whatever address it listens on, and only the header {@code Host} tells. In front of
 * everything: the page, the API, the streams and the actuator.
 */
@Component
class AllowedHosts implements WebFilter, Ordered {
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]@/\\s]+)(:[0-9]{1,5})?");

    private final Set<String> names;

    AllowedHosts(BoardProperties properties) {
        this.names = properties.allowedHosts().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Before everything, or what is before it would answer strangers. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        List<String> hosts = exchange.getRequest().getHeaders().getOrDefault(HttpHeaders.HOST, List.of());
        if (hosts.size() == 1 && isAllowed(hosts.get(0))) {
            return chain.filter(exchange);
        }
        String asked = hosts.size() == 1 ? "'" + Malformed.shown(hosts.get(0)) + "'" : hosts.size() + " hosts";
        return Mono.error(() -> new ProblemException(
                HttpStatus.MISDIRECTED_REQUEST,
                "UNKNOWN_HOST",
                "The request is for %s, which is no name of this service. Use one that it has, such as localhost, or add yours to board.allowed-hosts."
                        .formatted(asked),
                "This address is not the board's. Ask whoever runs it for the right one."));
    }

    private boolean isAllowed(String authority) {
        String host = hostOf(authority);
        return host != null && names.contains(host);
    }

    /** {@return the name in {@code name:port}, or {@code null} if it is no such thing} */
    private static @Nullable String hostOf(String authority) {
        Matcher matcher = AUTHORITY.matcher(authority);
        return matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : null;
    }
}
