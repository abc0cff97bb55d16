package io.stitch.samples.interop;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.PROJECT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Who is let in by the real server, how, and to what. */
@ExtendWith(RealPrograms.class)
class LoginTest {
    private static final String[] USERS = {"--user=alice:a", "--user=bob:b"};

    @TempDir
    Path folder;

    @Test
    void aPasswordLetsInAndAWrongOneDoesNot() {
        try (RealServer server = RealServer.start(folder, USERS)) {
            StitchStore alice = Board.connected(login(server, "alice", "a"));
            Board.makeProject(alice, SCOPE);
            StitchStore wrong = Board.store(login(server, "alice", "b"));
            StitchException invalid =
                    wrong.start().then(wrong.sessionInvalid().next()).block(LIMIT);
            assertThat(invalid)
                    .isInstanceOfSatisfying(
                            ConnectionException.class,
                            refusal ->
                                    assertThat(refusal.reason()).isEqualTo(ConnectionException.Reason.INVALID_LOGIN));
            Board.close(alice, wrong);
        }
    }

    @Test
    void overAWebSocketTheSameIsSeen() {
        try (RealServer server = RealServer.start(folder, USERS[0], USERS[1], "--ws")) {
            StitchStore alice = Board.connected(login(server, "alice", "a"));
            StitchStore bob =
                    Board.connected(RemoteOptions.to(server.webSocketUrl()).login("bob", "b"));
            Board.makeProject(alice, SCOPE);
            Scope bobs = Board.open(bob, SCOPE);
            alice.openScope(SCOPE).create(TASK, Board.task("t1")).block(LIMIT);
            Board.awaitTitle(bobs, "t1", "Task t1");
            bobs.update(TASK, "t1", Patch.of("title", "By WebSocket")).block(LIMIT);
            Board.awaitTitle(Board.open(alice, SCOPE), "t1", "By WebSocket");
            Board.close(alice, bob);
        }
    }

    /**
     * The root has an owner field and its tasks are derived from it. The server checks reads and writes by it; a list of the tasks it does not
     * filter, so that whoever knows a root's id can list what is in it, and creates of roots it does not check at all.
     */
    @Test
    void whatIsSomebodyElsesIsRefused() {
        try (RealServer server = RealServer.start(
                folder,
                USERS[0],
                USERS[1],
                Board.INDEX,
                "--owner=project=ownerId",
                "--derived=task=projectId>project")) {
            try (Wire wire = Wire.connect(server.port(), "wire-1", "alice", "a")) {
                wire.request("project/create", "{\"id\":\"" + SCOPE + "\",\"name\":\"Hers\",\"ownerId\":\"alice\"}");
            }
            StitchStore alice = Board.connected(login(server, "alice", "a"));
            Scope hers = Board.open(alice, SCOPE);
            hers.create(TASK, Board.task("t1")).block(LIMIT);
            assertThat(alice.listRoots(PROJECT).collectList().block(LIMIT)).hasSize(1);

            StitchStore bob = Board.connected(login(server, "bob", "b"));
            Scope his = bob.openScope(SCOPE);
            assertThat(bob.scopeErrors().blockFirst(LIMIT).code()).isEqualTo(403);
            assertThat(his.snapshot(TASK)).isEmpty();
            assertThat(bob.listRoots(PROJECT).collectList().block(LIMIT)).isEmpty();
            assertForbidden(() -> bob.read(TASK, "t1").block(LIMIT));
            assertForbidden(() -> his.create(TASK, Board.task("t2")).block(LIMIT));
            assertThat(hers.snapshot(TASK)).containsExactly(Board.task("t1"));
            Board.close(alice, bob);
        }
    }

    @Test
    void aTicketLetsInAndIsFetchedAnewForEachConnection() throws IOException, InterruptedException {
        try (RealServer server = RealServer.start(folder, "--tickets=" + "0123456789".repeat(4), "--http", "--ws")) {
            HttpResponse<String> registered = register(server);
            String session = registered.headers().firstValue("set-cookie").orElseThrow();
            String value = session.substring("mqdb_session=".length(), session.indexOf(';'));
            HttpTicketProvider tickets = HttpTicketProvider.at(server.httpUrl()).cookie("mqdb_session", value);

            StitchStore ada =
                    Board.connected(RemoteOptions.to(server.webSocketUrl()).tickets(tickets));
            Board.makeProject(ada, SCOPE);
            assertThat(registered.body())
                    .contains("\"canonical_id\":\""
                            + ada.authenticatedUser()
                                    .blockFirst(LIMIT)
                                    .orElseThrow()
                                    .id() + "\"");
            ada.reconnect().block(LIMIT);
            Board.awaitConnected(ada);
            Scope scope = Board.open(ada, SCOPE);
            scope.create(TASK, Board.task("t1")).block(LIMIT);

            // Sessions are in the server's memory: after a restart nobody is logged in, and the application is told so.
            server.kill();
            server.startAgain();
            assertThat(ada.sessionInvalid().blockFirst(LIMIT)).isNotNull();
            Board.close(ada);
        }
    }

    private static HttpResponse<String> register(RealServer server) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.httpUrl() + "/auth/register"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"email\":\"ada@example.com\",\"password\":\"A-longer-Secret-1\",\"name\":\"Ada\"}"))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static RemoteOptions login(RealServer server, String user, String password) {
        return RemoteOptions.to(server.url()).login(user, password);
    }

    private static void assertForbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RequestRefusedException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(RequestRefusedException.Reason.FORBIDDEN));
    }
}
