package io.stitch.simulation.soak;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.SyncMode;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/**
 * An application with one store at a time on one database, and two threads that use it: one writes, the other one does everything else that
 * an application and its users do. Between rounds, when neither of them runs, whoever judges uses it.
 */
final class Device {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<ObjectNode> TASK = EntityType.json("task");
    static final List<String> SCOPES = List.of("p1", "p2", "p3", "p4");
    static final int SHARED_RECORDS = 24;
    static final Duration LIMIT = Duration.ofSeconds(90);

    private static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");
    private static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").localOnly(DRAFT).build();
    private static final List<String> USERS = List.of("ada", "ben");
    private static final int OWN_RECORDS = 15;
    private static final int DRAFTS = 10;
    private static final int VIEWERS = 40;
    private static final int PACE_MILLIS = 20;
    /** Lost events are found out by comparing, which is to happen before a rest is over. */
    private static final Duration COMPARE = Duration.ofSeconds(5);

    final String name;
    final Ledger ledger;
    final FaultyDisk.Faults disk = new FaultyDisk.Faults();
    final AtomicInteger restarts = new AtomicInteger();
    final AtomicInteger logouts = new AtomicInteger();

    private final boolean peer;
    private final boolean restarted;
    private final String url;
    private final Path file;
    private final Problems problems;
    private final Answers answers;
    private final Random writing;
    private final Random managing;
    private final ReadWriteLock login = new ReentrantReadWriteLock();
    private final Map<String, Scope> handles = new ConcurrentHashMap<>();
    private final Deque<Disposable> viewers = new ArrayDeque<>();
    private final Deque<Disposable> stuckViewers = new ArrayDeque<>();
    private volatile StitchStore store;
    private volatile String user = USERS.get(0);
    private boolean unusable;
    private int passing;

    /**
     * Makes a device, without starting its store.
     *
     * @param name its client id
     * @param peer whether it is a peer
     * @param restarted whether its store is closed and made anew now and then, or lives as long as possible
     * @param url where the broker is
     * @param folder where its database is to be
     * @param seed decides what it does
     */
    Device(
            String name,
            boolean peer,
            boolean restarted,
            String url,
            Path folder,
            long seed,
            Problems problems,
            Answers answers) {
        this.name = name;
        this.peer = peer;
        this.restarted = restarted;
        this.url = url;
        this.file = folder.resolve(name);
        this.problems = problems;
        this.answers = answers;
        this.ledger = new Ledger(problems);
        this.writing = new Random(seed);
        this.managing = new Random(seed + 1);
        this.store = make();
    }

    boolean isPeer() {
        return peer;
    }

    private StitchStore make() {
        StitchStore made = StitchStore.builder()
                .schema(SCHEMA)
                .remote(as(user))
                .clientId(name)
                .syncMode(mode())
                .persistence(new FaultyDisk(H2Persistence.file(file), disk))
                .build();
        answers.watch(name + "'s rejections", made.rejections().doOnNext(ledger::rejected));
        answers.watch(
                name + "'s diagnostics",
                made.diagnostics()
                        .filter(report -> report.code() == DiagnosticCode.WRITE_REJECTED)
                        .doOnNext(report -> ledger.refused(
                                report.subject().substring(report.subject().indexOf('/') + 1))));
        return made;
    }

    private SyncMode mode() {
        return peer
                ? PeerSync.builder()
                        .compareInterval(COMPARE)
                        .publishTimeout(Duration.ofSeconds(2))
                        .build()
                : ServerSync.builder()
                        .helloSpacing(Duration.ofMillis(250))
                        .compareInterval(COMPARE)
                        .requestTimeout(Duration.ofSeconds(2))
                        .build();
    }

    private RemoteOptions as(String someone) {
        return RemoteOptions.to(url)
                .login(someone, "secret")
                .connectTimeout(Duration.ofSeconds(5))
                .keepAlive(Duration.ofSeconds(5));
    }

    void start() {
        store.start().block(LIMIT);
    }

    void close() {
        store.close().block(LIMIT);
    }

