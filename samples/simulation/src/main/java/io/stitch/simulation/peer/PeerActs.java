package io.stitch.simulation.peer;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;
import io.stitch.simulation.peer.PeerWrite.Kind;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Makes steps: what people do with peers, and what happens to them. */
final class PeerActs {
    private static final int TASKS = 8;
    /** How many there are to be written where somebody has made many. */
    private static final int MORE_TASKS = 30;

    private static final int FIRST_OF_MANY = 1_000;

    private static final long STRANGERS_HOURS = 2 * 3_600_000L;
    private static final List<String> EVERY_ID = IntStream.concat(
                    IntStream.range(0, TASKS),
                    PeerWorld.SCOPES.stream()
                            .mapToInt(PeerActs::firstOfMany)
                            .flatMap(first -> IntStream.range(first, first + 5)))
            .mapToObj(number -> "t" + number)
            .toList();

    private final Random random;
    private final int peers;

    PeerActs(Random random, int peers) {
        this.random = random;
        this.peers = peers;
    }

    /** A step of one peer's. Copies that were made since may be meant, too. */
    private Step<PeerWorld> on(String text, Consumer<Peer> action) {
        int index = random.nextInt(peers + 1);
        return new Step<>("peer %d: %s".formatted(index + 1, text), Pause.any(random), world -> {
            List<Peer> all = world.peers();
            action.accept(all.get(index % all.size()));
        });
    }

    private static String scope(Random random) {
        return PeerWorld.SCOPES.get(random.nextInt(PeerWorld.SCOPES.size()));
    }

    /** Each scope has its own. */
    private static int firstOfMany(String scope) {
        return FIRST_OF_MANY * (1 + PeerWorld.SCOPES.indexOf(scope));
    }

    private static String other(String scope) {
        return PeerWorld.SCOPES.get(scope.equals(PeerWorld.SCOPES.get(0)) ? 1 : 0);
    }

    /** One of the writes that there are, whatever is there. */
    private record Spec(Kind kind, boolean root, String scope, int task, String field, boolean byFunction) {
        static Spec any(Random random) {
            int choice = random.nextInt(10);
            Kind kind = choice < 3 ? Kind.CREATE : choice < 8 ? Kind.UPDATE : choice == 8 ? Kind.MOVE : Kind.DELETE;
            boolean root = random.nextInt(5) == 0 && kind != Kind.MOVE;
            String scope = PeerActs.scope(random);
            int task = random.nextInt(4) == 0 ? firstOfMany(scope) + random.nextInt(MORE_TASKS) : random.nextInt(TASKS);
            boolean byFunction = random.nextInt(3) == 0;
            String field = kind == Kind.UPDATE && random.nextInt(3) > 0
                    ? PeerLedger.FIELDS.get(random.nextInt(PeerLedger.FIELDS.size()))
                    : PeerLedger.BY;
            return new Spec(kind, root, scope, task, field, byFunction);
        }

        String id() {
            return root ? scope : "t" + task;
        }

        @Override
        public String toString() {
            return "%s %s of %s %s in %s"
                    .formatted(
                            kind.name().toLowerCase(java.util.Locale.ROOT),
                            field,
                            root ? "project" : "task",
                            id(),
                            scope);
        }
    }

    Step<PeerWorld> write() {
        Spec spec = Spec.any(random);
        boolean cancels = random.nextInt(20) == 0;
        return on(spec + (cancels ? ", and goes away" : ""), peer -> write(peer, List.of(spec), cancels));
    }

