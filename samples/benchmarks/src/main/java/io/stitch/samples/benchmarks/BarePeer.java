package io.stitch.samples.benchmarks;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.reactivex.Completable;
import io.reactivex.Flowable;
import io.reactivex.Scheduler;
import io.reactivex.disposables.Disposable;
import io.reactivex.plugins.RxJavaPlugins;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerHellos;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The baseline of peer mode: a bare MQTT client that subscribes to what a peer subscribes to, publishes messages as large as a peer's,
 * and takes the bytes of what it receives, but looks into none of them.
 */
final class BarePeer implements AutoCloseable {
    /** As long as that of peers, which would answer hellos below their own. */
    private static final String PREFIX = "stitch/bare";

    private static final Topics TOPICS = new Topics(PREFIX, PREFIX, Workload.PROJECT.name());

    private final String clientId = "bare-" + UUID.randomUUID();
    /** Its own, as in a process of its own: where two clients share a thread depends on the order in which they are made. */
    private final Scheduler callbacks =
            RxJavaPlugins.createComputationScheduler(new DefaultThreadFactory("bare-peer", true));

    private final Mqtt5RxClient client;
    private final Disposable receiving;
    private volatile Consumer<Mqtt5Publish> receiver = publish -> {};

    private BarePeer(String url) {
        client = BareClient.builder(url, clientId)
                .executorConfig()
                .applicationScheduler(callbacks)
                .applyExecutorConfig()
                .buildRx();
        receiving = client.publishes(MqttGlobalPublishFilter.ALL).subscribe(publish -> receiver.accept(publish));
    }

    static BarePeer connected(String url) {
        BarePeer bare = new BarePeer(url);
        var unused = bare.client.connect().ignoreElement().blockingGet();
        return bare;
    }

    /** Subscribes to a scope, and answers each hello in it with all its records. */
    void hold(int tasks) {
        List<Mqtt5Publish> records = records(tasks);
        receiver = publish -> {
            if (publish.getPayloadAsBytes().length > 0
                    && publish.getTopic().toString().endsWith("/hello")) {
                var unused = client.publish(Flowable.fromIterable(records)).subscribe();
            }
        };
        join(Workload.scope(tasks));
    }

    /** Subscribes to a scope, says hello and takes its records. */
    OpenTimes open(int tasks) {
        String scope = Workload.scope(tasks);
        Arrivals arrivals = new Arrivals(tasks + 1);
        receiver = publish -> {
            if (publish.getPayloadAsBytes().length > 0
                    && publish.getTopic().toString().endsWith("/events/created")) {
                arrivals.came(1);
            }
        };
        Mqtt5Publish hello =
                publish(TOPICS.hello(scope), PeerHellos.whole(new PeerHellos.Head(clientId, null, 0), null, List.of()));
        var unused = subscription(scope)
                .andThen(Flowable.defer(() -> client.publish(Flowable.just(hello))))
                .subscribe(result -> {}, arrivals::failed);
        arrivals.returned();
        return arrivals.await();
    }

    /** Subscribes to a scope, and tells of each event in it. */
    void watch(int tasks, Runnable event) {
        receiver = publish -> {
            if (publish.getPayloadAsBytes().length > 0) {
                event.run();
            }
        };
        join(Workload.scope(tasks));
    }

    /** Subscribes to a scope and drops what comes. */
    void join(int tasks) {
        join(Workload.scope(tasks));
    }

    private void join(String scope) {
        subscription(scope).blockingAwait();
    }

    private Completable subscription(String scope) {
        return client.subscribeWith()
                .topicFilter(new PeerTopics(TOPICS).scopeFilter(scope))
                .qos(MqttQos.AT_LEAST_ONCE)
                .noLocal(true) // As peers do.
                .retainHandling(Mqtt5RetainHandling.DO_NOT_SEND)
                .applySubscribe()
                .ignoreElement();
    }

    /** The events of a peer's writes, in the order of a plan. */
    List<Mqtt5Publish> updates(WritePlan plan) {
        return IntStream.range(0, plan.writes())
                .mapToObj(write -> event(
                        plan.tasks(),
                        Operation.UPDATE,
                        Workload.task(plan.tasks(), write % plan.tasks()).put("title", plan.title(write)),
                        write))
                .toList();
    }

    /** Publishes and waits until the broker has acknowledged it. */
    void send(Mqtt5Publish message, Runnable acknowledged) {
        var unused = client.publish(Flowable.just(message)).subscribe(result -> acknowledged.run());
    }

    private List<Mqtt5Publish> records(int tasks) {
        return Stream.concat(Stream.of(Workload.project(tasks)), Workload.tasks(tasks))
                .map(record -> event(tasks, Operation.CREATE, record, 0))
                .toList();
    }

    private Mqtt5Publish event(int tasks, Operation operation, ObjectNode record, int counter) {
        boolean task = record.has(Workload.SCOPE_FIELD);
        String entity = task ? Workload.TASK.name() : Workload.PROJECT.name();
        String id = record.path("id").asString();
        Hlc stamp = new Hlc(1_760_000_000_000L, counter, clientId);
        record.remove("_version");
        record.set(Hlc.FIELD, stamp.toJson());
        return publish(
                TOPICS.event(Workload.scope(tasks), entity, operation),
                PeerPayloads.event(
                        operation,
                        entity,
                        id,
                        record.toString().getBytes(StandardCharsets.UTF_8),
                        stamp,
                        clientId,
                        operation == Operation.CREATE));
    }

    private Mqtt5Publish publish(String topic, byte[] payload) {
        return Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload)
                .userProperties()
                .add(Topics.ORIGIN_PROPERTY, clientId)
                .applyUserProperties()
                .build();
    }

    @Override
    public void close() {
        receiving.dispose();
        client.disconnect().blockingAwait();
        callbacks.shutdown();
    }
}
