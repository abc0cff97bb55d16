package io.stitch.simulation.server;

import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Makes steps: what the network, the server, the clocks and other clients do to stores. */
final class Mishaps {
    private static final long LONGEST_STALL = 40_000;
    private static final long LONGEST_SKEW = 20 * 3_600_000L;
    private static final List<String> ENTITIES = List.of("project", "task", "task", "member", "note", "link", "person");
    private static final List<Refusal> REFUSALS = List.of(
            new Refusal(401, "the session is over"),
            new Refusal(403, "forbidden: on purpose"),
            new Refusal(404, "not found: on purpose"),
            new Refusal(409, "conflict: two wrote at once"),
            new Refusal(409, "unique constraint violation: on purpose"),
            new Refusal(412, "another version"),
            new Refusal(429, "too many requests"),
            new Refusal(429, "too many requests"),
            new Refusal(500, "internal error"),
            new Refusal(503, "unavailable"),
            new Refusal(503, "unavailable"));

    /** What an honest server may say although it did what it was asked for. */
    private static final List<Refusal> UNCERTAIN = List.of(
            new Refusal(500, "internal error"), new Refusal(503, "unavailable"), new Refusal(429, "too many requests"));

    private final Random random;
    private final Acts acts;

    private record Refusal(int code, String message) {}

    Mishaps(Random random, Acts acts) {
        this.random = random;
        this.acts = acts;
    }

    private Step<World> world(String text, Consumer<World> action) {
        return new Step<>(text, Pause.any(random), action);
    }

    Step<World> network() {
        long stall = random.nextInt((int) LONGEST_STALL);
        int choice = random.nextInt(10);
        if (choice < 2) {
            return acts.on(
                    "its connection breaks", (world, device) -> world.network().breakConnection(device.name()));
        }
        if (choice < 5) {
            return acts.on(
                    "it has no network any more",
                    (world, device) -> world.network().cut(device.name()));
        }
        if (choice < 8) {
            return acts.on(
                    "it has a network again", (world, device) -> world.network().reconnect(device.name()));
        }
        return acts.on(
                "its connection stands still for %d ms".formatted(stall),
                (world, device) -> world.network().stall(device.name(), stall));
    }

    /** All come back at the same time, and find that something has changed. */
    Step<World> everybodyIsCut() {
        return new Step<>("the connections of all break, and others write in each scope", Pause.of(30_000), world -> {
            world.devices().forEach(device -> world.network().breakConnection(device.name()));
            world.scopes().forEach(scope -> world.others().put("task", scope, Others.CROWD));
        });
    }

    Step<World> refusedConnection() {
        int code = List.of(0x86, 0x87, 0x88, 0x89, 0x97).get(random.nextInt(5));
        return acts.on(
                "the broker will refuse it with 0x%x".formatted(code),
                (world, device) -> world.network().refuseNext(device.name(), code));
    }

    Step<World> refusedScope() {
        int code = List.of(401, 403, 403, 403, 429, 503).get(random.nextInt(6));
        String scope = acts.scope();
        return acts.on(
                "the server refuses it the scope %s with %d".formatted(scope, code),
                (world, device) -> new Refused(world, device, scope).refuse(code));
    }

    Step<World> refusals() {
        Refusal refusal = REFUSALS.get(random.nextInt(REFUSALS.size()));
        int count = 1 + random.nextInt(random.nextInt(3) == 0 ? 12 : 3);
        return world(
                "the server answers the next %d requests with %d %s"
                        .formatted(count, refusal.code(), refusal.message()),
                world -> world.refuse(count, refusal.code(), refusal.message()));
    }

    Step<World> lies() {
        Refusal refusal = UNCERTAIN.get(random.nextInt(UNCERTAIN.size()));
        return world(
                "the server executes the next write and answers %d".formatted(refusal.code()),
                world -> world.executions().lie(1, refusal.code(), refusal.message()));
    }

    Step<World> lostReplies() {
        int count = 1 + random.nextInt(4);
        return world(
                "the next %d replies are lost".formatted(count),
                world -> world.server().dropReplies(count));
    }

    Step<World> events() {
        boolean lost = random.nextBoolean();
        return world(
                lost ? "events are lost" : "events come again",
                world -> world.server().dropEvents(lost));
    }

    Step<World> slowReplies() {
        long millis = random.nextBoolean() ? 0 : random.nextInt(15_000);
        return world(
                "replies take %d ms".formatted(millis), world -> world.server().delayReplies(millis));
    }

    Step<World> server() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> world("the server's disk fails", world -> world.failCommits(true));
            case 2, 3, 4 -> world("the server's disk is well", world -> world.failCommits(false));
            case 5 -> world("the broker is stopped", world -> world.server().stopBroker());
            default -> world("the broker runs", World::startBroker);
        };
    }

    Step<World> life() {
        return switch (random.nextInt(4)) {
            case 0, 1 -> world("the server is backed up", World::backUp);
            case 2 -> world("the server is restored from its copy", World::restore);
            default -> world("the server is restarted", World::restartServer);
        };
    }

    Step<World> clock() {
        long skew = (long) ((random.nextDouble() - 0.5) * LONGEST_SKEW);
        long stall = random.nextInt(20_000);
        return switch (random.nextInt(4)) {
            case 0 ->
                acts.on(
                        "its clock stands still",
                        (world, device) -> device.process().lane().stopClock());
            case 1 -> acts.on("its clock is right", (world, device) -> device.skew(0));
            case 2 -> acts.on("its clock jumps to %d ms".formatted(skew), (world, device) -> device.skew(skew));
            default ->
                acts.on(
                        "its thread gets no processor for %d ms".formatted(stall),
                        (world, device) -> device.process().lane().stall(stall));
        };
    }

    Step<World> others() {
        if (random.nextInt(5) == 0) {
            return othersInTheCrowd();
        }
        String entity = ENTITIES.get(random.nextInt(ENTITIES.size()));
        String scope = acts.scope();
        int number = 1 + random.nextInt(3);
        String id = Entities.id(entity, scope, number);
        return random.nextInt(4) == 0
                ? world(
                        "another client deletes %s %s".formatted(entity, id),
                        world -> world.others().delete(entity, scope, number))
                : world(
                        "another client writes %s %s".formatted(entity, id),
                        world -> world.others().put(entity, scope, number));
    }

    private Step<World> othersInTheCrowd() {
        String scope = Entities.SCOPES.get(0);
        int first = random.nextInt(100);
        int count = 1 + random.nextInt(20);
        boolean deletes = random.nextInt(4) == 0;
        return world(
                "another client %s %d tasks of the crowd".formatted(deletes ? "deletes" : "writes", count), world -> {
                    for (int i = first; i < first + count && world.conditions().crowd() > 0; i++) {
                        if (deletes) {
                            world.others().delete("task", scope, Others.CROWD + i);
                        } else {
                            world.others().put("task", scope, Others.CROWD + i);
                        }
                    }
                });
    }
}