    Step<PeerWorld> batch() {
        List<Spec> specs = new ArrayList<>();
        int count = 2 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            specs.add(Spec.any(random));
        }
        return on("batch " + specs, peer -> write(peer, specs, false));
    }

    private static void write(Peer peer, List<Spec> specs, boolean cancels) {
        PeerProcess process = peer.process();
        List<PeerWrite> writes = new ArrayList<>();
        List<Mutation<?>> mutations = new ArrayList<>();
        for (Spec spec : specs) {
            Scope scope = process.isRunning() ? process.scope(spec.scope()) : null;
            if (scope != null) {
                String key = (spec.root() ? "/project/" : "/task/") + spec.id();
                boolean moves = spec.kind() == Kind.MOVE;
                PeerWrite write = peer.world()
                        .ledger()
                        .issue(
                                process,
                                spec.kind(),
                                (moves ? other(spec.scope()) : spec.scope()) + key,
                                spec.field(),
                                moves ? spec.scope() + key : null,
                                seen(scope, spec));
                // Who keeps nothing, and moves it into a scope that is not open there, has it no more.
                write.excused |=
                        peer.disk() == null && spec.kind() == Kind.MOVE && process.scope(other(spec.scope())) == null;
                writes.add(write);
                mutations.add(mutation(scope, spec, write));
            }
        }
        if (specs.size() > 1 && !writes.isEmpty()) {
            process.batch(writes, mutations);
        } else if (!writes.isEmpty()) {
            process.write(writes.get(0), mutations.get(0), cancels);
        }
    }

    private static @Nullable JsonNode seen(Scope scope, Spec spec) {
        return (spec.root() ? scope.get(PeerProcess.PROJECT, spec.id()) : scope.get(PeerProcess.TASK, spec.id()))
                .orElse(null);
    }

    private static Mutation<?> mutation(Scope scope, Spec spec, PeerWrite write) {
        var type = spec.root() ? PeerProcess.PROJECT : PeerProcess.TASK;
        return switch (spec.kind()) {
            case CREATE -> {
                ObjectNode record = JsonNodeFactory.instance
                        .objectNode()
                        .put("id", spec.id())
                        .put("by", write.tag());
                yield scope.create(type, spec.root() ? record : record.put(PeerProcess.SCOPE_FIELD, spec.scope()));
            }
            case UPDATE ->
                spec.byFunction()
                        ? scope.update(type, spec.id(), record -> record.put(spec.field(), write.tag()))
                        : scope.update(type, spec.id(), Patch.of(spec.field(), write.tag()));
            case MOVE -> {
                yield scope.update(
                        type,
                        spec.id(),
                        Patch.of(PeerProcess.SCOPE_FIELD, other(spec.scope())).and("by", write.tag()));
            }
            case DELETE -> scope.delete(type, spec.id());
            case CHANGE -> throw new IllegalArgumentException("What is counted is a tally's: " + spec);
        };
    }

    /** More than is compared one by one. */
    Step<PeerWorld> fill() {
        String scope = scope(random);
        int count = 15 + random.nextInt(random.nextInt(6) == 0 ? 200 : 20);
        List<Spec> specs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            specs.add(new Spec(Kind.CREATE, false, scope, firstOfMany(scope) + i, PeerLedger.BY, false));
        }
        return on("create %d tasks in %s".formatted(count, scope), peer -> write(peer, specs, false));
    }

    /** Somebody names in one scope what another one has, and so do peers that hold it. */
    Step<PeerWorld> stranger() {
        String scope = scope(random);
        String id =
                "t" + (random.nextBoolean() ? random.nextInt(TASKS) : firstOfMany(other(scope)) + random.nextInt(5));
        long ahead = random.nextInt((int) STRANGERS_HOURS) - STRANGERS_HOURS / 2;
        int sender = random.nextInt(peers);
        int choice = random.nextInt(5);
        String what = choice == 0 ? "says hello with ids of all scopes" : (choice < 3 ? "deletes " : "writes ") + id;
        return new Step<>("a stranger %s in %s".formatted(what, scope), Pause.any(random), world -> {
            Stranger stranger = new Stranger(world);
            String name = world.peers().get(sender).name();
            if (choice == 0) {
                stranger.holds(scope, EVERY_ID);
            } else if (choice < 3) {
                stranger.deletes(scope, id, name, ahead);
            } else {
                stranger.writes(scope, id, name, ahead);
            }
        });
    }

    Step<PeerWorld> turn() {
        String scope = scope(random);
        return on("open or close " + scope, peer -> peer.process().turn(scope));
    }

    Step<PeerWorld> look() {
        return on("look", peer -> new PeerVerdict(peer.world()).look(peer));
    }

    Step<PeerWorld> clock() {
        long skew = PeerConditions.skew(random);
        return random.nextInt(3) == 0
                ? on("its clock stands still", peer -> peer.process().lane().stopClock())
                : on("its clock is off by %d ms".formatted(skew), peer -> peer.skew(skew));
    }

    Step<PeerWorld> network() {
        int island = random.nextInt(2);
        int stall = random.nextInt(40_000);
        return switch (random.nextInt(6)) {
            case 0 ->
                on("it is on island " + island, peer -> peer.world().network().island(peer.name(), island));
            case 1 ->
                on("it has no network any more", peer -> peer.world().network().cut(peer.name()));
            case 2, 3 ->
                on("it has a network again", peer -> peer.world().network().reconnect(peer.name()));
            case 4 -> on("its connection breaks", peer -> peer.world().network().breakConnection(peer.name()));
            default ->
                on(
                        "its connection stands still for %d ms".formatted(stall),
                        peer -> peer.world().network().stall(peer.name(), stall));
        };
    }

    Step<PeerWorld> disk() {
        int count = 1 + random.nextInt(3);
        boolean after = random.nextInt(3) == 0;
        boolean reads = random.nextInt(3) == 0;
        String text = reads
                ? "the next %d reads fail".formatted(count)
                : "the next %d batches fail%s".formatted(count, after ? " after they were written" : "");
        return on(text, peer -> {
            Disk disk = peer.disk();
            if (disk != null && reads) {
                disk.faults().failingReads = count;
            } else if (disk != null) {
                disk.faults().failingBatches = count;
                disk.faults().failsAfterWriting = after;
            }
        });
    }

    Step<PeerWorld> end() {
        return switch (random.nextInt(4)) {
            case 0 -> on("the process dies", peer -> peer.process().kill());
            case 1 -> on("the store is closed", peer -> peer.process().stop());
            default ->
                on("the process dies and is started anew", peer -> {
                    peer.process().kill();
                    peer.restart();
                });
        };
    }

    Step<PeerWorld> update() {
        boolean plain = random.nextInt(3) == 0;
        boolean whole = random.nextInt(4) == 0;
        String version = plain ? "an old version" : "the newest version" + (whole ? ", merging whole records" : "");
        return on("it is started anew, in " + version, peer -> {
            peer.plain(plain);
            peer.whole(whole);
            peer.process().kill();
            peer.restart();
        });
    }

    Step<PeerWorld> restart() {
        return on("the process is started anew", Peer::restart);
    }

    Step<PeerWorld> copy() {
        return on("its disk is copied, and becomes a peer", peer -> peer.world().copy(peer));
    }
}
