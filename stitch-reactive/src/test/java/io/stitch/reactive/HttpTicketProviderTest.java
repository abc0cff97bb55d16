package io.stitch.reactive;

import io.stitch.reactive.spi.TicketException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableChannel;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.tcp.TcpServer;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class HttpTicketProviderTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String SECRET = "s3cret";
    private static final String ERROR_PAGE = "<html>" + "x".repeat(100_000);

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile BiFunction<HttpServerRequest, HttpServerResponse, Mono<Void>> answer =
            (request, response) -> json(response, "{\"ticket\":\"jwt\",\"expires_in\":30}");
    private DisposableServer server;

    @BeforeEach
    void start() {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    requests.add("%s %s cookie=%s authorization=%s"
                            .formatted(
                                    request.method(),
                                    request.uri(),
                                    request.requestHeaders().get("cookie"),
                                    request.requestHeaders().get("authorization")));
                    return answer.apply(request, response);
                })
                .bindNow();
    }

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    private static Mono<Void> json(HttpServerResponse response, String body) {
        return response.header("content-type", "application/json")
                .sendString(Mono.just(body))
                .then();
    }

    private HttpTicketProvider provider() {
        return HttpTicketProvider.at("http://127.0.0.1:" + server.port())
                .cookie("sid", SECRET)
                .firstDelay(Duration.ofMillis(1));
    }

    private static void assertFails(Mono<?> asked, Consumer<TicketException> assertions) {
        // As in a store: on a thread that must not be blocked.
        StepVerifier.create(asked.subscribeOn(Schedulers.parallel()))
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageNotContaining(SECRET)
                        .isInstanceOfSatisfying(TicketException.class, assertions))
                .verify(LIMIT);
    }

    private static void assertUnavailable(Mono<?> asked, String message) {
        assertFails(asked, error -> {
            assertThat(error).hasMessageContaining(message);
            assertThat(error.isSessionInvalid()).isFalse();
            assertThat(error.retryAfter()).isEmpty();
        });
    }

    @Test
    void aTicketIsPostedForWithTheCookie() {
        StepVerifier.create(provider().ticket().subscribeOn(Schedulers.parallel()))
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);

        assertThat(requests).containsExactly("POST /auth/ticket cookie=sid=s3cret authorization=null");
    }

    @Test
    void eachSubscriptionAsksAnewWithTheTokenOfTheMoment() {
        AtomicInteger count = new AtomicInteger();
        Mono<String> ticket = HttpTicketProvider.at("http://127.0.0.1:" + server.port() + "/api/")
                .bearer(Mono.fromSupplier(() -> "token-" + count.incrementAndGet()))
                .ticket();

        StepVerifier.create(Flux.concat(ticket, ticket))
                .expectNext("jwt", "jwt")
                .expectComplete()
                .verify(LIMIT);
        assertThat(requests)
                .containsExactly(
                        "POST /api/auth/ticket cookie=null authorization=Bearer token-1",
                        "POST /api/auth/ticket cookie=null authorization=Bearer token-2");
    }

    @Test
    void theSessionTellsTheUser() {
        answer = (request, response) ->
                json(response, "{\"authenticated\":true,\"user\":{\"id\":\"u1\",\"email\":\"ada@example.org\"}}");

        StepVerifier.create(provider().user())
                .assertNext(user -> {
                    assertThat(user.id()).isEqualTo("u1");
                    assertThat(user.profile().path("email").stringValue()).isEqualTo("ada@example.org");
                    assertThat(user.toString()).doesNotContain("example.org");
                })
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(provider().userIdField("email").user().map(AuthenticatedUser::id))
                .expectNext("ada@example.org")
                .expectComplete()
                .verify(LIMIT);
        assertThat(requests).allMatch(request -> request.startsWith("GET /auth/session cookie=sid=s3cret"));
        assertUnavailable(provider().userIdField("name").user(), "no field 'name'");
    }

    @Test
    void theUserOfAnMqdbIsKnownByItsCanonicalId() {
        answer = (request, response) -> json(
                response,
                "{\"authenticated\":true,\"user\":{\"canonical_id\":\"u-7\",\"id\":\"other\",\"email\":\"ada@example.org\"}}");
        StepVerifier.create(provider().user().map(AuthenticatedUser::id))
                .expectNext("u-7")
                .expectComplete()
                .verify(LIMIT);

        answer = (request, response) ->
                json(response, "{\"authenticated\":true,\"user\":{\"email\":\"ada@example.org\"}}");
        assertUnavailable(provider().user(), "no field 'canonical_id' or 'id'");
    }

    @Test
    void anEmptyIdIsNone() {
        answer = (request, response) ->
                json(response, "{\"authenticated\":true,\"user\":{\"canonical_id\":\"\",\"id\":\"u1\"}}");
        StepVerifier.create(provider().user().map(AuthenticatedUser::id))
                .expectNext("u1")
                .expectComplete()
                .verify(LIMIT);

        answer = (request, response) -> json(response, "{\"authenticated\":true,\"user\":{\"id\":\" \"}}");
        assertUnavailable(provider().user(), "no field 'canonical_id' or 'id'");
    }

    @Test
    void aSessionThatIsNotAuthenticatedIsInvalid() {
        answer = (request, response) -> json(response, "{\"authenticated\":false}");

        assertFails(
                provider().user(), error -> assertThat(error.isSessionInvalid()).isTrue());
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void aRefusedSessionIsInvalidAndNotAskedForAgain(int status) {
        answer = (request, response) -> response.status(status).send();

        assertFails(provider().ticket(), error -> {
            assertThat(error.isSessionInvalid()).isTrue();
            assertThat(error).hasMessageContaining("Log in again");
        });
        assertThat(requests).hasSize(1);
    }

    @Test
    void aServerThatStumblesIsAskedAgain() {
        AtomicInteger count = new AtomicInteger();
        answer = (request, response) ->
                count.incrementAndGet() < 4 ? response.status(503).send() : json(response, "{\"ticket\":\"jwt\"}");

        StepVerifier.create(provider().ticket())
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
        assertThat(requests).hasSize(4);
    }

    @Test
    void aServerThatStaysDownIsAskedFourTimes() {
        answer = (request, response) -> response.status(500).send();

        assertUnavailable(provider().ticket(), "was answered with 500");
        assertThat(requests).hasSize(4);
    }

    @Test
    void aServerThatCannotBeReachedIsReportedWithItsAddress() {
        HttpTicketProvider provider = provider();
        server.disposeNow();

        assertUnavailable(provider.ticket(), "http://127.0.0.1:" + server.port() + "/auth/ticket failed");
    }

    @Test
    void aServerThatClosesWithoutAnAnswerIsAskedAgain() {
        answer = (request, response) -> {
            request.withConnection(DisposableChannel::dispose);
            return Mono.never();
        };

        assertUnavailable(provider().ticket(), "failed");
        assertThat(requests).hasSize(4);
    }

    @Test
    void tooManyRequestsAreTransientAndNotRepeatedHere() {
        answer = (request, response) ->
                response.status(429).header("retry-after", "17").send();
        assertFails(provider().ticket(), error -> {
            assertThat(error.isSessionInvalid()).isFalse();
            assertThat(error.retryAfter()).contains(Duration.ofSeconds(17));
        });
        answer = (request, response) -> response.status(429).send();
        assertFails(provider().ticket(), error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(30)));

        assertThat(requests).hasSize(2);
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        String inAMinute = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(1));
        String passed = "Wed, 21 Oct 2015 07:28:00 GMT";

        assertThat(HttpExchange.retryAfter(inAMinute).orElseThrow())
                .isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
        assertThat(HttpExchange.retryAfter(passed)).contains(Duration.ZERO);
        assertThat(HttpExchange.retryAfter("soon")).isEmpty();
        assertThat(HttpExchange.retryAfter("99999999999999")).isEmpty();
        assertThat(HttpExchange.retryAfter(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nope",
                "[]",
                "null",
                "{}",
                "{\"ticket\":1}",
                "{\"ticket\":\"\"}",
                "{\"ticket\":\"a b\"}",
                "{\"ticket\":null}"
            })
    void anAnswerWithoutATicketCannotBeUsed(String body) {
        answer = (request, response) -> json(response, body);

        assertUnavailable(provider().ticket(), "");
        assertThat(requests).hasSize(1);
    }

    @Test
    void anAnswerThatNeverEndsIsCutOff() {
        answer =
                (request, response) -> response.sendString(Flux.range(0, 10_000).map(i -> "x".repeat(1_000)))
                        .then();

        assertUnavailable(provider().ticket(), "more than 65536 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void theStatusCountsHoweverLongTheErrorPageIs(int status) {
        answer = (request, response) ->
                response.status(status).sendString(Mono.just(ERROR_PAGE)).then();

        assertFails(
                provider().ticket(),
                error -> assertThat(error.isSessionInvalid()).isTrue());
        assertThat(requests).hasSize(1);
    }

    @Test
    void patienceIsAskedForHoweverLongTheErrorPageIs() {
        answer = (request, response) -> response.status(429)
                .header("retry-after", "17")
                .sendString(Mono.just(ERROR_PAGE))
                .then();

        assertFails(provider().ticket(), error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(17)));
        assertThat(requests).hasSize(1);
    }

    @Test
    void aServerThatStumblesWithALongErrorPageIsAskedAgain() {
        answer = (request, response) ->
                response.status(502).sendString(Mono.just(ERROR_PAGE)).then();

        assertUnavailable(provider().ticket(), "was answered with 502");
        assertThat(requests).hasSize(4);
    }

    /** A server that says what is given, byte for byte, and closes the connection. */
    private Mono<String> ticketFrom(AtomicInteger asked, Function<Integer, String> said) {
        DisposableServer raw = TcpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((in, out) -> in.receive()
                        .asString()
                        .next()
                        .flatMap(request -> out.sendString(Mono.just(said.apply(asked.incrementAndGet())))
                                .then()))
                .bindNow();
        return HttpTicketProvider.at("http://127.0.0.1:" + raw.port())
                .firstDelay(Duration.ofMillis(1))
                .ticket()
                .doFinally(signal -> raw.dispose());
    }

    private static String whole(String body) {
        return "HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n",
                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
            })
    void whatComesBeforeTheAnswerIsNotTakenForIt(String before) {
        StepVerifier.create(ticketFrom(new AtomicInteger(), time -> before + whole("{\"ticket\":\"jwt\"}")))
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
        assertFails(
                ticketFrom(new AtomicInteger(), time -> before + "HTTP/1.1 401 Unauthorized\r\n\r\n"),
                error -> assertThat(error.isSessionInvalid()).isTrue());
    }

    @Test
    void switchingProtocolsIsAnAnswerAndNoneThatHelps() {
        assertUnavailable(
                ticketFrom(new AtomicInteger(), time -> "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
                "was answered with 101");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ticket\":",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"tic\r\n",
                "HTTP/1.1 200 OK\r\ncontent-le",
                "HTTP/1.1 100 Continue\r\n\r\n",
                ""
            })
    void aConnectionThatIsCutIsTriedAgain(String cut) {
        AtomicInteger asked = new AtomicInteger();
        StepVerifier.create(ticketFrom(asked, time -> time < 4 ? cut : whole("{\"ticket\":\"jwt\"}")))
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
        assertThat(asked).hasValue(4);

        assertUnavailable(ticketFrom(new AtomicInteger(), time -> cut), "can it be reached from here?");
    }

    @Test
    void anErrorThatIsCutIsThatErrorStill() {
        AtomicInteger asked = new AtomicInteger();
        String cut = " X\r\ncontent-length: 100\r\n\r\n<html>";
        assertUnavailable(ticketFrom(asked, time -> "HTTP/1.1 500" + cut), "was answered with 500");
        assertThat(asked).hasValue(4);
        assertFails(
                ticketFrom(new AtomicInteger(), time -> "HTTP/1.1 401" + cut),
                error -> assertThat(error.isSessionInvalid()).isTrue());
    }

    @Test
    void aBodyThatTheEndOfTheConnectionEndsIsWhole() {
        StepVerifier.create(ticketFrom(new AtomicInteger(), time -> "HTTP/1.1 200 OK\r\n\r\n{\"ticket\":\"jwt\"}"))
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aTicketThatIsTooLongIsNotSentToTheBroker() {
        answer = (request, response) -> json(response, "{\"ticket\":\"" + "x".repeat(20_000) + "\"}");

        assertUnavailable(provider().ticket(), "20000 characters");
    }

    @Test
    void redirectsAreNotFollowed() {
        answer = (request, response) -> response.sendRedirect("/elsewhere");

        assertUnavailable(provider().ticket(), "302");
        assertThat(requests).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "line\r\nbreak", "a;b", "ü"})
    void aSecretThatCannotBeInAHeaderIsNotSent(String secret) {
        assertUnavailable(provider().cookie("sid", Mono.just(secret)).ticket(), "cookie");
        assertUnavailable(provider().bearer(Mono.just(secret)).ticket(), "bearer token");
        assertThat(requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "line\r\nbreak", "a;b", "ü"})
    void aSecretThatCannotBeInAHeaderIsRefusedWhenItIsSet(String secret) {
        HttpTicketProvider provider = provider();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.cookie("sid", secret))
                .withMessage(
                        "The cookie cannot be sent: it is empty or has spaces, semicolons or characters beyond ASCII.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.bearer(secret))
                .withMessageStartingWith("The bearer token cannot be sent");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.cookie(secret, "value"))
                .withMessageStartingWith("The cookie's name cannot be sent");
    }

    @Test
    void withoutASecretNothingIsAsked() {
        assertUnavailable(provider().bearer(Mono.empty()).ticket(), "There is no authorization");
        assertThat(requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "ftp://host",
                "https://",
                "https://ada:s3cret@host",
                "https://ada:s3cret@ho st",
                "https://host?sid=s3cret",
                "https://host#a",
                "https://host:0",
                "http://host:99999"
            })
    void anAddressThatIsNoneIsRefusedAndNotShown(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpTicketProvider.at(url))
                .satisfies(error ->
                        assertThat(error).hasMessageNotContaining(SECRET).hasNoCause());
    }

    @Test
    void theSchemeOfAnAddressMayHaveCapitals() {
        HttpTicketProvider.at("HTTPS://app.example.org").tls(TlsOptions.system());
        StepVerifier.create(HttpTicketProvider.at("HTTP://127.0.0.1:" + server.port())
                        .ticket())
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void optionsThatWouldBeIgnoredAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> provider().tls(TlsOptions.system()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpTicketProvider.at("https://host")
                        .tls(TlsOptions.system().hostnameVerifier((host, session) -> true)));
    }
}
