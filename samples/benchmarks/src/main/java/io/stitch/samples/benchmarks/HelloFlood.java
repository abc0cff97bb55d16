package io.stitch.samples.benchmarks;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.reactivex.Flowable;
import io.reactivex.disposables.Disposable;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.peer.PeerSync;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Somebody says hello in a scope 200 times a second, each time under another name and as if they had nothing: how long the writes of a peer
 * that holds it take, against those that it makes in peace.
 *
 * @param tasks the size of the scope
 * @param writes how many writes are made, one after another
 * @param rounds how often
 */
record HelloFlood(int tasks, int writes, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(2);
    private static final long PAUSE_MICROS = 5_000;
    /** The flood is under way when writing begins, and what it began is over before it is peaceful again. */
    private static final Duration BEFORE = Duration.ofSeconds(2);

    private static final Duration AFTER = Duration.ofSeconds(12);

    @Override
    public String name() {
        return "hostile/hello-flood";
    }

    @Override
    public ServerSpec server() {
        return ServerSpec.BROKER;
    }

    @Override
    public List<Figure> measure(String brokerUrl) {
        WritePlan plan = new WritePlan(tasks, writes, 1);
        List<Pair<Double>> pairs;
        try (StoreClient holder = StoreClient.peer(brokerUrl)) {
            holder.fill(tasks);
            pairs = rounds.run(index -> {
                double peaceful = holder.write(plan);
                return new Pair<>(flooded(brokerUrl, holder, plan, index), peaceful);
            });
        }
        return List.of(new Figure(
                name(),
                Pair.ratio(pairs, seconds -> seconds),
                "ratio",
                LIMIT,
                "a write takes %.2f ms, and %.2f in peace; %d records"
                        .formatted(
                                Pair.store(pairs, seconds -> seconds).median() * 1_000 / writes,
                                Pair.bare(pairs, seconds -> seconds).median() * 1_000 / writes,
                                tasks)));
    }

    private double flooded(String brokerUrl, StoreClient holder, WritePlan plan, int round) {
        Mqtt5RxClient stranger = BareClient.client(brokerUrl, "stranger-" + round);
        var unused = stranger.connect().ignoreElement().blockingGet();
        String topic = new Topics(PeerSync.DEFAULT_PREFIX, PeerSync.DEFAULT_PREFIX, Workload.PROJECT.name())
                .hello(Workload.scope(tasks));
        Disposable flood = stranger.publish(Flowable.interval(PAUSE_MICROS, TimeUnit.MICROSECONDS)
                        .onBackpressureDrop()
                        .map(number -> hello(topic, "%d-%d".formatted(round, number))))
                .subscribe();
        try {
            LockSupport.parkNanos(BEFORE.toNanos());
            return holder.write(plan);
        } finally {
            flood.dispose();
            stranger.disconnect().blockingAwait();
            LockSupport.parkNanos(AFTER.toNanos());
        }
    }

    private static Mqtt5Publish hello(String topic, String name) {
        return Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload("{\"clientId\":\"%s\",\"manifest\":[]}".formatted(name).getBytes(StandardCharsets.UTF_8))
                .build();
    }
}
