package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes no writes that a page from elsewhere has a browser send. A browser says whose page it is in {@code Origin} and {@code Sec-Fetch-Site};
 * what is no browser says neither and is let through, since nobody can have it do something. Nor may such a page open streams, which it
 * could not read but which would take the places of others.
 */
@Component
class AllowedOrigins implements WebFilter, Ordered {
    private static final Set<HttpMethod> READS =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE);
    private static final String SITE = "Sec-Fetch-Site";
    private static final String MODE = "Sec-Fetch-Mode";
    /** An address that somebody entered, and the service's own page. */
    private static final Set<String> OWN_SITES = Set.of("none", "same-origin");

    private final Set<String> allowed;

    AllowedOrigins(BoardProperties properties) {
        this.allowed = properties.allowedOrigins().stream()
                .map(origin -> origin.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Behind the check of the host, with which it compares. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE + 1;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        boolean own = READS.contains(request.getMethod()) ? isOwnRead(request) : isOwnWrite(request);
        return own
                ? chain.filter(exchange)
                : Mono.error(() -> new ProblemException(
                        HttpStatus.FORBIDDEN,
                        "FOREIGN_ORIGIN",
                        "A page of another origin had a browser send this. If it is yours, add its origin, such as https://board.example.org, to board.allowed-origins.",
                        "Another page tried to use the board in your name. Open the board itself and try again."));
    }

    /** A link from elsewhere is followed; what a page from elsewhere fetches in the background is not given to it. */
    private boolean isOwnRead(ServerHttpRequest request) {
        HttpHeaders headers = request.getHeaders();
        return !"cross-site".equals(headers.getFirst(SITE))
                || "navigate".equals(headers.getFirst(MODE))
                || isAllowed(headers.getFirst(HttpHeaders.ORIGIN));
    }

    private boolean isOwnWrite(ServerHttpRequest request) {
        HttpHeaders headers = request.getHeaders();
        List<String> origins = headers.getOrDefault(HttpHeaders.ORIGIN, List.of());
        if (origins.size() == 1 && isAllowed(origins.get(0))) {
            return true;
        }
        String site = headers.getFirst(SITE);
        return (site == null || OWN_SITES.contains(site))
                && (origins.isEmpty()
                        || (origins.size() == 1 && isOwn(origins.get(0), headers.getFirst(HttpHeaders.HOST))));
    }

    private boolean isAllowed(@Nullable String origin) {
        return origin != null && allowed.contains(origin.toLowerCase(Locale.ROOT));
    }

    /** A browser leaves out the port that a scheme has anyway, in both headers; others may write it in one of them. */
    private static boolean isOwn(String origin, @Nullable String host) {
        String lower = origin.toLowerCase(Locale.ROOT);
        String usualPort = lower.startsWith("https://") ? ":443" : ":80";
        boolean web = lower.startsWith("https://") || lower.startsWith("http://");
        return web
                && host != null
                && without(usualPort, lower.substring(lower.indexOf("//") + 2))
                        .equals(without(usualPort, host.toLowerCase(Locale.ROOT)));
    }

    private static String without(String port, String authority) {
        return authority.endsWith(port) ? authority.substring(0, authority.length() - port.length()) : authority;
    }
}
