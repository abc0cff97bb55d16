package io.stitch.reactive;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;

/** Words of 60 000 characters with everything in them that does harm: wherever they come from, what people are shown of them is short and harmless. */
class ForeignWordsTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String BEGINNING = "Full moon";
    private static final String HARMFUL = BEGINNING
            + "\r\n2031-01-01 ERROR all is lost \u001b[2J\u0007\u202egnp.exe\u2066\u2028\u009b"
            + "x".repeat(60_000 - 70);
    /** A line of the log has a subject and what happened to it, and a code before them. */
    private static final int LONGEST = 2 * ForeignText.LONGEST_MESSAGE + 100;

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private final ModelServer server = ModelServer.ofNewWithRequestIds();
    private final Logger log = (Logger) LoggerFactory.getLogger("io.stitch.reactive");
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    /** Everything that somebody is shown. */
    private final List<String> shown = new ArrayList<>();

    @BeforeEach
    void listen() {
        log.setLevel(Level.DEBUG);
        log.setAdditive(false);
        logged.start();
        log.addAppender(logged);
    }

    @AfterEach
    void stopListening() {
        log.detachAppender(logged);
        log.setAdditive(true);
        log.setLevel(null);
    }

    private StitchStore store() {
        return watched(stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtts://broker.example").login("ada", "secret"))
                .clientId("c1")
                .connector(server.broker)));
    }

    private StitchStore watched(StitchStore store) {
        store.connection().subscribe(status -> show(status.error()), this::show);
        store.sessionInvalid().subscribe(this::show);
        store.scopeErrors().subscribe(refusal -> shown.add(refusal.message()));
        store.rejections().subscribe(rejection -> show(rejection.error()));
        store.diagnostics().subscribe(report -> {
            shown.add(report.subject());
            shown.add(report.detail());
        });
        store.onClose().subscribe(unused -> {}, this::show);
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private void show(@Nullable Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            shown.add(each.toString());
        }
    }

    private void assertHarmless() {
        List<String> all = new ArrayList<>(shown);
        logged.list.forEach(event -> all.add(event.getFormattedMessage()));
        assertThat(all).as("somebody is told").anyMatch(text -> text.contains(BEGINNING));
        assertThat(all)
                .allSatisfy(text -> assertThat(text.length()).isLessThanOrEqualTo(LONGEST))
                .allSatisfy(text -> assertThat(text.codePoints().filter(ForeignWordsTest::isHarmful))
                        .as(text)
                        .isEmpty());
    }

    private static boolean isHarmful(int letter) {
        return Character.isISOControl(letter)
                || (letter >= 0x202A && letter <= 0x202E)
                || (letter >= 0x2066 && letter <= 0x2069)
                || letter == 0x2028
                || letter == 0x2029;
    }

    private static String json(String text) {
        return Json.text(text).toString();
    }

    private Scope opened(StitchStore store) {
        Scope scope = store.openScope("p1");
        server.put("project", "{'id':'p1','name':'Alpha'}");
        server.broker.deliver(
                "$DB/project/p1/events/created",
                "{\"id\":\"p1\",\"data\":{\"id\":\"p1\",\"name\":\"Alpha\",\"_version\":1}}");
        time.advanceTimeBy(Duration.ofSeconds(1));
        return scope;
    }

    @Test
    void ofAConnectorThatCannotConnect() {
        server.broker.connectErrors.add(
                new TransportException(TransportException.Kind.CONNECT_REFUSED, 0x88, HARMFUL, null));
        store();
        assertHarmless();
    }

    @Test
    void ofAConnectionThatEnds() {
        StitchStore store = store();
        server.broker.end(new ConnectionEnd(ConnectionEnd.By.BROKER, OptionalInt.of(0x8B), HARMFUL));
        time.advanceTime();
        assertThat(store.connectionStatus().isConnected()).isFalse();
        assertHarmless();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 409, 503})
    void ofARequestThatIsRefused(int code) {
        StitchStore store = store();
        Scope scope = opened(store);
        server.refuseAll(code, HARMFUL);
        scope.create(TASK, new Task("t1", "p1", "one")).result().subscribe(done -> {}, this::show);
        store.read(TASK, "t2").subscribe(done -> {}, this::show);
        time.advanceTimeBy(Duration.ofMinutes(5));
        assertHarmless();
    }

    @Test
    void ofAScopeThatIsRefused() {
        StitchStore store = store();
        opened(store);
        server.broker.deliver(
                "$DB/clients/c1/scope-open-error",
                "{\"scopeId\":\"p1\",\"code\":403,\"message\":%s}".formatted(json(HARMFUL)));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertHarmless();
    }

    @Test
    void ofASessionThatIsOver() {
        StitchStore store = store();
        opened(store);
        server.broker.deliver(
                "$DB/clients/c1/scope-open-error",
                "{\"scopeId\":\"p1\",\"code\":401,\"message\":%s}".formatted(json(HARMFUL)));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.ERROR);
        assertHarmless();
    }

    @Test
    void ofAHelloThatIsRefused() {
        server.broker.connAckProperties = List.of(
                new UserProperty("stitch-protocol-version", "2"), new UserProperty("stitch-features", "answers"));
        StitchStore store = store();
        store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        String round = server.broker
                .sentTo("$DB/project/p1/hello")
                .get(0)
                .path("round")
                .asString();
        server.broker.deliver(
                "$DB/clients/c1/hello/p1",
                "{\"round\":\"%s\",\"code\":403,\"message\":%s}".formatted(round, json(HARMFUL)));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertHarmless();
    }

    @Test
    void ofWhatIsDropped() {
        StitchStore store = store();
        opened(store);
        server.broker.deliver("$DB/project/p1/events/created", "{}", new UserProperty("x-mqtt-sender", HARMFUL));
        server.broker.deliver("$DB/" + HARMFUL + "/p1/events/created", "{}");
        server.broker.deliver("$DB/project/p1/" + HARMFUL + "/events/created", "{\"id\":\"x\",\"data\":{}}");
        server.broker.deliver("$DB/clients/c1/" + HARMFUL, "{\"status\":\"ok\"}");
        server.broker.deliver("$DB/project/p1/events/created", "{\"id\":" + HARMFUL);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.diagnosticCounts().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(5);
        assertHarmless();
    }

    @Test
    void ofATicketProvider() {
        watched(stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtts://broker.example").tickets(new TicketProvider() {
                    @Override
                    public Mono<String> ticket() {
                        return Mono.error(TicketException.unavailable(HARMFUL, null));
                    }
                }))
                .connector(server.broker)));
        time.advanceTime();
        assertHarmless();
    }

    @Test
    void aFeatureThatIsNoNameIsNone() {
        server.broker.connAckProperties = List.of(
                new UserProperty("stitch-protocol-version", "2"),
                new UserProperty("stitch-features", "answers, " + HARMFUL + ",digest"));
        assertThat(store().connectionStatus().capabilities().features()).containsExactlyInAnyOrder("answers", "digest");
    }

    /** MQTT 5, 3.2 and 3.14: a reason string is the property 0x1F. */
    private static byte[] withReason(int type, byte... before) {
        byte[] reason = HARMFUL.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        properties.write(0x1F);
        properties.write(reason.length >> 8);
        properties.write(reason.length);
        properties.writeBytes(reason);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        rest.writeBytes(before);
        length(rest, properties.size());
        rest.writeBytes(properties.toByteArray());
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(type);
        length(packet, rest.size());
        packet.writeBytes(rest.toByteArray());
        return packet.toByteArray();
    }

    private static void length(ByteArrayOutputStream out, int length) {
        int left = length;
        while (left > 0x7F) {
            out.write((left & 0x7F) | 0x80);
            left >>= 7;
        }
        out.write(left);
    }

    /** What a broker on a socket says after the client's CONNECT. */
    private void saidOnTheWire(String scheme, byte[]... packets) {
        DisposableServer broker = TcpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((in, out) -> in.receive()
                        .next()
                        .thenMany(out.sendByteArray(Flux.just(packets)))
                        .then(Mono.never()))
                .bindNow();
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(scheme + "://127.0.0.1:" + broker.port()))
                .build();
        try {
            store.start().block(Board.LIMIT);
            show(store.connection().mapNotNull(ConnectionStatus::error).blockFirst(Board.LIMIT));
        } finally {
            Board.close(store);
            broker.disposeNow();
        }
        assertHarmless();
    }

    @Test
    void ofABrokerThatRefusesTheConnection() {
        saidOnTheWire("mqtt", withReason(0x20, (byte) 0, (byte) 0x88));
    }

    @Test
    void ofABrokerThatEndsTheConnection() {
        saidOnTheWire("mqtt", new byte[] {0x20, 3, 0, 0, 0}, withReason(0xE0, (byte) 0x8B));
    }

    @Test
    void ofAServerThatIsNoBroker() {
        saidOnTheWire(
                "ws",
                ("HTTP/1.1 418 " + HARMFUL.substring(0, 3_000).replaceAll("[\r\n]", "\u0007")
                                + "\r\ncontent-length: 0\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
