package io.stitch.reactive.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.LastWill;
import io.stitch.reactive.Patch;
import io.stitch.reactive.ReconnectValidator;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.MergeRecords;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.SyncMode;
import io.stitch.reactive.spi.TicketProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.support.SpringFactoriesLoader;
import reactor.core.publisher.Mono;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Each property, each condition, and what is said where something cannot work. */
class StitchAutoConfigurationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String NOBODY = "mqtt://127.0.0.1:1";

    private final ApplicationContextRunner bare = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(StitchAutoConfiguration.class, SslAutoConfiguration.class));
    private final ApplicationContextRunner runner = bare.withUserConfiguration(Board.SchemaOnly.class)
            .withPropertyValues("stitch.url=" + NOBODY, "stitch.auto-start=false");

    private static ConnectRequest request(AssertableApplicationContext context) {
        return context.getBean(RemoteOptions.class).request("test");
    }

    private static FailureAnalysis analysis(AssertableApplicationContext context) {
        assertThat(context).hasFailed();
        FailureAnalysis analysis = new StitchFailureAnalyzer().analyze(context.getStartupFailure());
        assertThat(analysis).isNotNull();
        return analysis;
    }

    private void fails(String description, String action, String... properties) {
        runner.withPropertyValues(properties).run(context -> {
            FailureAnalysis analysis = analysis(context);
            assertThat(analysis.getDescription()).contains(description);
            assertThat(analysis.getAction()).contains(action);
        });
    }

    @Test
    void withoutABrokerThereIsNoStore() {
        bare.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(StitchStore.class));
        bare.withPropertyValues("stitch.url=")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(StitchStore.class));
    }

    @Test
    void withABrokerAndASchemaThereIsAStore() {
        runner.run(context -> {
            assertThat(context)
                    .hasSingleBean(StitchStore.class)
                    .hasSingleBean(ServerSync.class)
                    .hasSingleBean(StitchStoreLifecycle.class)
                    .doesNotHaveBean(Persistence.class)
                    .doesNotHaveBean(TicketProvider.class)
                    .doesNotHaveBean(StoreObserver.class);
            assertThat(request(context).address()).isEqualTo("127.0.0.1:1");
        });
    }

    @Test
    void aBrokerWithoutASchemaSaysHowToDeclareOne() {
        bare.withPropertyValues("stitch.url=" + NOBODY).run(context -> {
            FailureAnalysis analysis = analysis(context);
            assertThat(analysis.getDescription()).contains("there is no StitchSchema bean");
            assertThat(analysis.getAction()).contains("@Bean StitchSchema", "leave stitch.url out");
        });
    }

    @Test
    void theFailureAnalyzerIsKnownToSpringBoot() {
        assertThat(SpringFactoriesLoader.forDefaultResourceLocation()
                        // Some of Spring Boot's want an environment, which this is not about.
                        .load(FailureAnalyzer.class, (type, name, failure) -> {}))
                .hasAtLeastOneElementOfType(StitchFailureAnalyzer.class);
        assertThat(new StitchFailureAnalyzer().analyze(new IllegalStateException("another")))
                .isNull();
    }

    @Test
    void theConnectionHasItsTimes() {
        runner.withPropertyValues("stitch.connect-timeout=3", "stitch.keep-alive=2m")
                .run(context -> {
                    assertThat(request(context).timeout()).hasSeconds(3);
                    assertThat(request(context).keepAlive()).hasMinutes(2);
                });
        runner.run(context -> {
            ConnectRequest library = RemoteOptions.to(NOBODY).request("test");
            assertThat(request(context).timeout()).isEqualTo(library.timeout());
            assertThat(request(context).keepAlive()).isEqualTo(library.keepAlive());
        });
        fails("connectTimeout: must be longer than zero", "stitch.connect-timeout", "stitch.connect-timeout=0");
        fails("connectTimeout: must be at most", "stitch.connect-timeout", "stitch.connect-timeout=400000d");
        fails("keepAlive: must be at most", "stitch.keep-alive", "stitch.keep-alive=400000d");
    }

    @Test
    void aLoginIsAUserAndAPassword() {
        runner.withPropertyValues("stitch.login.username=ada", "stitch.login.password=secret")
                .run(context -> assertThat(request(context).login()).isEqualTo(new Credentials("ada", "secret")));
        fails("only one is set", "Set both, or neither", "stitch.login.username=ada");
        fails("only one is set", "Set both, or neither", "stitch.login.password=secret");
        fails(
                "below stitch.login cannot work: remote: login: The user name cannot be sent: MQTT has no NUL",
                "Correct stitch.login.username",
                "stitch.login.username=a\0b",
                "stitch.login.password=secret");
        fails(
                "The password cannot be sent: it has 70000 bytes",
                "stitch.login.password",
                "stitch.login.username=ada",
                "stitch.login.password=" + "x".repeat(70_000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http://example.org|its scheme is 'http'",
                "mqtt://ada:secret@example.org|must not carry a user or password",
                "mqtt://|stitch.url cannot work",
                "mqtt://example.org/path|only ws and wss have a path"
            })
    void anAddressThatIsNoneIsRefusedAndItsPasswordIsNotShown(String url, String description) {
        runner.withPropertyValues("stitch.url=" + url).run(context -> {
            FailureAnalysis analysis = analysis(context);
            assertThat(analysis.getDescription())
                    .contains("stitch.url", description)
                    .doesNotContain("secret");
            assertThat(analysis.getAction()).contains("stitch.login.username");
        });
    }

    @Test
    void thereAreSeveralAddresses() {
        runner.withPropertyValues("stitch.more-urls=mqtt://b.example.org,wss://c.example.org/mqtt")
                .run(context -> assertThat(context.getBean(RemoteOptions.class).requests("test"))
                        .extracting(each -> each.uri().toString())
                        .containsExactly(NOBODY, "mqtt://b.example.org", "wss://c.example.org/mqtt"));
        runner.withPropertyValues("stitch.more-urls=")
                .run(context -> assertThat(context.getBean(RemoteOptions.class).requests("test"))
                        .hasSize(1));
        fails(
                "stitch.more-urls cannot work: remote: 'http://c.example.org' is not a broker's address",
                "addresses as stitch.url has one",
                "stitch.more-urls=mqtt://b.example.org,http://c.example.org");
    }

    @Test
    void aProxyHasAHostAPortAndALogin() {
        runner.withPropertyValues("stitch.proxy.host=proxy.example.org", "stitch.proxy.port=3128")
                .run(context ->
                        assertThat(request(context).proxy()).hasToString("ProxyOptions[HTTP proxy.example.org:3128]"));
        runner.withPropertyValues(
                        "stitch.proxy.type=socks5",
                        "stitch.proxy.host=proxy.example.org",
                        "stitch.proxy.port=1080",
                        "stitch.proxy.username=office",
                        "stitch.proxy.password=secret")
                .run(context -> {
                    assertThat(request(context).proxy())
                            .hasToString("ProxyOptions[SOCKS5 proxy.example.org:1080, login=***]");
                    assertThat(Objects.requireNonNull(request(context).proxy()).password())
                            .contains("secret");
                });
        runner.withPropertyValues("stitch.proxy.host=", "stitch.proxy.port=")
                .run(context -> assertThat(request(context).proxy()).isNull());
        fails("no stitch.proxy.host", "Set it to the proxy's host", "stitch.proxy.port=3128");
        fails("no stitch.proxy.port", "Set the proxy's port", "stitch.proxy.host=proxy.example.org");
        fails(
                "Of stitch.proxy.username and stitch.proxy.password only one is set",
                "Set both",
                "stitch.proxy.host=proxy.example.org",
                "stitch.proxy.port=3128",
                "stitch.proxy.username=office");
        fails(
                "below stitch.proxy cannot work: The proxy's port is 1 to 65535",
                "Correct stitch.proxy.host",
                "stitch.proxy.host=proxy.example.org",
                "stitch.proxy.port=99999");
    }

    @Test
    void theTicketServerHasAProxyOfItsOwn() {
        runner.withPropertyValues(
                        "stitch.tickets.url=https://app.example.org",
                        "stitch.tickets.proxy.host=proxy.example.org",
                        "stitch.tickets.proxy.port=3128")
                .run(context -> assertThat(context.getBean(TicketProvider.class))
                        .asString()
                        .contains("ProxyOptions[HTTP proxy.example.org:3128]"));
        fails(
                "no stitch.tickets.url",
                "address of the ticket server",
                "stitch.tickets.proxy.host=proxy.example.org",
                "stitch.tickets.proxy.port=3128");
    }

    @Test
    void webSocketsHaveHeaders() {
        runner.withPropertyValues("stitch.url=ws://broker.example.org/mqtt", "stitch.web-socket-headers.X-Token=secret")
                .run(context -> assertThat(context.getBean(RemoteOptions.class)
                                .webSocketHeaders()
                                .orElseThrow()
                                .block(PATIENCE))
                        .containsExactly(Map.entry("X-Token", "secret")));
        fails("webSocketHeaders: set, but", "stitch.web-socket-headers", "stitch.web-socket-headers.X-Token=secret");
        fails(
                "'Host' is a header of the handshake itself",
                "Write a header's name after it",
                "stitch.url=ws://broker.example.org/mqtt",
                "stitch.web-socket-headers.Host=other");
    }

    @Test
    void ticketsComeFromAServer() {
        runner.withPropertyValues(
                        "stitch.tickets.url=https://app.example.org/",
                        "stitch.tickets.bearer=token",
                        "stitch.tickets.user-id-field=sub")
                .run(context -> {
                    assertThat(context).hasSingleBean(HttpTicketProvider.class);
                    assertThat(context.getBean(HttpTicketProvider.class))
                            .hasToString("HttpTicketProvider[https://app.example.org, authorization=***]");
                    assertThat(context.getBean(RemoteOptions.class).tickets())
                            .containsSame(context.getBean(TicketProvider.class));
                });
        runner.withPropertyValues(
                        "stitch.tickets.url=http://localhost:9000",
                        "stitch.tickets.cookie.name=session",
                        "stitch.tickets.cookie.value=s3cr3t")
                .run(context -> assertThat(context.getBean(TicketProvider.class))
                        .hasToString("HttpTicketProvider[http://localhost:9000, cookie=***]"));
    }

    @Test
    void ticketsThatCannotComeSayWhy() {
        fails("stitch.tickets.url cannot work", "https://app.example.org", "stitch.tickets.url=ftp://example.org");
        fails(
                "stitch.tickets.bearer and stitch.tickets.cookie exclude each other",
                "Leave one of them out",
                "stitch.tickets.url=https://example.org",
                "stitch.tickets.bearer=token",
                "stitch.tickets.cookie.name=session");
        fails(
                "stitch.tickets.cookie.name and stitch.tickets.cookie.value only one is set",
                "Set both",
                "stitch.tickets.url=https://example.org",
                "stitch.tickets.cookie.name=session");
        fails(
                "stitch.tickets.cookie.name cannot work",
                "name of the session cookie",
                "stitch.tickets.url=https://example.org",
                "stitch.tickets.cookie.name=a b",
                "stitch.tickets.cookie.value=c");
        fails(
                "stitch.tickets.cookie.value cannot work: The cookie cannot be sent",
                "value of the session cookie",
                "stitch.tickets.url=https://example.org",
                "stitch.tickets.cookie.name=session",
                "stitch.tickets.cookie.value=v v");
        fails(
                "stitch.tickets.bearer cannot work: The bearer token cannot be sent",
                "Set it to the token",
                "stitch.tickets.url=https://example.org",
                "stitch.tickets.bearer=a b");
        fails(
                "stitch.tickets.url cannot work: The ticket server's address has the port 99999",
                "https://app.example.org",
                "stitch.tickets.url=http://127.0.0.1:99999");
        fails(
                "they exclude each other",
                "Leave one of them out",
                "stitch.tickets.url=https://example.org",
                "stitch.login.username=ada",
                "stitch.login.password=secret");
        fails("no stitch.tickets.url", "address of the ticket server", "stitch.tickets.bearer=token");
        fails("no stitch.tickets.url", "address of the ticket server", "stitch.tickets.cookie.name=session");
        fails("no stitch.tickets.url", "address of the ticket server", "stitch.tickets.tls.bundle=app");
    }

    @Test
    void filesSayWhomToTrustAndWhatToShow(@TempDir Path folder)
            throws IOException, GeneralSecurityException, InterruptedException {
        Keys keys = Keys.in(folder);
        String[] files = {
            "stitch.url=mqtts://broker.example.org",
            "stitch.tls.trust=" + keys.certificate(),
            "stitch.tls.certificate=" + keys.certificate(),
            "stitch.tls.key=" + keys.key()
        };
        runner.withPropertyValues(files).run(context -> {
            TlsOptions tls = request(context).tls();
            assertThat(tls).hasToString("TlsOptions[trust=custom, clientCertificate=true, hostnameVerifier=default]");
        });
        runner.withPropertyValues(files[0], files[1])
                .run(context -> assertThat(request(context).tls())
                        .hasToString("TlsOptions[trust=custom, clientCertificate=false, hostnameVerifier=default]"));
        runner.withPropertyValues(files[0])
                .run(context -> assertThat(request(context).tls()).isNull());
        fails("Of stitch.tls.certificate and stitch.tls.key only one is set", "Set both", files[0], files[2]);
        fails("is not encrypted", "stitch.url", "stitch.tls.trust=" + keys.certificate());
        fails("files below stitch.tls cannot be used", "PEM file", files[0], "stitch.tls.trust=" + keys.key());
        fails(
                "files below stitch.tls cannot be used",
                "PEM file",
                files[0],
                "stitch.tls.trust=" + folder.resolve("nowhere"));
        fails(
                "stitch.tls.bundle excludes stitch.tls.trust",
                "Leave the files out",
                files[0],
                files[1],
                "stitch.tls.bundle=broker");
    }

    @Test
    void aBundleSaysWhomToTrustAndWhatToShow(@TempDir Path folder)
            throws IOException, GeneralSecurityException, InterruptedException {
        Keys keys = Keys.in(folder);
        String[] bundle = {
            "stitch.url=mqtts://broker.example.org",
            "stitch.tls.bundle=broker",
            "spring.ssl.bundle.pem.broker.truststore.certificate="
                    + keys.certificate().toUri(),
            "spring.ssl.bundle.pem.broker.keystore.certificate="
                    + keys.certificate().toUri(),
            "spring.ssl.bundle.pem.broker.keystore.private-key=" + keys.key().toUri()
        };
        runner.withPropertyValues(bundle)
                .run(context -> assertThat(request(context).tls())
                        .hasToString("TlsOptions[trust=custom, clientCertificate=true, hostnameVerifier=default]"));
        runner.withPropertyValues(bundle[0], bundle[1], bundle[3], bundle[4])
                .run(context -> assertThat(request(context).tls())
                        .hasToString("TlsOptions[trust=system, clientCertificate=true, hostnameVerifier=default]"));
        fails("names the SSL bundle 'broker', and there is none", "spring.ssl.bundle.pem.broker", bundle[0], bundle[1]);
        fails(
                "The SSL bundle 'broker' of stitch.tls.bundle cannot be used",
                "Correct the properties of the bundle",
                bundle[0],
                bundle[1],
                "spring.ssl.bundle.pem.broker.truststore.certificate=file:" + folder.resolve("nowhere"));
    }

    @Test
    void theTicketServerHasATlsOfItsOwn(@TempDir Path folder)
            throws IOException, GeneralSecurityException, InterruptedException {
        Keys keys = Keys.in(folder);
        runner.withPropertyValues(
                        "stitch.tickets.url=https://app.example.org", "stitch.tickets.tls.trust=" + keys.certificate())
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(TicketProvider.class));
        fails(
                "stitch.tickets.tls cannot work",
                "begins with https",
                "stitch.tickets.url=http://app.example.org",
                "stitch.tickets.tls.trust=" + keys.certificate());
    }

    @Test
    void serverModeHasTheLibrarysDefaults() {
        runner.run(context -> assertThat(context.getBean(ServerSync.class))
                .usingRecursiveComparison()
                .isEqualTo(ServerSync.create()));
    }

    @Test
    void serverModeHasEachSetting() {
        bare.withBean(
                        StitchSchema.class,
                        () -> StitchSchema.root(Board.PROJECT)
                                .topLevel(EntityType.json("user"))
                                .build())
                .withPropertyValues(
                        "stitch.url=" + NOBODY,
                        "stitch.auto-start=false",
                        "stitch.mode=server",
                        "stitch.server.topic-prefix=app/db",
                        "stitch.server.response-prefix=app/clients",
                        "stitch.server.trusted-sender=server-",
                        "stitch.server.root-version-field=v",
                        "stitch.server.root-updated-at-field=at",
                        "stitch.server.top-level-events.user=events/7/#",
                        "stitch.server.request-timeout=11",
                        "stitch.server.requests-in-flight=12",
                        "stitch.server.requests-in-flight-old-server=13",
                        "stitch.server.compare-interval=14m",
                        "stitch.server.hello-spacing=15s",
                        "stitch.server.quiet-period=16s",
                        "stitch.server.echo-timeout=17s",
                        "stitch.server.max-message-size=1MB")
                .run(context -> assertThat(context.getBean(ServerSync.class))
                        .usingRecursiveComparison()
                        .isEqualTo(ServerSync.builder()
                                .topicPrefix("app/db")
                                .responsePrefix("app/clients")
                                .trustedSender("server-")
                                .rootFields("v", "at")
                                .topLevelEvents("user", "events/7/#")
                                .requestTimeout(Duration.ofSeconds(11))
                                .requestsInFlight(12, 13)
                                .compareInterval(Duration.ofMinutes(14))
                                .helloSpacing(Duration.ofSeconds(15))
                                .quietPeriod(Duration.ofSeconds(16))
                                .echoTimeout(Duration.ofSeconds(17))
                                .maxMessageBytes(1024 * 1024)
                                .build()));
    }

    @Test
    void peerModeHasTheLibrarysDefaults() {
        runner.withPropertyValues("stitch.mode=peer")
                .run(context -> assertThat(context.getBean(PeerSync.class))
                        .usingRecursiveComparison()
                        .ignoringFields("session")
                        .isEqualTo(PeerSync.create()));
    }

    @Test
    void peerModeHasEachSetting() {
        runner.withPropertyValues(
                        "stitch.mode=PEER",
                        "stitch.peer.topic-prefix=app/peers",
                        "stitch.peer.announce-leaving=false",
                        "stitch.peer.announce-roots=name",
                        "stitch.peer.merge-records=whole",
                        "stitch.peer.publish-timeout=11",
                        "stitch.peer.publishes-in-flight=12",
                        "stitch.peer.compare-interval=13m",
                        "stitch.peer.hello-spacing=14s",
                        "stitch.peer.quiet-period=15s",
                        "stitch.peer.presence-timeout=16m",
                        "stitch.peer.max-drift=17h",
                        "stitch.peer.tombstone-retention=18d",
                        "stitch.peer.peer-memory=19d",
                        "stitch.peer.max-tombstones=20",
                        "stitch.peer.max-message-size=1MB")
                .run(context -> assertThat(context.getBean(PeerSync.class))
                        .usingRecursiveComparison()
                        .ignoringFields("session")
                        .isEqualTo(PeerSync.builder()
                                .topicPrefix("app/peers")
                                .announceLeaving(false)
                                .announceRoots("name")
                                .mergeRecords(MergeRecords.WHOLE)
                                .publishTimeout(Duration.ofSeconds(11))
                                .publishesInFlight(12)
                                .compareInterval(Duration.ofMinutes(13))
                                .helloSpacing(Duration.ofSeconds(14))
                                .quietPeriod(Duration.ofSeconds(15))
                                .presenceTimeout(Duration.ofMinutes(16))
                                .maxDrift(Duration.ofHours(17))
                                .tombstoneRetention(Duration.ofDays(18))
                                .peerMemory(Duration.ofDays(19))
                                .maxTombstones(20)
                                .maxMessageBytes(1024 * 1024)
                                .build()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server|stitch.server.topic-prefix|/db",
                "server|stitch.server.response-prefix|a+",
                "server|stitch.server.trusted-sender|''",
                "server|stitch.server.root-version-field|_version",
                "server|stitch.server.root-updated-at-field|_at",
                "server|stitch.server.root-updated-at-field|''",
                "server|stitch.server.requests-in-flight-old-server|0",
                "server|stitch.server.request-timeout|400000d",
                "server|stitch.server.echo-timeout|400000d",
                "server|stitch.server.max-message-size|-3GB",
                "server|stitch.shutdown.timeout|400000d",
                "peer|stitch.peer.max-message-size|-3GB",
                "peer|stitch.peer.tombstone-retention|400000d",
                "peer|stitch.peer.presence-timeout|400000d",
                "server|stitch.server.top-level-events.user|all",
                "server|stitch.server.request-timeout|0",
                "server|stitch.server.requests-in-flight|0",
                "server|stitch.server.compare-interval|-1s",
                "server|stitch.server.hello-spacing|0",
                "server|stitch.server.quiet-period|0",
                "server|stitch.server.echo-timeout|-1s",
                "server|stitch.server.max-message-size|1B",
                "server|stitch.server.max-message-size|3GB",
                "server|stitch.max-pending-writes|0",
                "server|stitch.keep-warm|-1s",
                "server|stitch.keep-warm-at-most|0",
                "server|stitch.shutdown.timeout|-1s",
                "peer|stitch.peer.topic-prefix|/db",
                "peer|stitch.peer.announce-roots|_name",
                "peer|stitch.peer.publish-timeout|0",
                "peer|stitch.peer.publishes-in-flight|0",
                "peer|stitch.peer.compare-interval|-1s",
                "peer|stitch.peer.hello-spacing|0",
                "peer|stitch.peer.quiet-period|0",
                "peer|stitch.peer.presence-timeout|-1s",
                "peer|stitch.peer.max-drift|0",
                "peer|stitch.peer.tombstone-retention|0",
                "peer|stitch.peer.peer-memory|0",
                "peer|stitch.peer.max-tombstones|0",
                "peer|stitch.peer.max-message-size|1B"
            })
    void aSettingThatCannotWorkEndsTheStartAndIsNamed(String mode, String property, String value) {
        runner.withPropertyValues("stitch.mode=" + mode, property + "=" + value).run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure())
                    .rootCause()
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(
                            InvalidConfigurationPropertyValueException.class))
                    .satisfies(invalid -> {
                        assertThat(invalid.getName()).isEqualTo(property);
                        assertThat(invalid.getReason()).isNotBlank();
                    });
        });
    }

    @Test
    void aModeThatIsNoneIsNamed() {
        runner.withPropertyValues("stitch.mode=both")
                .run(context -> assertThat(context.getStartupFailure()).hasStackTraceContaining("stitch.mode"));
    }

    @Test
    void eventsOfAnEntityThatTheSchemaDoesNotHaveAreNamed() {
        fails(
                "stitch.server.top-level-events.user is about 'user', which is no top-level entity",
                "the schema has no top-level entities",
                "stitch.server.top-level-events.user=events/#");
    }

    @Test
    void aCustomizerThatReturnsNothingIsNamed() {
        runner.withBean(StitchRemoteCustomizer.class, () -> new Forgetful()).run(context -> {
            FailureAnalysis analysis = analysis(context);
            assertThat(analysis.getDescription()).contains(Forgetful.class.getName(), "returned null");
            assertThat(analysis.getAction()).contains("Return the options");
        });
    }

    private static final class Forgetful implements StitchRemoteCustomizer {
        @Override
        @SuppressWarnings("NullAway") // As an application without such checks may do.
        public RemoteOptions customize(RemoteOptions remote) {
            return null;
        }
    }

    @Test
    void peerModeWithoutItsModuleSaysWhichDependencyIsMissing() {
        runner.withClassLoader(new FilteredClassLoader(PeerSync.class))
                .withPropertyValues("stitch.mode=peer")
                .run(context -> {
                    FailureAnalysis analysis = analysis(context);
                    assertThat(analysis.getDescription()).contains("stitch-reactive-peer is not on the class path");
                    assertThat(analysis.getAction()).contains("io.stitch:stitch-reactive-peer");
                });
    }

    @Test
    void peersShareTopLevelEntities() {
        bare.withPropertyValues("stitch.url=" + NOBODY, "stitch.mode=peer")
                .withBean(
                        StitchSchema.class,
                        () -> StitchSchema.root(Board.PROJECT)
                                .topLevel(Board.TASK)
                                .build())
                .run(context -> assertThat(context.getBean(StitchStore.class)
                                .collection(Board.TASK)
                                .snapshot())
                        .isEmpty());
    }

    @Test
    void aFileKeepsTheStore(@TempDir Path folder) {
        runner.withPropertyValues("stitch.persistence.file=" + folder.resolve("made/tasks"))
                .run(context -> {
                    assertThat(context).hasSingleBean(H2Persistence.class);
                    context.getBean(StitchStoreLifecycle.class).start();
                    assertThat(folder.resolve("made/tasks.mv.db")).exists();
                });
    }

    @Test
    void aPassphraseEncryptsTheFile(@TempDir Path folder) {
        String file = "stitch.persistence.file=" + folder.resolve("tasks");
        ApplicationContextRunner started = runner.withPropertyValues(file, "stitch.auto-start=true");
        started.withPropertyValues("stitch.persistence.passphrase=correct horse")
                .run(context -> assertThat(context.getBean(Persistence.class))
                        .hasToString("H2Persistence[" + folder.resolve("tasks") + ", encrypted]"));
        started.withPropertyValues("stitch.persistence.passphrase=wrong horse").run(context -> {
            FailureAnalysis analysis = analysis(context);
            assertThat(analysis.getDescription())
                    .contains("The store does not start")
                    .doesNotContain("wrong horse");
            assertThat(analysis.getAction()).contains("stitch.persistence.passphrase");
        });
        fails("stitch.persistence.passphrase is empty", "leave it out", file, "stitch.persistence.passphrase=");
        fails("there is no stitch.persistence.file", "Set the file, too", "stitch.persistence.passphrase=correct");
    }

    @Test
    void aFileWithoutItsModuleSaysWhichDependencyIsMissing() {
        runner.withClassLoader(new FilteredClassLoader(H2Persistence.class))
                .withPropertyValues("stitch.persistence.file=data/tasks")
                .run(context -> {
                    FailureAnalysis analysis = analysis(context);
                    assertThat(analysis.getDescription()).contains("stitch-reactive-h2 is not on the class path");
                    assertThat(analysis.getAction()).contains("io.stitch:stitch-reactive-h2");
                });
    }

    @Test
    void aFileThatCannotBeOneSaysWhy(@TempDir Path folder) throws IOException {
        runner.withPropertyValues("stitch.persistence.file=a;b")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining("stitch.persistence.file"));
        Path file = folder.resolve("tasks");
        Files.writeString(folder.resolve("tasks.mv.db"), "no database ".repeat(2_000));
        runner.withPropertyValues("stitch.persistence.file=" + file, "stitch.auto-start=true")
                .run(context -> {
                    FailureAnalysis analysis = analysis(context);
                    assertThat(analysis.getDescription()).contains("The store does not start", file.toString());
                    assertThat(analysis.getAction()).contains("H2Persistence.recover");
                });
    }

    @Test
    void aFileOfTheOtherModeSaysWhichPropertiesToSet(@TempDir Path folder) {
        ApplicationContextRunner kept = runner.withPropertyValues(
                "stitch.persistence.file=" + folder.resolve("tasks"), "stitch.auto-start=true");
        kept.run(context -> assertThat(context).hasNotFailed());
        kept.withPropertyValues("stitch.mode=peer")
                .run(context ->
                        assertThat(analysis(context).getAction()).contains("stitch.mode", "stitch.persistence.file"));
    }

    @Test
    void theClientIdIsTheOneThatIsSet() {
        runner.withPropertyValues("stitch.client-id=board-1")
                .run(context -> assertThat(context.getBean(StitchStore.class).clientId())
                        .isEqualTo("board-1"));
        fails("clientId: 'a/b' cannot be used", "Correct the property", "stitch.client-id=a/b");
    }

    @Test
    void oneWriteMoreThanMayWaitFails() {
        runner.withPropertyValues("stitch.auto-start=true", "stitch.shutdown.timeout=0", "stitch.max-pending-writes=1")
                .run(context -> {
                    Scope scope = context.getBean(StitchStore.class).openScope("p1");
                    scope.create(Board.PROJECT, new Board.Project("p1", "Refit"))
                            .block(PATIENCE);
                    assertThatThrownBy(() -> scope.update(Board.PROJECT, "p1", Patch.of("name", "x"))
                                    .block(PATIENCE))
                            .isInstanceOf(RequestFailedException.class)
                            .hasMessageContaining("1");
                });
    }

    @Test
    void customizersAreAskedInTheirOrder() {
        runner.withUserConfiguration(Customized.class).run(context -> {
            assertThat(context.getBean(StitchStore.class).clientId()).isEqualTo("second");
            assertThat(request(context).lastWill()).isNotNull();
            assertThat(request(context).keepAlive()).hasSeconds(7);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Customized {
        @Bean
        @Order(2)
        StitchStoreCustomizer second() {
            return builder -> builder.clientId("second");
        }

        @Bean
        @Order(1)
        StitchStoreCustomizer first() {
            return builder -> builder.clientId("first");
        }

        @Bean
        @Order(2)
        StitchRemoteCustomizer keepAlive() {
            return remote -> remote.keepAlive(Duration.ofSeconds(7));
        }

        @Bean
        @Order(1)
        StitchRemoteCustomizer lastWill() {
            return remote ->
                    remote.lastWill(LastWill.of("presence/board", "gone")).keepAlive(Duration.ofSeconds(6));
        }
    }

    /** As a container's variables that have no value do. */
    @Test
    void aPropertyThatIsSetToNothingIsNotSet() {
        runner.withPropertyValues(
                        "stitch.persistence.file=",
                        "stitch.tickets.url=",
                        "stitch.tickets.bearer=",
                        "stitch.tickets.cookie.name=",
                        "stitch.tickets.cookie.value=",
                        "stitch.tickets.user-id-field=",
                        "stitch.tickets.tls.bundle=",
                        "stitch.login.username=",
                        "stitch.login.password=",
                        "stitch.tls.bundle=",
                        "stitch.tls.trust=",
                        "stitch.tls.certificate=",
                        "stitch.tls.key=",
                        "stitch.client-id=",
                        "stitch.name=",
                        "stitch.mode=",
                        "spring.application.name=app")
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(StitchStore.class)
                            .doesNotHaveBean(Persistence.class)
                            .doesNotHaveBean(TicketProvider.class);
                    assertThat(request(context).login()).isNull();
                    assertThat(request(context).tls()).isNull();
                    assertThat(context.getBean(StitchStore.class).clientId()).startsWith("stitch-");
                    assertThat(context.getBean(MeterRegistry.class)
                                    .get("stitch.connected")
                                    .tag("store", "app")
                                    .gauges())
                            .hasSize(1);
                });
    }

    @Test
    void aBeanOfTheApplicationsTakesThePlaceOfEach() {
        runner.withUserConfiguration(Own.class)
                .withPropertyValues(
                        "stitch.mode=peer", "stitch.persistence.file=unused", "stitch.tickets.url=https://x.org")
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(RemoteOptions.class)
                            .hasSingleBean(TicketProvider.class)
                            .hasSingleBean(SyncMode.class)
                            .hasSingleBean(Persistence.class)
                            .hasSingleBean(StoreObserver.class)
                            .hasSingleBean(StitchJsonMapper.class);
                    assertThat(context.getBean(SyncMode.class)).isInstanceOf(ServerSync.class);
                    assertThat(request(context).address()).isEqualTo("own.example.org:1883");
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Own {
        @Bean
        RemoteOptions remote() {
            return RemoteOptions.to("mqtt://own.example.org");
        }

        @Bean
        TicketProvider tickets() {
            return () -> Mono.just("ticket");
        }

        @Bean
        SyncMode mode() {
            return ServerSync.create();
        }

        @Bean(destroyMethod = "")
        Persistence persistence() {
            return new InMemoryPersistence();
        }

        @Bean
        StoreObserver observer() {
            return new StoreObserver() {};
        }

        @Bean
        StitchJsonMapper mapper() {
            return new StitchJsonMapper(JsonMapper.shared());
        }
    }

    @Test
    void aStoreOfTheApplicationsIsStartedAndEndedToo() {
        StitchStore own = StitchStore.builder()
                .schema(StitchSchema.root(Board.PROJECT).build())
                .remote(RemoteOptions.to(NOBODY))
                .build();
        bare.withBean(StitchStore.class, () -> own, definition -> definition.setDestroyMethodName(""))
                .run(context -> {
                    assertThat(context).hasSingleBean(StitchStore.class);
                    assertThat(context.getBean(StitchStoreLifecycle.class).isRunning())
                            .isTrue();
                });
        own.onClose().block(PATIENCE);
    }

    @Test
    void aRemoteOptionsBeanMakesAStoreWithoutAnAddress() {
        bare.withUserConfiguration(Board.SchemaOnly.class)
                .withPropertyValues("stitch.auto-start=false")
                .withBean(RemoteOptions.class, () -> RemoteOptions.to(NOBODY))
                .run(context -> assertThat(context).hasSingleBean(StitchStore.class));
    }

    @Test
    void aValidatorOfReconnectsIsTaken() {
        // Two would be an ambiguity: that it is one shows that it was looked for.
        runner.withBean("one", ReconnectValidator.class, () -> server -> Mono.just(true))
                .run(context -> assertThat(context).hasNotFailed());
        runner.withBean("one", ReconnectValidator.class, () -> server -> Mono.just(true))
                .withBean("two", ReconnectValidator.class, () -> server -> Mono.just(true))
                .run(context -> assertThat(context.getStartupFailure()).hasMessageContaining("ReconnectValidator"));
    }

    // ---- JSON ----

    private static Board.Task written(AssertableApplicationContext context) {
        StitchStore store = context.getBean(StitchStore.class);
        Scope scope = store.openScope("p1");
        OffsetDateTime due = OffsetDateTime.parse("2026-11-24T08:00:00+05:30");
        scope.create(Board.TASK, new Board.Task("t1", "p1", "Weld", due)).block(PATIENCE);
        return scope.get(Board.TASK, "t1").orElseThrow();
    }

    @Test
    void recordsKeepTheZonesOfTheirTimesWhateverTheApplicationsMapperDoes() {
        runner.withPropertyValues("stitch.auto-start=true", "stitch.shutdown.timeout=0")
                .withBean(
                        JsonMapper.class,
                        () -> JsonMapper.builder()
                                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                                .build())
                .run(context -> assertThat(written(context).due()).isEqualTo("2026-11-24T08:00:00+05:30"));
    }

    @Test
    void aCustomizerChangesHowRecordsAreWritten() {
        bare.withPropertyValues("stitch.url=" + NOBODY, "stitch.shutdown.timeout=0")
                .withBean(
                        StitchSchema.class,
                        () -> StitchSchema.root(Board.PROJECT)
                                .child(Board.TASK, "project_id")
                                .build())
                .withBean(
                        StitchJsonMapperCustomizer.class,
                        () -> builder -> builder.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE))
                .run(context -> {
                    written(context);
                    assertThat(context.getBean(StitchStore.class)
                                    .openScopes()
                                    .get(0)
                                    .get(EntityType.json("task"), "t1"))
                            .hasValueSatisfying(
                                    json -> assertThat(json.has("project_id")).isTrue());
                });
    }

    // ---- metrics ----

    @Test
    void metersHaveTheNameOfTheStore() {
        ApplicationContextRunner measured = runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new);
        measured.withPropertyValues("stitch.name=board")
                .run(context -> assertThat(context.getBean(MeterRegistry.class)
                                .get("stitch.connected")
                                .tag("store", "board")
                                .gauge()
                                .value())
                        .isZero());
        measured.withPropertyValues("spring.application.name=app")
                .run(context -> assertThat(context.getBean(MeterRegistry.class)
                                .get("stitch.writes.pending")
                                .tag("store", "app")
                                .gauges())
                        .hasSize(1));
        measured.run(context -> assertThat(context.getBean(MeterRegistry.class)
                        .get("stitch.scopes.open")
                        .tag("store", "stitch")
                        .gauges())
                .hasSize(1));
    }

    @Test
    void writesAreObservedWhereThereIsARegistryForIt() {
        writesAreObservedBy(runner);
    }

    @Test
    void writesAreObservedWhereThereAreNoMeters() {
        writesAreObservedBy(runner.withClassLoader(new FilteredClassLoader(MeterRegistry.class)));
    }

    private static void writesAreObservedBy(ApplicationContextRunner runner) {
        List<String> observed = new ArrayList<>();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStart(Observation.Context context) {
                observed.add(context.getName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        runner.withPropertyValues("stitch.auto-start=true", "stitch.shutdown.timeout=0")
                .withBean(ObservationRegistry.class, () -> registry)
                .run(context -> {
                    assertThat(context).hasSingleBean(StoreObserver.class);
                    written(context);
                    assertThat(observed).contains("stitch.write");
                });
    }

    @Test
    void withoutMicrometerNothingIsWatched() {
        runner.withClassLoader(new FilteredClassLoader("io.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(StoreObserver.class));
    }
}
