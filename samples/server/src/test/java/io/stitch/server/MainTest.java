package io.stitch.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) throws InterruptedException {
        return Main.run(
                List.of(args),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @Test
    void helpListsEveryArgument() throws InterruptedException {
        assertThat(run("--port", "x", "--help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(
                        "--port",
                        "--ws-port",
                        "--data",
                        "--legacy",
                        "--without",
                        "--plain",
                        "--users",
                        "--root",
                        "--scope-field",
                        "--owner");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port|--port needs a number",
                "--port x|--port needs a number from 0 to 65535, not x",
                "--port 70000|between 0 and 65535, not 70000",
                "--ws-port|--ws-port needs a number",
                "--ws-port x|--ws-port needs a number from 0 to 65535, not x",
                "--ws-port 70000|webSocketPort must be between 0 and 65535, not 70000",
                "--data|--data needs a file",
                "--data --legacy|--data needs a file",
                "--without|--without needs features",
                "--without nonsense|--without needs some of direct-replay,request-ids,answers",
                "--without digest,|--without needs some of",
                "--users|--users needs name:password",
                "--users geheim|entry 1 is not that",
                "--users alice:a,geheim|entry 2 is not that",
                "--users alice:|entry 1 is not that",
                "--users alice:geheim,alice:geheim|names alice twice",
                "--users mqdb-internal-x:geheim|mqdb-internal-",
                "--users @no-such-file|cannot read the file no-such-file",
                "--users=alice:geheim|no argument --users=",
                "--users alice:a bob:geheim|a word too many",
                "--verbose|no argument --verbose",
                "--root a/b|root must be an entity's name, not a/b"
            })
    void aWrongArgumentIsNamedWithWhatIsRightAndWithoutPasswords(String line, String message)
            throws InterruptedException {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains(message)
                .contains("--help")
                .doesNotContain("geheim");
    }

    @Test
    void aTakenPortEndsWithOneAndNamesThePort() throws InterruptedException {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            assertThat(run("--port", String.valueOf(server.port()))).isEqualTo(1);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("port " + server.port());
        }
    }

    @Test
    void theArgumentsBecomeOptions(@TempDir Path folder) throws IOException {
        Path users = Files.writeString(folder.resolve("users"), "# who may in\nalice:a:b, c\n\nbob:b\n");
        StitchServerOptions options = Arguments.parse(List.of(
                "--port",
                "0",
                "--ws-port",
                "8080",
                "--data",
                "db",
                "--legacy",
                "--users",
                "@" + users,
                "--root",
                "board",
                "--scope-field",
                "boardId",
                "--owner",
                "ownerId"));
        assertThat(options.port()).isZero();
        assertThat(options.webSocketPort()).hasValue(8080);
        assertThat(options.data()).isEqualTo(Path.of("db"));
        assertThat(options.legacy()).isTrue();
        assertThat(options.users()).isEqualTo(Map.of("alice", "a:b, c", "bob", "b"));
        assertThat(options.root()).isEqualTo("board");
        assertThat(options.scopeField()).isEqualTo("boardId");
        assertThat(options.owners()).isEqualTo(Map.of("board", "ownerId"));
        assertThat(Arguments.parse(List.of("--without", "digest,event-count")).features())
                .containsExactlyInAnyOrder(
                        Feature.DIRECT_REPLAY, Feature.REQUEST_IDS, Feature.ANSWERS, Feature.EXPECTED_VERSION);
        assertThat(Arguments.parse(List.of("--plain")).features()).isEmpty();
        assertThat(Arguments.parse(List.of()).replyRights()).isTrue();
        assertThat(Arguments.parse(List.of("--no-reply-rights")).replyRights()).isFalse();
        assertThat(Arguments.parse(List.of("--plain")).matchById()).isTrue();
        assertThat(Arguments.parse(List.of()).features()).containsExactlyInAnyOrder(Feature.values());
        assertThat(Arguments.parse(List.of()).port()).isEqualTo(1883);
        assertThat(Arguments.parse(List.of()).webSocketPort()).isEmpty();
        assertThat(Arguments.parse(List.of("--users", "alice:secret,bob:hidden"))
                        .users())
                .isEqualTo(Map.of("alice", "secret", "bob", "hidden"));
    }

    @Test
    void itRunsUntilATermSignalAndKeepsItsRecords(@TempDir Path folder) throws Exception {
        Path data = folder.resolve("db");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path")));
        if (Runtime.version().feature() >= 24) {
            // From then on Java warns of the broker's libraries, which load native code and use Unsafe.
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of(
                Main.class.getName(),
                "--port",
                "0",
                "--ws-port",
                "0",
                "--data",
                data.toString(),
                "--users",
                "alice:geheim"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String line = output.readLine();
            assertThat(line)
                    .matches("Listening on mqtt://127\\.0\\.0\\.1:[0-9]+ and ws://127\\.0\\.0\\.1:[0-9]+/mqtt\\.");
            int port = Integer.parseInt(line.replaceAll(" and .*", "").replaceAll(".*:", ""));
            try (var client = new TestClient(port, "c1", "alice", "geheim", null)) {
                assertThat(client.code("$DB/note/create", "{\"id\":\"n1\"}")).isZero();
            }
            // By its handle, because Process.destroy would close the output too.
            process.toHandle().destroy();
            assertThat(output.lines()).isEmpty();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        try (var server =
                StitchServer.start(StitchServerOptions.builder().data(data).build())) {
            assertThat(server.records("note")).hasSize(1);
        }
    }
}
