package io.stitch.simulation.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;
import io.stitch.simulation.peer.PeerWrite.Kind;
import io.stitch.simulation.peer.intruder.Stranger;
import io.stitch.simulation.peer.wire.Wire;
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
                    PeerWorld.PLACES.stream()
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

    /** One that a world may not have: then nothing is done there. */
    static String scope(Random random) {
        return PeerWorld.PLACES.get(random.nextInt(PeerWorld.PLACES.size()));
    }

    /** Each scope has its own. */
    private static int firstOfMany(String scope) {
        return FIRST_OF_MANY * (1 + PeerWorld.PLACES.indexOf(scope));
    }

    private static String other(String scope) {
        return PeerWorld.SCOPES.get(scope.equals(PeerWorld.SCOPES.get(0)) ? 1 : 0);
    }

    /** One of the writes that there are, whatever is there. */
    private record Spec(Kind kind, boolean root, String scope, int task, String field, boolean byFunction) {
        static Spec any(Random random) {
            int choice = random.nextInt(10);
            String scope = PeerActs.scope(random);
            Kind moves = Wire.isTop(scope) ? Kind.DELETE : Kind.MOVE;
            Kind kind = choice < 3 ? Kind.CREATE : choice < 8 ? Kind.UPDATE : choice == 8 ? moves : Kind.DELETE;
            boolean root = random.nextInt(5) == 0 && kind != Kind.MOVE && !Wire.isTop(scope);
            int task = random.nextInt(4) == 0 ? firstOfMany(scope) + random.nextInt(MORE_TASKS) : random.nextInt(TASKS);
            boolean byFunction = random.nextInt(3) == 0;
            String field = kind == Kind.UPDATE && random.nextInt(3) > 0
                    ? PeerLedger.FIELDS.get(random.nextInt(PeerLedger.FIELDS.size()))
                    : Wire.BY;
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
                            Wire.entity(scope, root),
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
            Place place = process.place(spec.scope());
            if (place != null) {
                String key = '/' + place.type(spec.root()).name() + '/' + spec.id();
                boolean moves = spec.kind() == Kind.MOVE;
                PeerWrite write = peer.world()
                        .ledger()
                        .issue(
                                process,
                                spec.kind(),
                                (moves ? other(spec.scope()) : spec.scope()) + key,
                                spec.field(),
                                moves ? spec.scope() + key : null,
                                seen(place, spec));
                // Who keeps nothing, and moves it into a scope that is not open there, has it no more.
                write.excused |=
                        peer.disk() == null && spec.kind() == Kind.MOVE && process.place(other(spec.scope())) == null;
                writes.add(write);
                mutations.add(mutation(place, spec, write));
            }
        }
        if (specs.size() > 1 && !writes.isEmpty()) {
            process.batch(writes, mutations);
        } else if (!writes.isEmpty()) {
            process.write(writes.get(0), mutations.get(0), cancels);
        }
    }

    private static @Nullable JsonNode seen(Place place, Spec spec) {
        return place.get(place.type(spec.root()), spec.id()).orElse(null);
    }

    private static Mutation<?> mutation(Place place, Spec spec, PeerWrite write) {
        EntityType<ObjectNode> type = place.type(spec.root());
        return switch (spec.kind()) {
            case CREATE -> {
                ObjectNode record = JsonNodeFactory.instance
                        .objectNode()
                        .put("id", spec.id())
                        .put(Wire.BY, write.tag());
                boolean inScope = !spec.root() && !Wire.isTop(spec.scope());
                yield place.create(type, inScope ? record.put(Wire.SCOPE_FIELD, spec.scope()) : record);
            }
            case UPDATE ->
                spec.byFunction()
                        ? place.update(type, spec.id(), record -> record.put(spec.field(), write.tag()))
                        : place.update(type, spec.id(), Patch.of(spec.field(), write.tag()));
            case MOVE -> {
                yield place.update(
                        type,
                        spec.id(),
                        Patch.of(Wire.SCOPE_FIELD, other(spec.scope())).and(Wire.BY, write.tag()));
            }
            case DELETE -> place.delete(type, spec.id());
            case CHANGE -> throw new IllegalArgumentException("What is counted is a tally's: " + spec);
        };
    }

    /** More than is compared one by one. */
    Step<PeerWorld> fill() {
        String scope = scope(random);
        int count = 15 + random.nextInt(random.nextInt(6) == 0 ? 200 : 20);
        List<Spec> specs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            specs.add(new Spec(Kind.CREATE, false, scope, firstOfMany(scope) + i, Wire.BY, false));
        }
        return on("create %d records in %s".formatted(count, scope), peer -> write(peer, specs, false));
    }

    /** Somebody names in one scope what another one has, and so do peers that hold it. */
    Step<PeerWorld> stranger() {
        String scope = scope(random);
        String id = "t"
                + (random.nextBoolean()
                        ? random.nextInt(TASKS)
                        : firstOfMany(Wire.isTop(scope) ? scope : other(scope)) + random.nextInt(5));
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
                ? on("its clock stands still", Peer::stopClock)
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

    /** Brokers come and go, and peers go from one to another. */
    Step<PeerWorld> broker() {
        int broker = random.nextInt(2);
        return random.nextInt(3) == 0
                ? new Step<>(
                        "the broker is started anew",
                        Pause.any(random),
                        world -> world.peers().forEach(peer -> world.network().breakConnection(peer.name())))
                : on("it goes to broker " + broker, peer -> peer.process().moveTo(broker));
    }

    /** Somebody wants to know which scopes there are, or who is there. */
    Step<PeerWorld> newcomer() {
        return switch (random.nextInt(4)) {
            case 0 -> on("it lists scopes", peer -> peer.process().list());
            case 1 -> on("it looks who is there", peer -> peer.process().watch());
            default ->
                new Step<>("a newcomer lists scopes", Pause.any(random), world -> new Newcomer(world).looksAround());
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