    long fileSize() {
        try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
            return files.filter(each -> each.getFileName().toString().startsWith(name + '.'))
                    .mapToLong(each -> each.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String state() {
        return "%s: %d pending, %s, %s"
                .formatted(name, store.pendingWrites(), store.connectionStatus(), store.diagnosticCounts());
    }

    StitchStore store() {
        return store;
    }

    boolean isConnected() {
        return store.connectionStatus().status() == Status.CONNECTED;
    }

    // ---- a round ----

    /** Begins to use the store; the threads end when they are told to. */
    ScheduledExecutorService use() {
        AtomicInteger number = new AtomicInteger();
        ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(
                2, task -> new Thread(task, "soak-" + name + '-' + number.incrementAndGet()));
        threads.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        every(threads, this::write);
        every(threads, this::manage);
        return threads;
    }

    private void every(ScheduledExecutorService threads, Runnable step) {
        var unused = threads.scheduleWithFixedDelay(
                () -> {
                    try {
                        step.run();
                    } catch (StitchException e) {
                        // Handles and stores are closed by the other thread at any time.
                        ledger.count(e.getClass().getSimpleName() + " thrown");
                    } catch (RuntimeException e) {
                        problems.add(name + " threw " + e);
                        e.printStackTrace(System.out);
                    }
                },
                0,
                PACE_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void write() {
        login.readLock().lock(); // So that whoever is logged in writes in their own records.
        try {
            int dice = writing.nextInt(100);
            if (dice < 40) {
                own(ownId(user, writing.nextInt(OWN_RECORDS)), dice < 6);
            } else if (dice < 60) {
                shared("s" + writing.nextInt(SHARED_RECORDS), dice < 43);
            } else if (dice < 65) {
                batch();
            } else if (dice < 70 && !peer) {
                passing(); // A peer remembers for 30 days what it deleted, as it should.
            } else if (dice < 75) {
                draft();
            } else if (dice < 80) {
                // Whoever goes away does not take the write along, but does not hear of it either.
                String id = "s" + writing.nextInt(SHARED_RECORDS);
                answers.await(
                        name + "'s abandoned write",
                        scope(scopeOf(id))
                                .update(TASK, id, Patch.of("seen", writing.nextInt()))
                                .timeout(Duration.ofMillis(1))
                                .onErrorComplete());
            }
        } finally {
            login.readLock().unlock();
        }
    }

    private String ownId(String owner, int number) {
        return name + '-' + owner + '-' + number;
    }

    static String scopeOf(String id) {
        return SCOPES.get(Math.floorMod(id.hashCode(), SCOPES.size()));
    }

    private Scope scope(String id) {
        return handles.compute(id, (unused, open) -> open == null || open.isClosed() ? store.openScope(id) : open);
    }

    /** Deletes it, updates it, or creates it if it is not there. */
    private void own(String id, boolean delete) {
        Ledger.Entry entry = ledger.begin(id, delete);
        answers.await(
                "%s's write %d of %s".formatted(name, entry.number, id),
                ownWrite(entry).result(),
                result -> ledger.told(entry, result.status()),
                error -> ledger.failed(entry, error),
                () -> problems.add("%s was told nothing of %s".formatted(name, entry)));
    }

    private Mutation<ObjectNode> ownWrite(Ledger.Entry entry) {
        Scope scope = scope(scopeOf(entry.id));
        if (entry.deletes) {
            return scope.delete(TASK, entry.id);
        }
        if (scope.get(TASK, entry.id).isPresent()) {
            return scope.update(TASK, entry.id, Patch.of(Ledger.FIELD, entry.number));
        }
        ledger.creates(entry);
        return scope.create(TASK, task(entry.id).put(Ledger.FIELD, entry.number));
    }

    static ObjectNode task(String id) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("id", id)
                .put("projectId", scopeOf(id))
                .put("title", "x".repeat(100));
    }

    private void shared(String id, boolean deleteOrCreate) {
        Scope scope = scope(scopeOf(id));
        boolean there = scope.get(TASK, id).isPresent();
        Mutation<ObjectNode> write = there && deleteOrCreate
                ? scope.delete(TASK, id)
                : there
                        ? scope.update(
                                TASK,
                                id,
                                before -> before.put("seen", before.path("seen").asInt() + 1))
                        : scope.create(TASK, task(id).put("seen", 0));
        answers.await(name + "'s shared write", write.result());
    }

    private void batch() {
        List<Ledger.Entry> entries = writing.ints(5, 0, OWN_RECORDS)
                .distinct()
                .mapToObj(number -> ledger.begin(ownId(user, number), false))
                .toList();
        List<Mutation<ObjectNode>> writes = entries.stream().map(this::ownWrite).toList();
        AtomicInteger told = new AtomicInteger();
        answers.await(
                name + "'s batch",
                store.batch(Flux.fromIterable(writes))
                        .doOnNext(result -> ledger.told(entries.get(told.getAndIncrement()), result.status()))
                        .then(),
                unused -> {},
                // Who comes first is told; of the others one hears by their rejections.
                error -> entries.forEach(entry -> ledger.unknown(entry, "a batch: " + error)),
                () -> {});
    }

    /** A record that nobody will ever hear of again once it is deleted. */
    private void passing() {
        own(name + '-' + user + "-passing-" + passing / 3, passing % 3 == 2);
        passing++;
    }

    private void draft() {
        RecordCollection<ObjectNode> drafts = store.collection(DRAFT);
        String id = "d" + writing.nextInt(DRAFTS);
        ObjectNode draft = JsonMapper.shared().createObjectNode().put("id", id).put("text", writing.nextInt());
        Mutation<ObjectNode> write = drafts.get(id).isEmpty()
                ? drafts.create(draft)
                : writing.nextInt(5) == 0 ? drafts.delete(id) : drafts.update(id, Patch.of("text", writing.nextInt()));
        answers.await(name + "'s draft", write.result());
    }

    private void manage() {
        if (unusable) {
            restart();
            return;
        }
        int dice = managing.nextInt(1_000);
        String id = SCOPES.get(managing.nextInt(SCOPES.size()));
        if (dice < 300) {
            view(scope(id));
        } else if (dice < 360) {
            Scope open = handles.remove(id);
            if (open != null) {
                open.close();
            }
        } else if (dice < 400) {
            handles.put(id, store.replaceScope(id));
        } else if (dice < 430) {
            store.openScope("nowhere-" + managing.nextInt()).close();
        } else if (dice < 460) {
            Scope short1 = store.openScope("nowhere-" + managing.nextInt());
            answers.watch(name + "'s events of nowhere", short1.events());
            answers.await(
                    name + "'s load of nowhere", store.loadScope(short1.id()).onErrorComplete());
            short1.close();
        } else if (dice < 480) {
            answers.await(name + "'s list", store.list(TASK, ListQuery.all()));
        } else if (dice < 500) {
            answers.await(name + "'s read", store.read(TASK, "s1"));
        } else if (dice < 510) {
            answers.await(name + "'s load", store.loadScope(id));
        } else if (dice < 515 && !peer) { // As with a logout.
            answers.await(name + "'s clear", store.clearScope(id));
        } else if (dice < 525) {
            answers.await(name + "'s disconnect", store.disconnect().then(store.connect()));
        } else if (dice < 545) {
            answers.await(name + "'s reconnect", store.reconnect());
        } else if (dice < 549 && !peer) {
            logInAsSomebodyElse(); // A peer would forget what nobody else has heard of yet.
        } else if (dice < 554 && restarted) {
            restart();
        } else if (dice < 560) {
            answers.await(name + "'s parked writes", store.retryParked());
        }
    }

    /** Begins to watch something, and ends what was watched longest if that is much. */
    private void view(Scope scope) {
        Flux<?> stream = switch (managing.nextInt(9)) {
            case 0 -> scope.events();
            case 1 -> scope.events(TASK);
            case 2 -> scope.mutations();
            case 3 -> scope.records(TASK);
            case 4 -> scope.pending(TASK);
            case 5 -> scope.appliedVersion();
            case 6 -> scope.events().take(3);
            case 7 -> store.roots(PROJECT);
            default -> store.events();
        };
        if (managing.nextInt(10) == 0) {
            Stuck stuck = new Stuck();
            stream.subscribe(stuck);
            stuckViewers.add(stuck);
        } else {
            viewers.add(answers.watch(name + "'s view of " + scope.id(), stream));
        }
        drop(viewers, VIEWERS);
        drop(stuckViewers, VIEWERS / 4);
    }

    private static void drop(Deque<Disposable> viewers, int left) {
        viewers.removeIf(Disposable::isDisposed);
        while (viewers.size() > left) {
            viewers.removeFirst().dispose();
        }
    }

    /** Asks for one, and never again. */
    private static final class Stuck extends BaseSubscriber<Object> {
        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(1);
        }

        @Override
        protected void hookOnError(Throwable overflow) {}
    }

    private void logInAsSomebodyElse() {
        login.writeLock().lock();
        try {
            logouts.incrementAndGet();
            Throwable failure = outcome(store.resetForLogout());
            if (failure == null) {
                user = USERS.get((USERS.indexOf(user) + 1) % USERS.size());
            } else {
                ledger.count("logout " + failure.getClass().getSimpleName());
            }
            answers.await(name + "'s login", store.reconnect(as(user)));
            store.authenticatedUser()
                    .filter(known -> known.map(AuthenticatedUser::id)
                            .filter(user::equals)
                            .isPresent())
                    .blockFirst(LIMIT);
        } finally {
            login.writeLock().unlock();
        }
    }

    private static Throwable outcome(Mono<?> action) {
        return action.<Throwable>then(Mono.empty()).onErrorResume(Mono::just).block(LIMIT);
    }

    /** Like the end of a process and the start of the next one. */
    private void restart() {
        restarts.incrementAndGet();
        login.writeLock().lock();
        try {
            Throwable unclean = outcome(store.close());
            if (unclean != null) {
                ledger.count("close " + unclean.getClass().getSimpleName());
            }
            handles.clear();
            store = make();
            Throwable failure = outcome(store.start());
            unusable = failure != null;
            if (failure != null) {
                ledger.count("start " + failure.getClass().getSimpleName());
            }
        } finally {
            login.writeLock().unlock();
        }
    }

    // ---- a rest; nothing else uses the store ----

    /** Makes sure that it runs, and has sent everything that the user wrote. */
    void sendAll() {
        if (unusable) {
            restart();
        }
        store.reconnect().retryWhen(Retry.fixedDelay(5, Duration.ofMillis(200))).block(LIMIT);
        store.retryParked().block(LIMIT);
        try {
            store.pendingCount().filter(count -> count == 0).blockFirst(LIMIT);
        } catch (IllegalStateException late) {
            problems.add("not everything was sent: " + state());
        }
    }

    /** Sends what the other user wrote, too, and brings everybody's own records to the number at the beginning. */
    void sendAndTidyForAll() {
        tidy();
        if (!peer) {
            for (int i = 1; i < USERS.size(); i++) {
                logInAsSomebodyElse();
                sendAll();
                tidy();
            }
            logInAsSomebodyElse();
            sendAll();
        }
        tidyDrafts();
    }

    private void tidy() {
        SCOPES.forEach(this::loaded);
        for (int i = 0; i < OWN_RECORDS; i++) {
            String id = ownId(user, i);
            if (scope(scopeOf(id)).get(TASK, id).isEmpty()) {
                own(id, false);
            }
        }
        for (String id : ledger.ids()) {
            if (id.startsWith(name + '-' + user + "-passing-")
                    && scope(scopeOf(id)).get(TASK, id).isPresent()) {
                own(id, true);
            }
        }
        sendAll();
    }

    private void loaded(String id) {
        scope(id);
        if (!peer) {
            store.loadScope(id).block(LIMIT);
        }
    }

    /** Peers have nobody else to bring those back. */
    void tidyShared() {
        for (int i = 0; i < SHARED_RECORDS; i++) {
            String id = "s" + i;
            if (scope(scopeOf(id)).get(TASK, id).isEmpty()) {
                answers.await(
                        name + "'s shared write",
                        scope(scopeOf(id)).create(TASK, task(id)).result());
            }
        }
    }

    private void tidyDrafts() {
        RecordCollection<ObjectNode> drafts = store.collection(DRAFT);
        for (int i = 0; i < DRAFTS; i++) {
            String id = "d" + i;
            if (drafts.get(id).isEmpty()) {
                drafts.create(JsonMapper.shared()
                                .createObjectNode()
                                .put("id", id)
                                .put("text", 0))
                        .block(LIMIT);
            }
        }
    }

    /** Closes every handle; what was seen through them is to end by that. */
    void closeHandles() {
        store.openScopes().forEach(Scope::close);
        handles.clear();
        stuckViewers.forEach(Disposable::dispose);
        stuckViewers.clear();
    }

    /** What follows the store and no scope does not end with one. */
    void dropViewers() {
        drop(viewers, 0);
    }

    void openScopes() {
        SCOPES.forEach(this::scope);
    }

    /** {@return what it shows, by scope, entity and id} */
    Map<String, String> shown() {
        Map<String, String> shown = new TreeMap<>();
        for (String id : SCOPES) {
            Scope scope = scope(id);
            Stream.of(PROJECT, TASK)
                    .forEach(type -> scope.snapshot(type)
                            .forEach(record -> shown.put(
                                    id
                                            + '/'
                                            + type.name()
                                            + '/'
                                            + record.path("id").asString(),
                                    canonical(record))));
        }
        return shown;
    }

    static String canonical(ObjectNode record) {
        Map<String, String> fields = new TreeMap<>();
        record.properties()
                .forEach(field -> fields.put(field.getKey(), field.getValue().toString()));
        return fields.toString();
    }

    /** {@return the numbers in its own records, of all that are there} */
    Map<String, Long> ownNumbers(Iterable<ObjectNode> tasks) {
        Map<String, Long> numbers = new HashMap<>();
        for (ObjectNode task : tasks) {
            String id = task.path("id").asString();
            if (id.startsWith(name + '-')) {
                numbers.put(id, task.path(Ledger.FIELD).asLong());
            }
        }
        return numbers;
    }

    List<ObjectNode> tasks() {
        return SCOPES.stream().flatMap(id -> scope(id).snapshot(TASK).stream()).toList();
    }
}
