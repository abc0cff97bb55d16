package io.stitch.simulation.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Lane;
import io.stitch.simulation.Promise;
import io.stitch.simulation.Run;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** One process: a store from when it is made until it is closed or dies, and the application around it. */
final class StoreProcess {
    private static final int FORBIDDEN = 403;
    private final Device device;
    private final int number;
    private final Lane lane;
    private final Lane network;
    private final Lane storage;
    private final Disk.@Nullable Mount mount;
    private final StitchStore store;
    private final Map<String, List<Scope>> handles = new LinkedHashMap<>();
    private final List<Scope> closedHandles = new ArrayList<>();
    private final List<Promise<?>> promises = new ArrayList<>();
    private final List<View> views = new ArrayList<>();
    private final Set<String> shutOut = new HashSet<>();
    private final Login login;
    private final String madeFor;
    private boolean running;
    private boolean closing;
    private boolean killed;
    private boolean failed;
    private boolean started;
    private boolean clearing;
    private long startedAt = -1;
    private boolean disturbed;
    private int lastPending;
    private List<QueuedWrite> queued = List.of();
    private boolean hasDropped;
    private long changedAt;
    private long closedAt = -1;
    private long batchFailedAt = -1;

    /** Sees when something happens. */
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
            if (!kept) {
                batchFailedAt = changedAt;
            }
        }
    }

    StoreProcess(Device device, int number) {
        this.device = device;
        this.number = number;
        World world = device.world();
        String name = device.name() + "." + number;
        this.lane = world.run().time().lane(name);
        this.network = world.run().time().lane(name + " network");
        this.storage = world.run().time().lane(name + " disk");
        lane.offset(device.skew());
        Disk disk = device.disk();
        this.mount = disk == null ? null : disk.mount(storage);
        Random random = new Random(world.run().random().nextLong());
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(Entities.SCHEMA)
                .remote(device.login(device.user()))
                .clientId(device.name())
                .syncMode(ServerSync.create())
                .jsonMapper(World.MAPPER)
                .scheduler(lane)
                .random(random::nextDouble)
                .connector(world.network().connector(network));
        builder.observer(new Changes());
        this.store = (mount == null ? builder : builder.persistence(mount)).build();
        this.madeFor = device.user();
        this.login = new Login(this, madeFor);
        watch();
    }

    /** What an application subscribes to before anything else. */
    private void watch() {
        store.rejections().subscribe(this::rejected);
        store.diagnostics()
                .filter(diagnostic -> diagnostic.code() == DiagnosticCode.WRITE_REJECTED)
                .subscribe(diagnostic -> device.world().ledger().undone(device, diagnostic.subject()));
        store.scopeErrors()
                .filter(refusal -> refusal.code() == FORBIDDEN)
                .subscribe(refusal -> shutOut.add(refusal.scopeId()));
        store.pendingCount().subscribe(count -> lastPending = count);
        store.queuedWrites().subscribe(this::listed);
        store.authenticatedUser().subscribe(login::seen);
        store.onClose().subscribe(unused -> {}, error -> failed(), () -> {});
    }

    private void rejected(Rejection rejection) {
        device.world().ledger().rejected(this, rejection);
    }

    private void failed() {
        failed = true;
        closing = true;
        running = false;
    }

    void start() {
        running = true;
        ask("start()", store.start(), this::started);
    }

    void startAgain() {
        if (!started) {
            login.startsWith(madeFor);
        }
        ask("start() again", store.start(), this::started);
    }

    private void started(@Nullable Throwable error) {
        if (error == null && !started) {
            started = true;
            startedAt = Run.current().time().elapsed();
        }
    }

    /** When it had started. */
    long startedAt() {
        return startedAt;
    }

    boolean isClearing() {
        return clearing;
    }

    boolean isStarted() {
        return started;
    }

    /** The scopes that it was told not to see. */
    Set<String> shutOut() {
        return shutOut;
    }

    /** Whether nothing has happened for a while. */
    boolean isQuiet(long millis) {
        boolean stalled = lane.isStalled() || storage.isStalled();
        return !stalled
                && Run.current().time().elapsed() - changedAt > millis
                && (mount == null || (mount.isUpToDate() && !mount.isRead()));
    }

    /** Whether the disk has taken no batch since a moment, though it was given some. */
    boolean isDiskBehind(long since) {
        return mount != null && !mount.isUpToDate() && mount.keptAt() <= since;
    }

    /** Whether something could not be read from disk, so that it may show less than there is. */
    boolean mayShowLess() {
        return mount != null && mount.isUnread();
    }

    /** What happened after a moment that tells one fault from another. */
    String whatCameAfter(long at) {
        if (failed) {
            return ", the store failed";
        }
        if (closedAt >= at) {
            return ", the store was closed";
        }
        if (login.changedAt() >= at) {
            return ", the user changed";
        }
        return batchFailedAt >= at ? ", a batch failed" : "";
    }

    /** Says that its application throws where it should not. */
    void disturb() {
        disturbed = true;
    }

    boolean mayHaveInternalErrors() {
        return disturbed;
    }

    int number() {
        return number;
    }

    Device device() {
        return device;
    }

    StitchStore store() {
        return store;
    }

    Lane lane() {
        return lane;
    }

    Login login() {
        return login;
    }

    /** Whether it lives, and is not on its way out. */
    boolean isRunning() {
        return running;
    }

    boolean isClosing() {
        return closing;
    }

    boolean wasKilled() {
        return killed;
    }

    /** Whether an error of the JVM ended it. */
    boolean hasFailed() {
        return failed;
    }

    int lastPending() {
        return lastPending;
    }

    List<Promise<?>> promises() {
        return promises;
    }

    List<View> views() {
        return views;
    }

    Map<String, List<Scope>> handles() {
        return handles;
    }

    List<Scope> closedHandles() {
        return closedHandles;
    }

    /** Asks for something that ends. */
    void ask(String what, Mono<?> answer, Consumer<@Nullable Throwable> end) {
        Promise<Object> promise = Promise.of("%s of %s.%d".formatted(what, device.name(), number), end);
        promises.add(promise);
        answer.subscribe(promise);
    }

    /** Asks for something that may be refused at once. */
    void ask(String what, Function<StitchStore, Mono<?>> question) {
        try {
            ask(what, question.apply(store), unused -> {});
        } catch (StitchException e) {
            Run.current().trace(() -> what + " is refused: " + e.getMessage());
        }
    }

    private void listed(List<QueuedWrite> list) {
        queued = list;
        device.world().ledger().listed(this, list);
    }

    /** The pending writes as they were listed last. */
    List<QueuedWrite> queued() {
        return queued;
    }

    /** Drops one of the pending writes, or has it tried again. */
    void reconsider(int which, boolean drops) {
        if (queued.isEmpty()) {
            return;
        }
        QueuedWrite chosen = queued.get(which % queued.size());
        if (drops) {
            hasDropped = true;
            device.world().ledger().drop(this, chosen);
        } else {
            ask("retryWrite()", store -> store.retryWrite(chosen.sequence()));
        }
    }

    /** Whether it was ever told to drop a write. */
    boolean hasDropped() {
        return hasDropped;
    }

    void open(String scope, boolean replaces) {
        try {
            Scope opened = replaces ? store.replaceScope(scope) : store.openScope(scope);
            List<Scope> open = handles.computeIfAbsent(scope, id -> new ArrayList<>());
            if (!open.contains(opened)) {
                open.add(opened);
            }
        } catch (StitchException e) {
            Run.current().trace(() -> "openScope is refused: " + e.getMessage());
        }
    }

    /** Closes the oldest handle of a scope. */
    void closeScope(String scope) {
        List<Scope> open = handles.get(scope);
        if (open != null && !open.isEmpty()) {
            Scope handle = open.remove(0);
            handle.close();
            closedHandles.add(handle);
        }
    }

    /** A handle of a scope that is open, if there is one. */
    @Nullable
    Scope handle(String scope) {
        List<Scope> open = handles.computeIfAbsent(scope, id -> new ArrayList<>());
        open.removeIf(handle -> {
            boolean closed = handle.isClosed();
            if (closed) {
                closedHandles.add(handle);
            }
            return closed;
        });
        return open.isEmpty() ? null : open.get(open.size() - 1);
    }

    Set<String> openScopes() {
        Set<String> open = new LinkedHashSet<>();
        device.world().scopes().forEach(scope -> {
            if (handle(scope) != null) {
                open.add(scope);
            }
        });
        return open;
    }

    void close() {
        end("close()", store.close());
    }

    void clear() {
        clearing |= running;
        device.world().ledger().cleared(device);
        end("clearLocalData()", store.clearLocalData());
    }

    private void end(String what, Mono<Void> end) {
        if (!running) {
            return;
        }
        closing = true;
        closedAt = Run.current().time().elapsed();
        if (mount == null) {
            device.world().ledger().perished(this);
        }
        ask(what, end, unused -> {
            running = false;
            device.world().ledger().ended(this);
        });
    }

    /** Dies. What it had not told is never told. */
    void kill() {
        running = false;
        killed = true;
        List.of(lane, network, storage).forEach(Lane::kill);
        if (mount != null) {
            mount.tear();
        }
        promises.forEach(Promise::abandon);
        views.forEach(View::abandon);
        device.world().ledger().died(this);
        device.world().network().breakConnection(device.name());
    }

    /** Ends what still runs when the run is over. */
    void drop() {
        List.of(lane, network, storage).forEach(Lane::kill);
    }
}
