package io.stitch.samples.webflux;

import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.reactive.result.method.RequestMappingInfo;
import org.springframework.web.reactive.result.method.RequestMappingInfoHandlerMapping;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Requests that a page from elsewhere has somebody's browser send. They are written by hand: no client lets a test lie about its host. */
@ExtendWith(BoardExtension.class)
class StrangersTest {
    private static final String EVIL = "evil.example";

    private final RunningBoard board;
    private final StitchServer server;
    private final String project;

    StrangersTest(RunningBoard board, StitchServer server) {
        this.board = board;
        this.server = server;
        this.project = BoardExtension.newProject(server);
    }

    private static String sent(String url, String method, String path, String... headers) throws IOException {
        URI address = URI.create(url);
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            socket.setSoTimeout((int) RunningBoard.PATIENCE.toMillis());
            String body = "{}";
            socket.getOutputStream()
                    .write(
                            "%s %s HTTP/1.1\r\n%sConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                                    .formatted(
                                            method,
                                            path,
                                            Stream.of(headers)
                                                    .map(header -> header + "\r\n")
                                                    .reduce("", String::concat),
                                            body.length(),
                                            body)
                                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String answer(String method, String path, String... headers) throws IOException {
        return sent(board.url(), method, path, headers);
    }

    private String host() {
        return "Host: " + URI.create(board.url()).getAuthority();
    }

    private static void isProblem(String answer, int status, String code) {
        assertThat(answer)
                .startsWith("HTTP/1.1 " + status + " ")
                .containsIgnoringCase("content-type: application/problem+json")
                .contains("\"code\":\"" + code + "\"", "\"words\":\"");
    }

    /** All that there are, so that none that is added is forgotten. */
    private Stream<RequestMappingInfo> mappings() {
        return board.context().getBeansOfType(RequestMappingInfoHandlerMapping.class).values().stream()
                .flatMap(mapping -> mapping.getHandlerMethods().keySet().stream());
    }

    private record Request(String method, String path) {}

    private List<Request> requests() {
        return mappings()
                .flatMap(mapping -> methods(mapping).stream()
                        .flatMap(method -> mapping.getPatternsCondition().getPatterns().stream()
                                .map(pattern -> new Request(
                                        method.name(),
                                        pattern.getPatternString()
                                                .replaceAll("\\{projectId[^}]*\\}+", project)
                                                .replaceAll("\\{[^}]*\\}", "t1")
                                                .replace("**", "x")))))
                .toList();
    }

    private static Set<RequestMethod> methods(RequestMappingInfo mapping) {
        Set<RequestMethod> methods = mapping.getMethodsCondition().getMethods();
        return methods.isEmpty() ? Set.of(RequestMethod.GET, RequestMethod.POST) : methods;
    }

    @Test
    void noAddressIsServedUnderANameThatIsNotTheServices() throws IOException {
        List<Request> all = Stream.concat(
                        requests().stream(),
                        Stream.of("/", "/index.html", "/js/app.js", "/board.css", "/nowhere")
                                .map(path -> new Request("GET", path)))
                .toList();
        assertThat(all).hasSizeGreaterThan(15).extracting(Request::path).anyMatch(path -> path.contains("actuator"));
        for (Request request : all) {
            isProblem(answer(request.method(), request.path(), "Host: " + EVIL), 421, "UNKNOWN_HOST");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "127.0.0.2",
                "[::2]:80",
                "localhost.",
                "localhost,evil.example",
                "xn--localhost"
            })
    void aNameThatIsNotTheServicesIsRefused(String name) throws IOException {
        isProblem(answer("GET", "/api/projects", "Host: " + name), 421, "UNKNOWN_HOST");
    }

    @Test
    void whatIsNoNameAtAllIsRefusedWhoeverNoticesFirst() throws IOException {
        assertThat(answer("GET", "/api/projects", host(), "Host: " + EVIL)).matches("(?s)HTTP/1.1 4(21|00) .*");
        assertThat(answer("GET", "/api/projects")).matches("(?s)HTTP/1.1 4(21|00) .*");
        for (String name : List.of("evil.example:80@localhost", "localhost:8080:1", "")) {
            assertThat(answer("GET", "/api/projects", "Host: " + name)).matches("(?s)HTTP/1.1 4(21|00) .*");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"})
    void theServicesOwnNamesAreServedWithAnyPort(String name) throws IOException {
        assertThat(answer("GET", "/api/projects", "Host: " + name)).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void noWriteOfAForeignPageIsDone() throws IOException {
        List<Request> writes = requests().stream()
                .filter(request -> !request.method().equals("GET"))
                .toList();
        assertThat(writes).hasSizeGreaterThan(5);
        for (Request write : writes) {
            isProblem(answer(write.method(), write.path(), host(), "Origin: http://" + EVIL), 403, "FOREIGN_ORIGIN");
        }
        assertThat(server.record("project", project)).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "null||403",
                "http://evil.example||403",
                "http://localhost:1||403",
                "http://AUTHORITY.evil.example||403",
                "http://evil.example@AUTHORITY||403",
                "ftp://AUTHORITY||403",
                "AUTHORITY||403",
                "|cross-site|403",
                "|same-site|403",
                "http://AUTHORITY|cross-site|403",
                "||204",
                "|same-origin|204",
                "|none|204",
                "http://AUTHORITY|same-origin|204",
                "https://AUTHORITY||204"
            })
    void aWriteIsDoneForTheServicesOwnPageAndForWhatIsNoBrowser(
            @Nullable String origin, @Nullable String site, int status) throws IOException {
        String authority = URI.create(board.url()).getAuthority();
        assertThat(answer(
                        "DELETE",
                        "/api/projects/" + project,
                        Stream.of(
                                        host(),
                                        origin == null ? "" : "Origin: " + origin.replace("AUTHORITY", authority),
                                        site == null ? "" : "Sec-Fetch-Site: " + site)
                                .filter(header -> !header.isEmpty())
                                .toArray(String[]::new)))
                .startsWith("HTTP/1.1 " + status + " ");
        assertThat(server.record("project", project).isPresent()).isEqualTo(status == 403);
    }

    @Test
    void aForeignPageOpensNoStreamAndMayLinkToTheBoard() throws IOException {
        isProblem(
                answer(
                        "GET",
                        "/api/projects/" + project + "/events",
                        host(),
                        "Sec-Fetch-Site: cross-site",
                        "Sec-Fetch-Mode: cors"),
                403,
                "FOREIGN_ORIGIN");
        assertThat(answer("GET", "/", host(), "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void otherNamesAndOriginsAreServedWhereTheyAreSet() throws IOException {
        try (RunningBoard elsewhere = RunningBoard.on(
                server, "board.allowed-hosts=board.example.org", "board.allowed-origins=https://desk.example.org")) {
            assertThat(sent(elsewhere.url(), "GET", "/", "Host: Board.Example.org"))
                    .startsWith("HTTP/1.1 200 ");
            isProblem(sent(elsewhere.url(), "GET", "/", "Host: localhost"), 421, "UNKNOWN_HOST");
            assertThat(sent(
                            elsewhere.url(),
                            "DELETE",
                            "/api/projects/" + project,
                            "Host: board.example.org",
                            "Origin: https://desk.example.org",
                            "Sec-Fetch-Site: same-site"))
                    .startsWith("HTTP/1.1 204 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "board.allowed-hosts=http://board.example.org",
                "board.allowed-hosts=board.example.org:80",
                "board.allowed-hosts=",
                "board.allowed-origins=board.example.org",
                "board.allowed-origins=https://board.example.org/"
            })
    void aNameThatCannotBeOneEndsTheStart(String setting) {
        assertThatThrownBy(() -> RunningBoard.at("mqtt://127.0.0.1:1", setting))
                .rootCause()
                .hasMessageContaining(setting.contains("hosts") ? "allowedHosts" : "allowedOrigins");
    }

    @Test
    void thoseWhoRunTheServiceAskForItByItsNamesToo() throws IOException {
        try (RunningBoard run = RunningBoard.on(server, RunningBoard.withOperator())) {
            assertThat(sent(run.operatorUrl(), "GET", "/actuator/health", "Host: localhost"))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(sent(run.operatorUrl(), "GET", "/actuator/health", "Host: " + EVIL))
                    .startsWith("HTTP/1.1 421 ");
            assertThat(run.context().getEnvironment().getProperty("management.server.address"))
                    .isEqualTo("127.0.0.1");
        }
    }

    /** What is wrong with the broker, and where it is, is for those who run the service. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/actuator/health",
                "/actuator/health/stitch",
                "/actuator/metrics",
                "/actuator/info",
                "/actuator/env"
            })
    void whatIsForThoseWhoRunTheServiceIsNotPublic(String path) throws IOException {
        try (RunningBoard troubled = RunningBoard.at("mqtt://127.0.0.1:1")) {
            String answer = sent(
                    troubled.url(),
                    "GET",
                    path,
                    "Host: " + URI.create(troubled.url()).getAuthority());
            assertThat(answer).doesNotContain("mqtt", "127.0.0.1:1\"", "components", "details", "stitch.", "java");
            assertThat(answer).matches("(?s)HTTP/1.1 (200|404|503) .*");
        }
    }
}
