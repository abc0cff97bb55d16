package io.stitch.samples.interop;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A bare MQTT client: what a server says, as it says it. */
final class Wire implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(15);

    private final BlockingQueue<Mqtt5Publish> received = new LinkedBlockingQueue<>();
    private final Mqtt5AsyncClient client;
    private final String id;

    private Wire(int port, String id, Mqtt5Connect connect) {
        this.id = id;
        client = Mqtt5Client.builder()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(port)
                .buildAsync();
        client.publishes(MqttGlobalPublishFilter.ALL, received::add);
        client.connect(connect).join();
        subscribe("$DB/clients/" + id + "/#");
    }

    static Wire connect(int port, String id) {
        return new Wire(port, id, Mqtt5Connect.builder().build());
    }

    static Wire connect(int port, String id, String user, String password) {
        return new Wire(
                port,
                id,
                Mqtt5Connect.builder()
                        .simpleAuth()
                        .username(user)
                        .password(password.getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .build());
    }

    void subscribe(String filter) {
        client.subscribeWith()
                .topicFilter(filter)
                .qos(MqttQos.AT_LEAST_ONCE)
                .send()
                .join();
    }

    /** Publishes a request, and says under which topic the answer comes. */
    String send(String topic, String payload, @Nullable String responseTopic) {
        String request = UUID.randomUUID().toString();
        String answer = responseTopic == null ? "$DB/clients/" + id + "/" + request : responseTopic;
        client.publish(Mqtt5Publish.builder()
                        .topic(topic)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(payload.getBytes(StandardCharsets.UTF_8))
                        .responseTopic(answer)
                        .correlationData(request.getBytes(StandardCharsets.UTF_8))
                        .userProperties()
                        .add("x-origin-client-id", id)
                        .applyUserProperties()
                        .build())
                .join();
        return answer;
    }

    /** Sends a request and returns its reply; what else comes meanwhile stays where {@link #next} finds it. */
    JsonNode request(String topic, String payload) {
        String answer = send("$DB/" + topic, payload, null);
        List<Mqtt5Publish> others = new ArrayList<>();
        try {
            while (true) {
                Mqtt5Publish next = poll(LIMIT);
                if (next == null) {
                    throw new AssertionError("no reply to " + topic + " " + payload);
                }
                if (next.getTopic().toString().equals(answer)) {
                    return json(next);
                }
                others.add(next);
            }
        } finally {
            others.addAll(received);
            received.clear();
            received.addAll(others);
        }
    }

    @Nullable
    Mqtt5Publish poll(Duration limit) {
        try {
            return received.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for a message", e);
        }
    }

    Mqtt5Publish next() {
        Mqtt5Publish next = poll(LIMIT);
        if (next == null) {
            throw new AssertionError("no message within " + LIMIT);
        }
        return next;
    }

    /** All that has come, as of a request that is answered now: events of earlier requests came before its reply. */
    List<Mqtt5Publish> drain() {
        List<Mqtt5Publish> all = new ArrayList<>();
        received.drainTo(all);
        return all;
    }

    static JsonNode json(Mqtt5Publish message) {
        return JsonMapper.shared().readTree(message.getPayloadAsBytes());
    }

    static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }

    @Override
    public void close() {
        client.disconnect().handle((done, failure) -> true).join();
    }
}
