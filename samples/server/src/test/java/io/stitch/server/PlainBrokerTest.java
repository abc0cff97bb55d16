package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class PlainBrokerTest {
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    private static TestClient client(PlainBroker broker, String id, @Nullable String will) {
        return new TestClient(URI.create(broker.url()).getPort(), id, null, "", will);
    }

    @Test
    void whatClientsPublishIsShownAndDeliveredUnchanged() {
        try (PlainBroker broker = PlainBroker.start(message -> seen.add(message.topic() + " " + message.text()));
                TestClient one = client(broker, "c1", null);
                TestClient two = client(broker, "c2", null)) {
            two.subscribe("stitch/peer/#");

            one.publish("stitch/peer/project/p1/events/created", "{\"id\":\"p1\"}", Map.of("mine", "yes"), null);

            Mqtt5Publish came = two.next();
            assertThat(TestClient.json(came).path("id").asString()).isEqualTo("p1");
            assertThat(TestClient.properties(came)).isEqualTo(Map.of("mine", "yes"));
            assertThat(seen).containsExactly("stitch/peer/project/p1/events/created {\"id\":\"p1\"}");
        }
    }

    @Test
    void nothingIsAnsweredAndNothingAnnounced() {
        try (PlainBroker broker = PlainBroker.start();
                TestClient one = client(broker, "c1", null);
                TestClient two = client(broker, "c2", null)) {
            two.subscribe("after");

            one.publish("$DB/task/list", "{}", Map.of(), "r1");
            one.publish("after", "{}", Map.of(), null);

            assertThat(two.next().getTopic()).hasToString("after");
            assertThat(one.received).isEmpty();
            assertThat(one.connAck.getUserProperties().asList()).isEmpty();
        }
    }

    @Test
    void aWillIsDeliveredUnchanged() {
        try (PlainBroker broker = PlainBroker.start();
                TestClient watcher = client(broker, "c1", null);
                TestClient dying = client(broker, "c2", "stitch/peer/_gone/c2")) {
            watcher.subscribe("stitch/peer/#");

            dying.die();

            assertThat(TestClient.properties(watcher.next())).isEqualTo(Map.of("x-mqtt-sender", "mqdb-internal-0"));
        }
    }
}
