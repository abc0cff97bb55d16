package io.stitch.reactive.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.PeerMode;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Stores in peer mode on one network in memory, in virtual time. */
final class Peers implements AutoCloseable {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();
    /** When the tests begin: not at the beginning of time, so that clocks can be behind. */
    static final long START = Duration.ofDays(10_000).toMillis();

    final SimulatedNetwork network = new SimulatedNetwork();
    /** What peers have that are made from now on. */
    StitchSchema schema = SCHEMA;

    private final List<Peer> peers = new ArrayList<>();

    Peers() {
        network.time.advanceTimeBy(Duration.ofMillis(START));
    }

    Peer peer(String name) {
        return peer(name, Persistence.none());
    }

    Peer peer(String name, Persistence disk) {
        return peer(name, disk, builder -> builder);
    }

    Peer peer(String name, Persistence disk, UnaryOperator<PeerSync.Builder> options) {
        return peer(name, disk, options.apply(PeerSync.builder()).build(), StoreObserver.NONE);
    }

    /** One that speaks as peers did before there were digests and answers. */
    Peer plainPeer(String name) {
        return peer(name, Persistence.none(), ((PeerMode) PeerSync.create()).withoutAnswers(), StoreObserver.NONE);
    }

    Peer peer(String name, Persistence disk, StoreObserver observer) {
        return peer(name, disk, PeerSync.create(), observer);
    }

    private Peer peer(String name, Persistence disk, PeerSync sync, StoreObserver observer) {
        Peer peer = new Peer(name, disk, sync, observer);
        peers.add(peer);
        peer.store.start().subscribe(unused -> {}, error -> peer.outcomes.add("start: " + error.getMessage()));
        settle();
        return peer;
    }

    /** One whose store is not started. */
    Peer unstarted(String name, Persistence disk) {
        Peer peer = new Peer(name, disk, PeerSync.create(), StoreObserver.NONE);
        peers.add(peer);
        return peer;
    }

    /** Lets everything happen that happens within a moment. */
    void settle() {
        pass(Duration.ofMillis(20));
    }

    void pass(Duration duration) {
        network.time.advanceTimeBy(duration);
    }

    List<JsonNode> sent(String topicEnd) {
        return network.publishedTo(topicEnd).stream()
                .map(message -> Json.read(message.payload()))
                .toList();
    }

    /** What somebody else publishes. */
    void deliver(String topic, String payload) {
        send(topic, payload);
        settle();
    }

    /** What somebody else publishes, and nothing else happens yet. */
    void send(String topic, String payload) {
        network.deliver(
                "stitch/peer/project/" + topic, payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    static String task(String id, String title, long ts) {
        return ("{'operation':'Update','entity':'task','id':'%1$s','data':{'id':'%1$s','projectId':'p1','title':'%2$s','_hlc':%3$s},"
                        + "'hlc':%3$s,'sender':'other'}")
                .formatted(id, title, stamp(ts));
    }

    static String deleted(String id, long ts) {
        return "{'operation':'Delete','entity':'task','id':'%s','hlc':%s,'sender':'other'}".formatted(id, stamp(ts));
    }

    static String stamp(long ts) {
        return "{'ts':%d,'counter':0,'nodeId':'other'}".formatted(ts);
    }

    static String hello(String peer, String... idsAndStamps) {
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < idsAndStamps.length; i += 2) {
            entries.append(i == 0 ? "" : ",")
                    .append("{'id':'%s','entity':'task','hlc':%s}"
                            .formatted(idsAndStamps[i], stamp(Long.parseLong(idsAndStamps[i + 1]))));
        }
        return "{'clientId':'%s','manifest':[%s]}".formatted(peer, entries);
    }

    /** A hello of somebody who does digests, and answers. */
    static String answeringHello(String peer, String round, String... idsAndStamps) {
        return hello(peer, idsAndStamps)
                .replace("'manifest'", "'features':['digest','more'],'round':'" + round + "','manifest'");
    }

    static String replayed(String id, String title, long ts) {
        return task(id, title, ts).replace("'sender':'other'", "'sender':'other','replay':true");
    }

    static Hlc stampOf(OutboundMessage message) {
        return Hlc.parse(Json.read(message.payload()).path("hlc"));
    }

    @Override
    public void close() {
        peers.forEach(peer -> peer.store.close().onErrorComplete().subscribe());
        network.time.advanceTimeBy(Duration.ofSeconds(5));
        network.time.dispose();
    }

    /** One peer. */
    final class Peer {
        final String name;
        final PeerSync sync;
        final StitchStore store;
        final SkewedTime clock = new SkewedTime(network.time, 0);
        final List<String> outcomes = new ArrayList<>();

        Peer(String name, Persistence disk, PeerSync sync, StoreObserver observer) {
            Random random = new Random(name.hashCode());
            this.name = name;
            this.sync = sync;
            this.store = StitchStore.builder()
                    .schema(schema)
                    .remote(RemoteOptions.to("mqtt://broker.example"))
                    .clientId(name)
                    .syncMode(sync)
                    .persistence(disk)
                    .scheduler(clock)
                    .random(random::nextDouble)
                    .connector(network.connector())
                    .observer(observer)
                    .build();
        }

        Scope open(String scope) {
            Scope opened = store.openScope(scope);
            settle();
            return opened;
        }

        void write(Mutation<?> mutation) {
            mutation.result()
                    .subscribe(
                            result -> outcomes.add(result.status().toString()),
                            error -> outcomes.add(error.getClass().getSimpleName() + ": " + error.getMessage()));
            settle();
        }

        void create(Scope scope, String id, String title) {
            write(scope.create(TASK, new Task(id, scope.id(), title)));
        }

        void title(Scope scope, String id, String title) {
            write(scope.update(TASK, id, Patch.of("title", title)));
        }

        void stop() {
            store.close().subscribe();
            pass(Duration.ofSeconds(2));
        }
    }

    static List<String> titles(Scope scope) {
        return scope.snapshot(TASK).stream()
                .map(task -> task.id() + '=' + task.title())
                .sorted()
                .toList();
    }

    static ObjectNode json(String text) {
        return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
