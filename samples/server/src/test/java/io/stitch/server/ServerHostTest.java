package io.stitch.server;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class ServerHostTest {
    private final TestHost host = new TestHost();
    private final StitchServer server = StitchServer.start(StitchServerOptions.defaults(), host);

    @AfterEach
    void closeServer() {
        server.close();
    }

    @Test
    void aRequestIsExecutedAndAnsweredOnTheThreadThatBringsIt() {
        assertThat(host.ask("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}"))
                .isEqualTo(Broker.Verdict.TAKEN);
        assertThat(host.said)
                .extracting(Message::topic)
                .containsExactlyInAnyOrder("$DB/clients/c1/r1", "$DB/project/p1/task/events/created");
        assertThat(server.record("task", "t1")).isPresent();
    }

    @Test
    void theHostsTimeDecidesWhetherAHelloComesTooSoon() {
        server.put("project", "{\"id\":\"p1\"}");
        String hello = "{\"clientId\":\"c1\",\"manifest\":[]}";
        host.ask("$DB/project/p1/hello", hello);
        for (int i = 0; i < 3; i++) {
            host.ask("$DB/project/p1/hello", hello);
        }
        host.said.clear();
        host.ask("$DB/project/p1/hello", hello);
        assertThat(host.said).isEmpty();
        host.now += Duration.ofSeconds(5).toMillis();
        host.ask("$DB/project/p1/hello", hello);
        assertThat(host.said).hasSize(1);
    }

    @Test
    void aHelloInTheGroupOfAWriteThatCannotBeWrittenIsAnsweredWithoutTheWrite() {
        server.put("project", "{\"id\":\"p1\"}");
        host.ear = message -> {
            // What comes while the server is at work is one group.
            host.ear = other -> {};
            server.failCommits(true);
            host.said.clear();
            host.ask("$DB/project/p1/hello", "{\"manifest\":[],\"replay\":\"direct\",\"round\":\"r1\"}");
            host.ask("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        };
        host.ask("$DB/project/p1", "{}");
        assertThat(host.said)
                .extracting(Message::topic)
                .containsExactly(
                        "$DB/clients/c1/r1",
                        "$DB/clients/c1/replay/project/p1/events/created",
                        "$DB/clients/c1/hello/p1");
        assertThat(host.said.get(0).text()).contains("503");
        assertThat(host.said.get(1).text()).contains("\"_version\":1");
        assertThat(host.said.get(2).text()).contains("\"events\":1");
    }

    /** Every event and every answer before the hello is older than what it compares. */
    @Test
    void aWriteThatWasAnsweredBeforeAHelloIsInWhatTheHelloCompares() {
        server.put("project", "{\"id\":\"p1\"}");
        host.said.clear();
        host.ask("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        host.ask(
                "$DB/project/p1/hello",
                "{\"manifest\":[{\"id\":\"p1\",\"entity\":\"project\",\"version\":1}],\"replay\":\"direct\",\"round\":\"r1\"}");
        assertThat(host.said)
                .extracting(Message::topic)
                .containsExactly(
                        "$DB/project/p1/task/events/created",
                        "$DB/project/p1/events/updated",
                        "$DB/clients/c1/r1",
                        "$DB/clients/c1/replay/project/p1/events/updated",
                        "$DB/clients/c1/replay/project/p1/task/events/created",
                        "$DB/clients/c1/hello/p1");
    }

    @Test
    void aDelayedReplyIsTheHostsToBring() {
        server.delayReplies(100);
        host.ask("$DB/task/t1", "{}");
        assertThat(host.said).isEmpty();
        host.later.forEach(Runnable::run);
        assertThat(host.said).hasSize(1);
    }

    @Test
    void whoAsksInsideOfWhatTheServerCallsIsToldInsteadOfWaitingForEver() {
        List<Throwable> errors = new ArrayList<>();
        host.ear = message -> {
            try {
                server.records("task");
            } catch (IllegalStateException e) {
                errors.add(e);
            }
        };
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        assertThat(errors).isNotEmpty().allSatisfy(error -> assertThat(error).hasMessageContaining("this very thread"));
    }

    @Test
    void aClosedServerRefusesAndHasNoFileToKeepItsRecordsIn() {
        server.close();
        assertThat(host.ask("$DB/task/t1", "{}")).isEqualTo(Broker.Verdict.BUSY);
        assertThatIllegalStateException().isThrownBy(() -> server.records("task"));
        StitchServerOptions kept =
                StitchServerOptions.builder().data(Path.of("records")).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StitchServer.start(kept, host))
                .withMessageContaining("in memory only");
    }
}
