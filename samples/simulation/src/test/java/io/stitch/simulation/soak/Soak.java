package io.stitch.simulation.soak;

import io.stitch.reactive.DiagnosticCode;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Devices with a server, and peers, round after round: a while in which everything fails, then a rest in which nothing does, after which
 * everything is to be where it was at the first rest.
 */
final class Soak implements AutoCloseable {
    private static final int WITH_SERVER = 4;
    private static final int PEERS = 3;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
    /** The threads of a connection, and its sockets, end some seconds after it. */
    private static final Duration IDLE_THREADS_END = Duration.ofSeconds(15);

    private static final int[] REFUSALS = {400, 403, 404, 409, 429, 500, 503};

    private final Problems problems = new Problems();
    private final Answers answers = new Answers(problems);
    private final Random random;
    private final RemoteServer server;
    private final Wire serverWire;
    private final Wire peerWire;
    private final List<Device> devices = new ArrayList<>();
    private final Map<String, Integer> faults = new TreeMap<>();
    private boolean deletesMayBeLies;

    Soak(Path folder, boolean oldServer, long seed) throws IOException {
        random = new Random(seed);
        server = new RemoteServer(folder.resolve("server"), oldServer);
        serverWire = new Wire("soak-wire", server.serverPort());
        peerWire = new Wire("soak-peer-wire", server.brokerPort());
        for (String scope : Device.SCOPES) {
            server.tell("put project " + project(scope));
        }
        for (int i = 0; i < WITH_SERVER + PEERS; i++) {
            boolean peer = i >= WITH_SERVER;
            devices.add(new Device(
                    (peer ? "peer" : "device") + i,
                    peer,
                    i % 2 == 1,
                    (peer ? peerWire : serverWire).url(),
                    folder,
                    seed + 10L * i,
                    problems,
                    answers));
        }
    }

    private static ObjectNode project(String id) {
        return JsonMapper.shared().createObjectNode().put("id", id).put("name", "Project " + id);
    }

    List<String> problems() {
        return problems.found();
    }

    /** Begins, and creates what peers begin with. */
    void start() throws InterruptedException {
        forEach(devices, Device::start);
        Device first = peers().get(0);
        for (String scope : Device.SCOPES) {
            first.store()
                    .openScope(scope)
                    .create(Device.PROJECT, project(scope))
                    .block(Device.LIMIT);
        }
    }

    private List<Device> peers() {
        return devices.stream().filter(Device::isPeer).toList();
    }

    private List<Device> withServer() {
        return devices.stream().filter(device -> !device.isPeer()).toList();
    }

    // ---- a round ----

    void round(Duration duration) throws InterruptedException {
        deletesMayBeLies = false;
        faults.clear();
        List<ScheduledExecutorService> users = devices.stream().map(Device::use).toList();
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            misfortune();
            Mono.delay(Duration.ofMillis(random.nextInt(600))).block();
        }
        heal();
        for (ScheduledExecutorService user : users) {
            user.shutdown();
            if (!user.awaitTermination(Device.LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                problems.add("a thread of an application hangs: "
                        + devices.stream().map(Device::state).toList());
            }
        }
    }

    private void heal() {
        serverWire.heal();
        peerWire.heal();
        devices.forEach(device -> device.disk.heal());
        for (String command :
                List.of("drop-replies 0", "drop-events false", "fail-commits false", "delay-replies 0", "fail 0 500")) {
            server.tell(command);
        }
    }

    private void misfortune() {
        Wire wire = random.nextInt(3) == 0 ? peerWire : serverWire;
        Device device = devices.get(random.nextInt(devices.size()));
        switch (random.nextInt(14)) {
            case 0 -> fault("cut", wire::cut);
            case 1 -> during("connections held", 700, wire::hold);
            case 2 -> during("connections lossy", 300, wire::lose);
            case 3 ->
                during("connections refused", 500, refuse -> {
                    wire.refuse(refuse);
                    wire.cut();
                });
            case 4 -> fault("disconnected", () -> server.tell("disconnect"));
            case 5 -> fault("server restarted", () -> server.tell("restart"));
            case 6 -> fault("replies lost", () -> server.tell("drop-replies " + random.nextInt(20)));
            case 7 -> during("events lost", 300, lose -> server.tell("drop-events " + lose));
            case 8 -> during("commits failed", 300, fail -> server.tell("fail-commits " + fail));
            case 9 -> during("replies late", 500, late -> server.tell("delay-replies " + (late ? 100 : 0)));
            case 10 -> refusals();
            case 11 -> during("disk full", 1_000, device.disk::full);
            case 12 -> during("disk unreadable", 1_000, device.disk::unreadable);
            default -> during("disk slow", 1_000, device.disk::slow);
        }
    }

    private void refusals() {
        int code = REFUSALS[random.nextInt(REFUSALS.length)];
        if (code == 404) {
            deletesMayBeLies = true;
        }
        fault("refusals", () -> server.tell("fail %d %d".formatted(1 + random.nextInt(30), code)));
    }

    private void fault(String what, Runnable fault) {
        faults.merge(what, 1, Integer::sum);
        fault.run();
    }

    private void during(String what, int millis, Consumer<Boolean> fault) {
        faults.merge(what, 1, Integer::sum);
        fault.accept(true);
        Mono.delay(Duration.ofMillis(100 + random.nextInt(millis))).block();
        fault.accept(false);
    }

    // ---- a rest ----

