package io.stitch.simulation.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.peer.MergeRecords;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.peer.internal.PeerMode;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.SyncMode;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Lane;
import io.stitch.simulation.Promise;
import io.stitch.simulation.Run;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/** One process of a peer: a store from when it is made until it is closed or dies, and the application around it. */
final class PeerProcess {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<ObjectNode> TASK = EntityType.json("task");
    static final String SCOPE_FIELD = "projectId";
    /** What trust is granted with, in a scope of its own. */
    static final EntityType<ObjectNode> GRANT = EntityType.json("grant");

    private static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, SCOPE_FIELD).build();
    private static final StitchSchema SCHEMA_WITH_GRANTS = StitchSchema.root(PROJECT)
            .child(TASK, SCOPE_FIELD)
            .child(GRANT, SCOPE_FIELD)
            .build();

    private final Peer peer;
    private final int number;
    private final Lane lane;
    private final Lane network;
    private final Lane storage;
    private final Disk.@Nullable Mount mount;
    private final StitchStore store;
    private final Map<String, Scope> scopes = new LinkedHashMap<>();
    private final List<Promise<?>> promises = new ArrayList<>();
    private boolean running;
    private boolean killed;
    private boolean started;
    private long changedAt;

    private final class Changes implements StoreObserver {
        @Override
        public void changed(RecordChange change) {
            changedAt = Run.current().time().elapsed();
        }

        @Override
        public void pendingWrites(int count) {
            changedAt = Run.current().time().elapsed();
        }

        @Override
        public void persisted(int changes, boolean kept, long nanos) {
            changedAt = Run.current().time().elapsed();
        }
    }

    PeerProcess(Peer peer, int number) {
        this.peer = peer;
        this.number = number;
        Run run = peer.world().run();
        this.lane = run.time().lane(name());
        this.network = run.time().lane(name() + " network");
        this.storage = run.time().lane(name() + " disk");
        lane.offset(peer.skew());
        Disk disk = peer.disk();
        this.mount = disk == null ? null : disk.mount(storage);
        Protection protection = peer.world().protection();
        if (peer.plain() || peer.whole() || protection.signs()) {
            peer.world().ledger().hasWholeWriters();
        }
        Random random = new Random(run.random().nextLong());
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(protection.grants() ? SCHEMA_WITH_GRANTS : SCHEMA)
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId(peer.name())
                .syncMode(mode(peer, protection))
                .scheduler(lane)
                .random(random::nextDouble)
                .observer(new Changes())
                .connector(peer.world().network().connector(network));
        this.store = (mount == null ? builder : builder.persistence(mount)).build();
    }

    private static SyncMode mode(Peer peer, Protection protection) {
        PeerSync.Builder builder =
                PeerSync.builder().mergeRecords(peer.whole() ? MergeRecords.WHOLE : MergeRecords.FIELD_BY_FIELD);
        Members members = peer.world().members();
        if (protection.signs()) {
            builder.signed(members.keysOf(peer), members.trustOf(peer));
        }
        if (protection.encrypts()) {
            builder.encrypted(peer.world().vault().keysOf(peer));
        }
        PeerSync mode = builder.build();
        // As peers of an earlier version are. No application can choose that, so the simulation takes it from where
        // it is.
        return peer.plain() ? ((PeerMode) mode).withoutAnswers() : mode;
    }

    void start() {
        running = true;
        ask("start()", store.start(), error -> started |= error == null);
        if (peer.world().protection().grants()) {
            open(Members.TEAM);
        }
        peer.scopes().forEach(this::open);
    }

    String name() {
        return peer.name() + '.' + number;
    }

    int number() {
        return number;
    }

    Peer peer() {
        return peer;
    }

    Lane lane() {
        return lane;
    }

    StitchStore store() {
        return store;
    }

    boolean isRunning() {
        return running;
    }

    boolean wasKilled() {
        return killed;
    }

    boolean isStarted() {
        return started;
    }

    List<Promise<?>> promises() {
        return promises;
    }

    boolean isDiskBehind(long since) {
        return mount != null && !mount.isUpToDate() && mount.keptAt() <= since;
    }

    /** Whether something could not be read from disk, so that it may show less than there is. */
    boolean mayShowLess() {
        return mount != null && mount.isUnread();
    }

    /** Whether nothing has happened for a while. */
    boolean isQuiet(long millis) {
        return Run.current().time().elapsed() - changedAt > millis && (mount == null || mount.isUpToDate());
    }

    private void ask(String what, Mono<?> answer, Consumer<@Nullable Throwable> end) {
        Promise<Object> promise = Promise.of("%s of %s".formatted(what, name()), end);
        promises.add(promise);
        answer.subscribe(promise);
    }

    void startAgain() {
        if (!started) {
            ask("start() again", store.start(), error -> started |= error == null);
        }
    }

    void open(String scope) {
        if (running) {
            scopes.computeIfAbsent(scope, store::openScope);
        }
    }

    /** Closes a scope, or opens one that is closed. */
    void turn(String scope) {
        Scope open = scopes.remove(scope);
        if (open == null) {
            open(scope);
        } else {
            open.close();
            peer.world().ledger().forgotten(this);
            peer.world().ledger().count("scope closed");
        }
    }

    @Nullable
    Scope scope(String id) {
        return scopes.get(id);
    }

    /** What it shows of a scope that is open. */
    Map<String, JsonNode> held(String scopeId) {
        Map<String, JsonNode> held = new TreeMap<>();
        Scope scope = scopes.get(scopeId);
        if (scope != null) {
            scope.snapshot(PROJECT)
                    .forEach(record ->
                            held.put(scopeId + "/project/" + record.path("id").asString(), record));
            scope.snapshot(TASK)
                    .forEach(record ->
                            held.put(scopeId + "/task/" + record.path("id").asString(), record));
        }
        if (scope != null && scopeId.equals(Members.TEAM)) {
            scope.snapshot(GRANT)
                    .forEach(record ->
                            held.put(scopeId + "/grant/" + record.path("id").asString(), record));
        }
        return held;
    }

    void write(PeerWrite write, Mutation<?> mutation, boolean cancels) {
        Promise<MutationResult<?>> promise = new Promise<>(write.toString()) {
            @Override
            protected void next(MutationResult<?> result) {
                peer.world().ledger().told(write, result);
            }

            @Override
            protected void failed(Throwable error) {
                if (!(error instanceof StitchException)) {
                    Run.current().problem("failed strangely", write + " fails with " + Run.stack(error));
                }
                peer.world().ledger().failed(write, error);
            }
        };
        promises.add(promise);
        mutation.result().subscribe(promise);
        if (cancels) {
            promise.cancel();
            peer.world().ledger().gone(write);
        }
    }

    /** Writes several at once. */
    void batch(List<PeerWrite> writes, List<Mutation<?>> mutations) {
        PeerLedger ledger = peer.world().ledger();
        Promise<MutationResult<?>> promise = new Promise<>("a batch of " + writes) {
            private int next;

            @Override
            protected void next(MutationResult<?> result) {
                ledger.told(writes.get(next++), result);
            }

            @Override
            protected void failed(Throwable error) {
                writes.subList(next, writes.size()).forEach(ledger::gone);
            }
        };
        promises.add(promise);
        store.batch(Flux.fromIterable(mutations)).subscribe(promise);
    }

    /** Ends in an orderly way. */
    void stop() {
        if (running) {
            running = false;
            scopes.clear();
            ask("close()", store.close(), error -> peer.world().ledger().ended(this));
        }
    }

    /** Ends as if the power had gone. */
    void kill() {
        if (running) {
            running = false;
            killed = true;
            scopes.clear();
            List.of(lane, network, storage).forEach(Lane::kill);
            if (mount != null) {
                mount.tear();
            }
            promises.forEach(Promise::abandon);
            peer.world().ledger().ended(this);
            peer.world().network().breakConnection(peer.name());
        }
    }

    /** Ends what still runs when the run is over. */
    void drop() {
        List.of(lane, network, storage).forEach(Lane::kill);
    }
}
