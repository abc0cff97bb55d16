package io.stitch.server;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.auth.Mqtt5EnhancedAuthMechanism;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** A bare MQTT client that keeps what it receives in a queue. */
final class TestClient implements AutoCloseable {
    private static final JsonMapper MAPPER = JsonMapper.shared();
    final BlockingQueue<Mqtt5Publish> received = new LinkedBlockingQueue<>();
    final CountDownLatch cut = new CountDownLatch(1);
    final Mqtt5ConnAck connAck;
    private final Mqtt5AsyncClient client;
    private final String id;
    private int requests;

    TestClient(StitchServer server, String id, @Nullable String user, String password) {
        this(server.port(), id, user, password, null);
    }

    /** Connects, with a will on a topic, and listens to its replies. */
    TestClient(int port, String id, @Nullable String user, String password, @Nullable String will) {
        this(URI.create("mqtt://127.0.0.1:" + port), id, connect(user, password, will));
    }

    /** Connects with a ticket, and listens to its replies. */
    TestClient(String url, String id, Mqtt5EnhancedAuthMechanism ticket, @Nullable String will) {
        this(
                URI.create(url),
                id,
                connect(null, "", will).extend().enhancedAuth(ticket).build());
    }

    private TestClient(URI url, String id, Mqtt5Connect connect) {
        this.id = id;
        var builder = MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost(url.getHost())
                .serverPort(url.getPort())
                .addDisconnectedListener(context -> cut.countDown());
        if (url.getScheme().equals("ws")) {
            builder = builder.webSocketConfig().serverPath(url.getPath()).applyWebSocketConfig();
        }
        this.client = builder.buildAsync();
        client.publishes(MqttGlobalPublishFilter.ALL, received::add);
        this.connAck = client.connect(connect).join();
        subscribe("$DB/clients/" + id + "/#");
    }

    private static Mqtt5Connect connect(@Nullable String user, String password, @Nullable String will) {
        var connect = Mqtt5Connect.builder().cleanStart(true);
        if (user != null) {
            connect = connect.simpleAuth()
                    .username(user)
                    .password(password.getBytes(StandardCharsets.UTF_8))
                    .applySimpleAuth();
        }
        if (will != null) {
            connect = connect.willPublish()
                    .topic(will)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("{}".getBytes(StandardCharsets.UTF_8))
                    .userProperties(Mqtt5UserProperties.builder()
                            .add("x-mqtt-sender", "mqdb-internal-0")
                            .build())
                    .applyWillPublish();
        }
        return connect.build();
    }

    TestClient(StitchServer server, String id) {
        this(server, id, null, "");
    }

    void subscribe(String filter) {
        client.subscribeWith()
                .topicFilter(filter)
                .qos(MqttQos.AT_LEAST_ONCE)
                .send()
                .join();
    }

    Mqtt5PublishResult publish(String topic, String payload, Map<String, String> properties, @Nullable String request) {
        var builder = Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload.getBytes(StandardCharsets.UTF_8));
        var user = Mqtt5UserProperties.builder();
        properties.forEach((name, value) -> {
            var unused = user.add(name, value);
        });
        builder = builder.userProperties(user.build());
        if (request != null) {
            // A topic where one is given, or a name in the own inbox.
            builder = builder.responseTopic(request.contains("/") ? request : "$DB/clients/" + id + "/" + request)
                    .correlationData(request.getBytes(StandardCharsets.UTF_8));
        }
        return client.publish(builder.build()).join();
    }

    /** Sends a request and returns its reply; what else arrives meanwhile is thrown away. */
    JsonNode request(String topic, String payload) {
        String request = "r" + ++requests + "-" + UUID.randomUUID();
        publish(topic, payload, Map.of("x-origin-client-id", id), request);
        while (true) {
            Mqtt5Publish next = next();
            if (next.getTopic().toString().endsWith("/" + request)) {
                return json(next);
            }
        }
    }

    /** Asks for something, and checks that nothing came before the answer. */
    void assertNothingCame() {
        publish("$DB/nothing/list", "{}", Map.of(), "mark");
        assertThat(next().getTopic()).hasToString("$DB/clients/" + id + "/mark");
    }

    /** Sends a request and returns the code of its reply; 0 for one that succeeds. */
    int code(String topic, String payload) {
        return request(topic, payload).path("code").asInt(0);
    }

    /** The next messages as topic, id and version. */
    List<String> nextEvents(int count) {
        List<String> said = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Mqtt5Publish event = next();
            JsonNode json = json(event);
            said.add(event.getTopic() + " " + json.path("id").asString() + " "
                    + json.path("data").path("_version").asLong(0));
        }
        return said;
    }

    /** Shows a ticket again while it is connected. */
    void showTicketAgain() {
        client.reauth().join();
    }

    /** Ends the connection without a goodbye, so that the will is published. */
    void die() {
        client.disconnectWith()
                .reasonCode(Mqtt5DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE)
                .send()
                .join();
    }

    static Map<String, String> properties(Mqtt5Publish message) {
        Map<String, String> properties = new LinkedHashMap<>();
        message.getUserProperties()
                .asList()
                .forEach(each -> properties.put(
                        each.getName().toString(), each.getValue().toString()));
        return properties;
    }

    void hello(String scope, String manifest, boolean direct) {
        String replay = direct ? ",\"replay\":\"direct\"" : "";
        publish(
                "$DB/project/" + scope + "/hello",
                "{\"clientId\":\"" + id + "\",\"manifest\":" + manifest + replay + "}",
                Map.of(),
                null);
    }

    /** Says a hello of any kind. */
    void say(String scope, String hello) {
        publish("$DB/project/" + scope + "/hello", hello, Map.of(), null);
    }

    /** The next message, which is the last word on a hello for a scope. */
    JsonNode nextAnswer(String scope) {
        Mqtt5Publish next = next();
        assertThat(next.getTopic()).hasToString("$DB/clients/" + id + "/hello/" + scope);
        return json(next);
    }

    Mqtt5Publish next() {
        try {
            Mqtt5Publish next = received.poll(10, TimeUnit.SECONDS);
            assertThat(next).as("a message within 10 s").isNotNull();
            return Objects.requireNonNull(next);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static JsonNode json(Mqtt5Publish message) {
        return MAPPER.readTree(message.getPayloadAsBytes());
    }

    @Override
    public void close() {
        client.disconnect().handle((done, failure) -> true).join();
    }
}
