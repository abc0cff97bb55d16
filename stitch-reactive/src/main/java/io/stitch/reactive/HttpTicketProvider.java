package io.stitch.reactive;

import com.google.errorprone.annotations.CheckReturnValue;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Gets tickets from a server over HTTP: {@code POST /auth/ticket} for a ticket and {@code GET /auth/session} for the user.
 * Immutable: each method returns a changed provider.
 *
 * <p>What identifies the caller is a cookie or a bearer token; it never appears in messages or logs. A request that fails to
 * reach the server, loses its connection before the whole answer is there, or is answered with 5xx is repeated up to three times, with growing
 * delays from 200 ms. So is one without an answer for 10 s; but that is as long as a store waits for its ticket, with all that comes before it.
 * 429 is not repeated here, but the store heeds {@code Retry-After}. 401 and 403 mean that the session is invalid. Only a 200 needs a body, of
 * at most 64 KiB; that of any other status is not read.
 */
public final class HttpTicketProvider implements TicketProvider {
    private static final int RETRIES = 3;
    private static final List<String> USER_ID_FIELDS = List.of("canonical_id", "id");
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(2);
    /** A server that does not say how long to wait usually counts per minute. */
    private static final Duration DEFAULT_RETRY_AFTER = Duration.ofSeconds(30);

    private final Settings settings;
    private final HttpExchange http;

    /**
     * What can be set.
     *
     * @param base the URL below which the two paths are, without a slash at its end
     * @param header what identifies the caller
     * @param userIdField the field of the session's user that holds the id, or {@code null} for those that servers are known to use
     * @param tls whom to trust, for https
     * @param proxy what to connect through, or {@code null}
     * @param firstDelay the wait before the first repetition
     */
    private record Settings(
            String base,
            @Nullable Header header,
            @Nullable String userIdField,
            @Nullable TlsOptions tls,
            @Nullable ProxyOptions proxy,
            Duration firstDelay) {}

    /** A header with a secret, asked for at each request. */
    private record Header(String name, Mono<String> value) {}

    private HttpTicketProvider(Settings settings) {
        this.settings = settings;
        this.http = new HttpExchange(settings.tls, settings.proxy);
    }