    /** Waits until everything has settled, looks whether all is right, and measures. */
    Resources rest() throws InterruptedException {
        forEach(devices, Device::sendAll);
        forEach(devices, Device::openScopes);
        agree("after the faults");
        forEach(devices, Device::sendAndTidyForAll);
        Set<String> there = new TreeSet<>(server.records("task").stream()
                .map(task -> task.path("id").asString())
                .toList());
        for (int i = 0; i < Device.SHARED_RECORDS; i++) {
            if (!there.contains("s" + i)) {
                server.tell("put task " + Device.task("s" + i));
            }
        }
        peers().get(0).tidyShared();
        forEach(devices, Device::sendAll);
        agree("when all was sent");
        judge();
        everybodyWasTold();
        forEach(devices, Device::openScopes);
        agree("when all was opened again");
        Mono.delay(IDLE_THREADS_END).block();
        // A machine that was busy may have kept a store from its keep-alive meanwhile.
        await(
                () -> devices.stream().allMatch(Device::isConnected),
                () -> problems.add("not all are connected: "
                        + devices.stream().map(Device::state).toList()));
        agree("when all was over");
        return measure();
    }

    /** Some devices may have had to ask others for what they show: that takes as long as they compare. */
    private void agree(String when) {
        await(() -> withServer().stream().allMatch(device -> device.shown().equals(onServer())), () -> {
            Map<String, String> there = onServer();
            withServer().forEach(device -> differences(device.name + ' ' + when, device.shown(), there));
        });
        Device first = peers().get(0);
        await(
                () -> peers().stream().allMatch(device -> device.shown().equals(first.shown())),
                () -> peers().forEach(device -> differences(
                        "%s %s, as %s".formatted(device.name, when, first.name), device.shown(), first.shown())));
    }

    private Map<String, String> onServer() {
        Map<String, String> there = new TreeMap<>();
        server.records("project")
                .forEach(project -> there.put(
                        "%1$s/project/%1$s".formatted(project.path("id").asString()), Device.canonical(project)));
        server.records("task")
                .forEach(task -> there.put(
                        task.path("projectId").asString() + "/task/"
                                + task.path("id").asString(),
                        Device.canonical(task)));
        return there;
    }

    private void differences(String who, Map<String, String> shown, Map<String, String> there) {
        Set<String> all = new TreeSet<>(shown.keySet());
        all.addAll(there.keySet());
        for (String key : all) {
            if (!String.valueOf(shown.get(key)).equals(String.valueOf(there.get(key)))) {
                problems.add(
                        "%s: %s is shown as %s, and there is %s".formatted(who, key, shown.get(key), there.get(key)));
            }
        }
    }

    private void judge() {
        List<ObjectNode> tasks = server.records("task");
        withServer().forEach(device -> device.ledger.judge(device.name, device.ownNumbers(tasks), deletesMayBeLies));
        peers().forEach(device -> device.ledger.judge(device.name, device.ownNumbers(device.tasks()), false));
        for (Device device : devices) {
            Map<DiagnosticCode, Long> counts = device.store().diagnosticCounts();
            for (DiagnosticCode code : List.of(DiagnosticCode.INTERNAL_ERROR, DiagnosticCode.FATAL_ERROR)) {
                if (counts.getOrDefault(code, 0L) > 0) {
                    problems.add("%s reports %s".formatted(device.name, code));
                }
            }
        }
    }

    private void everybodyWasTold() {
        devices.forEach(Device::closeHandles);
        devices.forEach(Device::dropViewers);
        // Each store has two that listen as long as it lives.
        await(
                () -> answers.open().size() == 2 * devices.size(),
                () -> problems.add("nobody was told: " + answers.open()));
    }

    private Resources measure() {
        Resources.liveHeap(); // What is freed by one thread of the JVM is found by the next collection.
        return new Resources(
                LiveObjects.now(),
                Resources.threadsNow(),
                Resources.descriptorsNow(),
                devices.stream().mapToLong(Device::fileSize).sum(),
                serverWire.subscriptions() + peerWire.subscriptions(),
                devices.stream().mapToInt(device -> device.shown().size()).sum());
    }

    private static void await(BooleanSupplier condition, Runnable late) {
        long end = System.nanoTime() + Device.LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                late.run();
                return;
            }
            Mono.delay(BETWEEN_LOOKS).block();
        }
    }

    private void forEach(Collection<Device> all, Consumer<Device> action) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(all.size());
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (Device device : all) {
            tasks.add(() -> {
                try {
                    action.accept(device);
                } catch (RuntimeException e) {
                    problems.add("%s: %s; %s".formatted(device.name, e, device.state()));
                    e.printStackTrace(System.out);
                }
                return true;
            });
        }
        threads.invokeAll(tasks);
        threads.shutdown();
        threads.awaitTermination(Device.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** {@return what happened since this was asked last, and the server's heap} */
    String happened() {
        Map<String, Integer> told = new TreeMap<>();
        devices.forEach(
                device -> device.ledger.counts().forEach((what, count) -> told.merge(what, count, Integer::sum)));
        return "faults %s; told %s; %d restarts, %d logouts so far; the server's heap %s"
                .formatted(
                        faults,
                        told,
                        sum(device -> device.restarts),
                        sum(device -> device.logouts),
                        Resources.megabytes(Long.parseLong(server.ask("heap"))));
    }

    private int sum(Function<Device, AtomicInteger> counter) {
        return devices.stream().map(counter).mapToInt(AtomicInteger::get).sum();
    }

    static String now() {
        return LocalTime.now(ZoneId.systemDefault())
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
    }

    @Override
    public void close() throws Exception {
        try {
            forEach(devices, Device::close);
            serverWire.close();
            peerWire.close();
        } finally {
            server.close();
        }
    }
}
