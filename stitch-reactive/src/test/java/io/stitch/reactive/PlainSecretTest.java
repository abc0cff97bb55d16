package io.stitch.reactive;

import io.stitch.reactive.spi.TicketProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;

/** Secrets that everybody on the way could read. */
class PlainSecretTest {
    private static final String SECRET = "correct horse";

    record Project(String id) {}

    @ParameterizedTest
    @ValueSource(
            strings = {"mqtt://broker.example", "ws://broker.example/mqtt", "mqtt://192.168.1.5", "MQTT://[2001:db8::1]"
            })
    void aPasswordToAnotherMachineNeedsTls(String url) {
        RemoteOptions remote = RemoteOptions.to(url).login("ada", SECRET);

        assertThat(remote.plainSecret())
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains("password").doesNotContain(SECRET));
        assertThat(remote.allowPlain().plainSecret()).isEmpty();
        assertThat(RemoteOptions.to(url).plainSecret()).as("there is none").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mqtts://broker.example",
                "wss://broker.example/mqtt",
                "mqtt://localhost",
                "mqtt://127.0.0.1:1884",
                "ws://[::1]:80",
                "mqtt://board.localhost"
            })
    void aPasswordThatNobodyElseSeesIsSent(String url) {
        assertThat(RemoteOptions.to(url).login("ada", SECRET).plainSecret()).isEmpty();
    }

    @Test
    void aSessionOverHttpNeedsTlsToo() {
        RemoteOptions remote = RemoteOptions.to("mqtts://broker.example");
        HttpTicketProvider http = HttpTicketProvider.at("http://login.example");

        assertThat(remote.tickets(http.cookie("session", "secret")).plainSecret())
                .isPresent();
        assertThat(remote.tickets(http).plainSecret()).as("nothing to be read").isEmpty();
        assertThat(remote.tickets(HttpTicketProvider.at("https://login.example").bearer("secret"))
                        .plainSecret())
                .isEmpty();
        TicketProvider other = () -> Mono.just("ticket");
        assertThat(RemoteOptions.to("mqtt://broker.example").tickets(other).plainSecret())
                .hasValueSatisfying(problem -> assertThat(problem).contains("ticket"));
    }

    @Test
    void theStoreReportsItWhenItStarts() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        for (boolean allowed : new boolean[] {false, true}) {
            RemoteOptions remote = RemoteOptions.to("mqtt://broker.example").login("ada", SECRET);
            StitchStore store = StitchStore.builder()
                    .schema(StitchSchema.root(EntityType.of("project", Project.class))
                            .build())
                    .remote(allowed ? remote.allowPlain() : remote)
                    .scheduler(time)
                    .connector(ScriptedBroker.ofNewServer())
                    .build();

            StepVerifier.create(store.start())
                    .then(time::advanceTime)
                    .expectComplete()
                    .verify(Duration.ofSeconds(10));

            assertThat(store.diagnosticCounts().containsKey(DiagnosticCode.PLAIN_SECRET))
                    .isNotEqualTo(allowed);
            store.close().subscribe();
            time.advanceTime();
        }
        time.dispose();
    }
}