    /**
     * A server's provider, without cookie or token.
     *
     * @param url {@code https://host}, with a port and a path if the server needs them; {@code /auth/ticket} and
     *     {@code /auth/session} are below it. Plain {@code http} sends the session readable for everyone on the way
     * @return the provider
     * @throws IllegalArgumentException if it is not such a URL; the message shows no user or password
     */
    public static HttpTicketProvider at(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("The ticket server's address is not a URL: %s at character %d."
                    .formatted(e.getReason(), e.getIndex() + 1));
        }
        if (uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException(
                    "The ticket server's address must not carry a user or password. Use cookie or bearer.");
        }
        if (!(isHttps(uri) || "http".equalsIgnoreCase(uri.getScheme()))
                || uri.getHost() == null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "The ticket server's address must be http:// or https:// with a host, and without a query.");
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    "The ticket server's address has the port %d: a port is 1 to 65535.".formatted(uri.getPort()));
        }
        String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        return new HttpTicketProvider(new Settings(
                base, null, null, isHttps(uri) ? TlsOptions.system() : null, null, Duration.ofMillis(200)));
    }

    /** {@return whether everybody on the way to another machine could read the cookie or token} */
    boolean sendsPlainly() {
        URI uri = URI.create(settings.base);
        return settings.header != null && !isHttps(uri) && RemoteOptions.isOtherMachine(uri.getHost());
    }

    private static boolean isHttps(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    /**
     * Identifies the caller by a session cookie.
     *
     * @param name the cookie's name
     * @param value its value
     * @return a changed provider
     * @throws IllegalArgumentException if one of them cannot be sent: it is empty, or has spaces, semicolons or characters beyond ASCII
     */
    public HttpTicketProvider cookie(String name, String value) {
        requirePrintable(value, "cookie");
        return cookie(name, Mono.just(value));
    }

    /**
     * Identifies the caller by a session cookie that may change.
     *
     * @param name the cookie's name
     * @param value its value; cold, asked for at each request, must not block. One that cannot be sent fails the request
     * @return a changed provider
     * @throws IllegalArgumentException if the name cannot be sent
     */
    public HttpTicketProvider cookie(String name, Mono<String> value) {
        requirePrintable(name, "cookie's name");
        return header(new Header("cookie", value.map(secret -> name + '=' + printable(secret, "cookie"))));
    }

    /**
     * Identifies the caller by a bearer token.
     *
     * @param token the token
     * @return a changed provider
     * @throws IllegalArgumentException if it cannot be sent: it is empty, or has spaces, semicolons or characters beyond ASCII
     */
    public HttpTicketProvider bearer(String token) {
        requirePrintable(token, "bearer token");
        return bearer(Mono.just(token));
    }

    /**
     * Identifies the caller by a bearer token that may change.
     *
     * @param token the token; cold, asked for at each request, must not block. One that cannot be sent fails the request
     * @return a changed provider
     */
    public HttpTicketProvider bearer(Mono<String> token) {
        return header(new Header("authorization", token.map(secret -> "Bearer " + printable(secret, "bearer token"))));
    }

    private HttpTicketProvider header(Header header) {
        return with(before ->
                new Settings(before.base, header, before.userIdField, before.tls, before.proxy, before.firstDelay));
    }

    /**
     * Sets the field of the session's {@code user} that holds the id. By default it is {@code canonical_id}, as MQDB has it, or {@code id}
     * where there is none.
     *
     * @param field the field
     * @return a changed provider
     */
    public HttpTicketProvider userIdField(String field) {
        return with(
                before -> new Settings(before.base, before.header, field, before.tls, before.proxy, before.firstDelay));
    }

    /**
     * Sets whom to trust and which certificate to show, for {@code https}.
     *
     * @param options the TLS options; a host name verifier in them is not used here
     * @return a changed provider
     * @throws IllegalArgumentException if the address is not https, or the options have a host name verifier
     */
    public HttpTicketProvider tls(TlsOptions options) {
        if (!isHttps(URI.create(settings.base))) {
            throw new IllegalArgumentException("TLS options for a ticket server want an https address.");
        }
        if (options.verifier() != null) {
            throw new IllegalArgumentException(
                    "The ticket server's host name is always verified: use TLS options without a host name verifier.");
        }
        return with(before ->
                new Settings(before.base, before.header, before.userIdField, options, before.proxy, before.firstDelay));
    }

    /**
     * Sets what to connect through, by default nothing. It need not be the proxy of the broker's connection.
     *
     * @param options the proxy
     * @return a changed provider
     */
    public HttpTicketProvider proxy(ProxyOptions options) {
        return with(before ->
                new Settings(before.base, before.header, before.userIdField, before.tls, options, before.firstDelay));
    }

    /** Shortens the waits, for tests. */
    HttpTicketProvider firstDelay(Duration delay) {
        return with(before ->
                new Settings(before.base, before.header, before.userIdField, before.tls, before.proxy, delay));
    }

    private HttpTicketProvider with(UnaryOperator<Settings> change) {
        return new HttpTicketProvider(change.apply(settings));
    }

    @Override
    @CheckReturnValue
    public Mono<String> ticket() {
        return ask("POST", "/auth/ticket").map(this::ticketIn);
    }

    /** The ticket that a server answered with. */
    String ticketIn(ObjectNode answer) {
        JsonNode ticket = answer.path("ticket");
        if (!ticket.isString()) {
            throw unusable("/auth/ticket", "it has no 'ticket'");
        }
        return new Ticket(ticket.stringValue()).value();
    }

    @Override
    @CheckReturnValue
    public Mono<AuthenticatedUser> user() {
        return ask("GET", "/auth/session").map(this::userIn);
    }

    /** The user that a server answered with. */
    AuthenticatedUser userIn(ObjectNode answer) {
        if (!answer.path("authenticated").asBoolean(false)) {
            throw TicketException.sessionInvalid(
                    "%s/auth/session says that nobody is logged in. Log in again.".formatted(settings.base));
        }
        if (!(answer.path("user") instanceof ObjectNode user)) {
            throw unusable("/auth/session", "it has no user");
        }
        return idOf(user)
                .map(id -> new AuthenticatedUser(id, user))
                .orElseThrow(() -> unusable("/auth/session", "its user has no " + describedIdFields()));
    }

    private Optional<String> idOf(ObjectNode user) {
        return idFields().stream()
                .map(user::path)
                .filter(id -> id.isString() || id.isIntegralNumber())
                .map(JsonNode::asString)
                .filter(id -> !id.isBlank()) // A server writes an empty text where there is none.
                .findFirst();
    }

    private List<String> idFields() {
        return settings.userIdField == null ? USER_ID_FIELDS : List.of(settings.userIdField);
    }

    private String describedIdFields() {
        return "field '%s' with an id. Name the one it has with userIdField"
                .formatted(String.join("' or '", idFields()));
    }

    private Mono<ObjectNode> ask(String method, String path) {
        String url = settings.base + path;
        Header header = settings.header;
        Mono<HttpExchange.Answer> answer = header == null
                ? http.send(method, url, null, "")
                : header.value
                        .switchIfEmpty(Mono.error(() -> TicketException.unavailable(
                                "There is no %s to ask %s with.".formatted(header.name, url), null)))
                        .flatMap(value -> http.send(method, url, header.name, value));
        return answer.map(received -> accepted(received, method + ' ' + url, path))
                .retryWhen(Retry.backoff(RETRIES, settings.firstDelay)
                        .maxBackoff(LONGEST_DELAY)
                        .filter(error -> error instanceof HttpExchange.RepeatableException)
                        .onRetryExhaustedThrow((spec, signal) -> signal.failure()))
                .onErrorMap(
                        HttpExchange.RepeatableException.class,
                        error -> TicketException.unavailable(String.valueOf(error.getMessage()), error.getCause()));
    }

    /** The object that a server answered with. */
    ObjectNode accepted(HttpExchange.Answer answer, String request, String path) {
        int status = answer.status();
        if (status == 401 || status == 403) {
            throw TicketException.sessionInvalid(
                    "%s was answered with %d: the session is not valid. Log in again.".formatted(request, status));
        }
        if (status == 429) {
            throw TicketException.rateLimited(
                    "%s was answered with 429: too many tickets were asked for.".formatted(request),
                    answer.retryAfter().orElse(DEFAULT_RETRY_AFTER));
        }
        if (status >= 500) {
            throw new HttpExchange.RepeatableException("%s was answered with %d.".formatted(request, status), null);
        }
        if (status != 200) {
            throw TicketException.unavailable(
                    "%s was answered with %d. Is this the address of the ticket server?".formatted(request, status),
                    null);
        }
        try {
            return JsonBounds.read(answer.body());
        } catch (IllegalArgumentException e) {
            throw unusable(path, e.getCause() == null ? "it is not an object" : "it is not JSON that a store reads");
        }
    }

    private TicketException unusable(String path, String why) {
        return TicketException.unavailable(
                "The answer of %s%s cannot be used: %s.".formatted(settings.base, path, why), null);
    }

    /** What is known when it is set is refused when it is set. */
    private static void requirePrintable(String secret, String what) {
        if (secret.isEmpty() || secret.chars().anyMatch(c -> c <= ' ' || c > '~' || c == ';')) {
            throw new IllegalArgumentException(
                    "The %s cannot be sent: it is empty or has spaces, semicolons or characters beyond ASCII."
                            .formatted(what));
        }
    }

    /** What comes later is refused when it comes. */
    private static String printable(String secret, String what) {
        try {
            requirePrintable(secret, what);
            return secret;
        } catch (IllegalArgumentException e) {
            throw TicketException.unavailable(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public String toString() {
        return "HttpTicketProvider[%s, %s%s]"
                .formatted(
                        settings.base,
                        settings.header == null ? "no cookie or token" : settings.header.name + "=***",
                        settings.proxy == null ? "" : ", " + settings.proxy);
    }
}
