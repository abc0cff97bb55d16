package io.stitch.samples.benchmarks;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import io.reactivex.Flowable;
import io.reactivex.disposables.Disposable;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The baseline: the bare MQTT client, which says what the store says and takes the bytes that the store takes, but looks into
 * none of them. What a store needs more time for than this is what it does itself: decode, compare versions, keep, deliver.
 */
final class BareClient implements AutoCloseable {
    private final Mqtt5RxClient client;
    private final Topics topics =
            new Topics(ServerSync.DEFAULT_PREFIX, ServerSync.DEFAULT_RESPONSE_PREFIX, Workload.PROJECT.name());
    private final String clientId = "bare-" + UUID.randomUUID();
    private final String inbox = topics.reply(clientId, "");
    private final Disposable receiving;
    private volatile Consumer<Mqtt5Publish> receiver = publish -> {};

    private BareClient(String url) {
        client = client(url, clientId);
        receiving = client.publishes(MqttGlobalPublishFilter.ALL).subscribe(publish -> receiver.accept(publish));
    }

    static Mqtt5RxClient client(String url, String clientId) {
        return builder(url, clientId).buildRx();
    }

    static Mqtt5ClientBuilder builder(String url, String clientId) {
        URI uri = URI.create(url);
        return Mqtt5Client.builder()
                .identifier(clientId)
                .serverHost(uri.getHost())
                .serverPort(uri.getPort());
    }

    static BareClient connected(String url) {
        BareClient bare = new BareClient(url);
        var unused = bare.client.connect().ignoreElement().blockingGet();
        unused = bare.client
                .subscribe(subscription(List.of(bare.topics.inbox(bare.clientId))))
                .ignoreElement()
                .blockingGet();
        return bare;
    }

    /** Subscribes to a scope, says hello and takes the replay. */
    OpenTimes open(int tasks) {
        Arrivals arrivals = new Arrivals(tasks + 1);
        String replay = inbox + "replay/";
        receiver = publish -> {
            if (publish.getTopic().toString().startsWith(replay) && publish.getPayloadAsBytes().length > 0) {
                arrivals.came(1);
            }
        };
        String scope = Workload.scope(tasks);
        byte[] hello = new Hello(clientId, true).whole(null, List.of());
        whenSubscribed(scope, arrivals, () -> send(topics.hello(scope), hello, "", arrivals));
        arrivals.returned();
        return arrivals.await();
    }

    /** Subscribes to a scope, reads its root and walks its tasks by key, in pages of the sizes that the store asks for. */
    OpenTimes list(int tasks) {
        Arrivals arrivals = new Arrivals(tasks + 1);
        String scope = Workload.scope(tasks);
        PageWalk walk = new PageWalk(tasks);
        receiver = publish -> {
            String topic = publish.getTopic().toString();
            if (topic.equals(inbox + "root")) {
                arrivals.came(1);
            } else if (topic.equals(inbox + "page")) {
                arrivals.came(walk.take(publish.getPayloadAsBytes()));
                if (!walk.done()) {
                    page(scope, walk, arrivals);
                }
            }
        };
        whenSubscribed(scope, arrivals, () -> {
            send(topics.read(Workload.PROJECT.name(), scope), Requests.read(List.of()), inbox + "root", arrivals);
            page(scope, walk, arrivals);
        });
        arrivals.returned();
        return arrivals.await();
    }

    /** Makes the requests that a store makes for these writes, and returns how many seconds it took to have all replies. */
    double write(WritePlan plan) {
        BareWrites writes = new BareWrites(plan, write -> request(plan, write));
        String replies = inbox + "w";
        receiver = publish -> {
            if (publish.getTopic().toString().startsWith(replies)) {
                writes.replied(publish);
            }
        };
        try {
            return writes.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while writing.", e);
        }
    }

    private void request(WritePlan plan, int write) {
        String requestId = "w" + write;
        Mqtt5Publish request = Mqtt5Publish.builder()
                .topic(topics.update(Workload.TASK.name(), plan.id(write)))
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(("{\"title\":\"" + plan.title(write) + "\"}").getBytes(StandardCharsets.UTF_8))
                .responseTopic(inbox + requestId)
                .correlationData(requestId.getBytes(StandardCharsets.UTF_8))
                .userProperties()
                .add(Topics.ORIGIN_PROPERTY, clientId)
                .applyUserProperties()
                .build();
        var unused = client.publish(Flowable.just(request)).subscribe();
    }

    private void page(String scope, PageWalk walk, Arrivals arrivals) {
        byte[] request = Requests.page(Workload.SCOPE_FIELD, scope, walk.after(), walk.size());
        send(topics.list(Workload.TASK.name()), request, inbox + "page", arrivals);
    }

    private void whenSubscribed(String scope, Arrivals arrivals, Runnable next) {
        var unused = client.subscribe(subscription(topics.scopeFilters(scope)))
                .subscribe(subAck -> next.run(), arrivals::failed);
    }

    private void send(String topic, byte[] payload, String responseTopic, Arrivals arrivals) {
        var publish =
                Mqtt5Publish.builder().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(payload);
        if (!responseTopic.isEmpty()) {
            publish = publish.responseTopic(responseTopic);
        }
        var unused = client.publish(Flowable.just(publish.build())).subscribe(result -> {}, arrivals::failed);
    }

    private static Mqtt5Subscribe subscription(List<String> filters) {
        return Mqtt5Subscribe.builder()
                .addSubscriptions(filters.stream()
                        .map(filter -> Mqtt5Subscription.builder()
                                .topicFilter(filter)
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .retainHandling(Mqtt5RetainHandling.DO_NOT_SEND)
                                .build())
                        .toList())
                .build();
    }

    @Override
    public void close() {
        receiving.dispose();
        client.disconnect().blockingAwait();
    }
}
