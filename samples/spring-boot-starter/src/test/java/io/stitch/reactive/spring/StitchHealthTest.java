package io.stitch.reactive.spring;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StoreFailedException;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerExtension;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(StitchServerExtension.class)
class StitchHealthTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(StitchAutoConfiguration.class, StitchHealthAutoConfiguration.class))
            .withUserConfiguration(Board.SchemaOnly.class)
            .withPropertyValues("stitch.url=mqtt://127.0.0.1:1", "stitch.auto-start=false");

    /** A store of which nothing is asked but how it is. */
    private static StitchStore store(ConnectionStatus status, Mono<Void> end) {
        return store(Flux.just(status), status, end);
    }

    private static StitchStore store(Flux<ConnectionStatus> connection, ConnectionStatus status, Mono<Void> end) {
        return (StitchStore) Proxy.newProxyInstance(
                StitchStore.class.getClassLoader(),
                new Class<?>[] {StitchStore.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "connectionStatus" -> status;
                    case "connection" -> connection;
                    case "pendingWrites" -> 3;
                    case "onClose" -> end;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    @ParameterizedTest
    @CsvSource({
        "ERROR,INVALID_LOGIN,Correct the login",
        "ERROR,NOT_VALIDATED,The ReconnectValidator bean did not accept",
        "DISCONNECTED,UNREACHABLE,Look at the broker",
        "DISCONNECTED,TICKET_UNAVAILABLE,Look at the ticket server",
        "DISCONNECTED,NOT_VALIDATED,Look at the ReconnectValidator bean"
    })
    void theAdviceIsAboutWhatIsWrong(ConnectionStatus.Status status, ConnectionException.Reason reason, String advice) {
        Throwable error = new ConnectionException(reason, -1, "it is wrong", null);
        Health health = new StitchHealthIndicator(
                        store(new ConnectionStatus(status, error, null), Mono.never()), List.of())
                .health()
                .blockOptional(PATIENCE)
                .orElseThrow();
        assertThat(health.getDetails().get("advice")).asString().startsWith(advice);
    }

    private static Health health(ConnectionStatus.Status status, @Nullable String error, String... secrets) {
        Throwable cause = error == null
                ? null
                : new ConnectionException(ConnectionException.Reason.INVALID_LOGIN, 0x86, error, null);
        StitchStore store = store(new ConnectionStatus(status, cause, null), Mono.never());
        return new StitchHealthIndicator(store, List.of(secrets))
                .health()
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"CONNECTED,UP", "CONNECTING,OUT_OF_SERVICE", "OFFLINE,OUT_OF_SERVICE", "DISCONNECTED,DOWN", "ERROR,DOWN"
    })
    void eachStateOfTheConnectionHasAStatus(ConnectionStatus.Status connection, String status) {
        Health health = health(connection, null);
        assertThat(health.getStatus()).isEqualTo(new Status(status));
        assertThat(health.getDetails())
                .containsEntry("connection", connection.name())
                .containsEntry("pendingWrites", 3)
                .containsKey("advice")
                .doesNotContainKey("error");
    }

    @Test
    void whileItConnectsAgainTheErrorIsThatOfTheAttemptBefore() {
        ConnectionStatus lost = new ConnectionStatus(
                ConnectionStatus.Status.DISCONNECTED,
                new ConnectionException(ConnectionException.Reason.UNREACHABLE, -1, "nobody is there", null),
                null);
        ConnectionStatus connecting = new ConnectionStatus(ConnectionStatus.Status.CONNECTING, null, null);
        Health health = new StitchHealthIndicator(
                        store(Flux.just(lost, connecting), connecting, Mono.never()), List.of())
                .health()
                .blockOptional(PATIENCE)
                .orElseThrow();
        assertThat(health.getDetails())
                .containsEntry("connection", "CONNECTING")
                .containsEntry("error", "nobody is there");
    }

    @Test
    void theErrorIsASentenceOfBoundedLengthOnOneLine() {
        String hostile = "not \u001B[31mauthorized\r\n2026 INFO all is well \u202Egnorw " + "x".repeat(1_000);
        Object shown =
                health(ConnectionStatus.Status.ERROR, hostile).getDetails().get("error");
        assertThat(shown)
                .asString()
                .startsWith("not \uFFFD[31mauthorized  2026 INFO all is well \uFFFDgnorw")
                .hasSizeLessThanOrEqualTo(300)
                .endsWith("…");
        assertThat(String.valueOf(shown).codePoints().filter(Character::isISOControl))
                .isEmpty();
        assertThat(String.valueOf(shown)).doesNotContain("\u202E");
    }

    @Test
    void aTextIsNeverCutInTheMiddleOfALetter() {
        String shown = Texts.shown("x".repeat(298) + "😀😀😀", List.of(), "none");
        assertThat(shown).isEqualTo("x".repeat(298) + "…");
        assertThat(Texts.shown(null, List.of(), "none")).isEqualTo("none");
    }

    @Test
    void whatABrokerSaysOfASecretIsNotShown() {
        Health health = health(ConnectionStatus.Status.ERROR, "the password 'hunter2' of ada is wrong", "hunter2");
        assertThat(health.getDetails()).containsEntry("error", "INVALID_LOGIN");
    }

    @Test
    void aStoreThatEndedByItselfIsDown() {
        StitchStore failed = store(
                new ConnectionStatus(ConnectionStatus.Status.OFFLINE, null, null),
                Mono.error(new StoreFailedException("memory ran out", new OutOfMemoryError())));
        Health health = new StitchHealthIndicator(failed, List.of())
                .health()
                .blockOptional(PATIENCE)
                .orElseThrow();
        assertThat(health.getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.getDetails()).containsEntry("error", "memory ran out");
    }

    @Test
    void theHealthOfAStoreIsThatOfItsConnection(StitchServer server) {
        runner.withPropertyValues("stitch.url=" + server.url(), "stitch.auto-start=true")
                .run(context -> {
                    context.getBean(StitchStore.class).connect().block(PATIENCE);
                    assertThat(context.getBean(ReactiveHealthIndicator.class)
                                    .health()
                                    .blockOptional(PATIENCE)
                                    .orElseThrow()
                                    .getStatus())
                            .isEqualTo(Status.UP);
                });
    }

    @Test
    void everySecretOfThePropertiesIsOneOfTheHealths() {
        runner.withPropertyValues(
                        "stitch.login.username=ada",
                        "stitch.login.password=secret-1",
                        "stitch.persistence.file=unused",
                        "stitch.persistence.passphrase=secret-2")
                .run(context -> {
                    StitchProperties properties = context.getBean(StitchProperties.class);
                    assertThat(properties.secrets()).containsExactly("secret-1", "secret-2");
                    assertThat(properties.toString()).doesNotContain("secret-");
                });
        runner.withPropertyValues("stitch.tickets.url=https://example.org", "stitch.tickets.bearer=secret-3")
                .run(context -> {
                    StitchProperties properties = context.getBean(StitchProperties.class);
                    assertThat(properties.secrets()).containsExactly("secret-3");
                    assertThat(properties.toString()).doesNotContain("secret-");
                });
        runner.withPropertyValues(
                        "stitch.tickets.url=https://example.org",
                        "stitch.tickets.cookie.name=session",
                        "stitch.tickets.cookie.value=secret-4")
                .run(context -> {
                    StitchProperties properties = context.getBean(StitchProperties.class);
                    assertThat(properties.secrets()).containsExactly("secret-4");
                    assertThat(properties.toString()).doesNotContain("secret-");
                });
        runner.withPropertyValues(
                        "stitch.url=ws://127.0.0.1:1",
                        "stitch.web-socket-headers.X-Token=secret-5",
                        "stitch.proxy.host=proxy.example.org",
                        "stitch.proxy.port=3128",
                        "stitch.proxy.username=ada",
                        "stitch.proxy.password=secret-6")
                .run(context -> {
                    StitchProperties properties = context.getBean(StitchProperties.class);
                    assertThat(properties.secrets()).containsExactly("secret-5", "secret-6");
                    assertThat(properties.toString()).doesNotContain("secret-");
                });
    }

    @Test
    void itIsThereUnlessItIsTurnedOffOrReplaced() {
        runner.run(context -> assertThat(context).hasBean("stitchHealthIndicator"));
        runner.withPropertyValues("management.health.stitch.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(ReactiveHealthIndicator.class));
        ReactiveHealthIndicator own = () -> Mono.just(Health.unknown().build());
        runner.withBean("stitchHealthIndicator", ReactiveHealthIndicator.class, () -> own)
                .run(context ->
                        assertThat(context).getBean("stitchHealthIndicator").isSameAs(own));
        runner.withClassLoader(new FilteredClassLoader(ReactiveHealthIndicator.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("stitchHealthIndicator"));
    }
}
