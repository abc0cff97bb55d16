package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Scope;
import io.stitch.reactive.WriteKind;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Makes steps: what people do with stores. What else happens is made by {@link Mishaps}. */
final class Acts {
    private static final int LARGEST_BURST = 300;
    private final Random random;
    private final int stores;
    private final WriteSpec.Strangeness strangeness;
    private final boolean careless;
    private final List<String> scopes;

    Acts(Random random, int stores, List<String> all) {
        this.random = random;
        this.stores = stores;
        this.strangeness = WriteSpec.Strangeness.of(random);
        this.careless = random.nextInt(3) == 0;
        this.scopes = all.subList(0, random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(all.size()));
    }

    String scope() {
        return scopes.get(random.nextInt(scopes.size()));
    }

    /** A step of one device's. */
    Step<World> on(String text, BiConsumer<World, Device> action) {
        return on(text, Pause.any(random), action);
    }

    Step<World> on(String text, Pause pause, BiConsumer<World, Device> action) {
        return on(random.nextInt(stores), text, pause, action);
    }

    private Step<World> on(int index, String text, Pause pause, BiConsumer<World, Device> action) {
        return new Step<>("device%d: %s".formatted(index + 1, text), pause, world -> {
            if (index < world.devices().size()) {
                action.accept(world, world.devices().get(index));
            }
        });
    }

    /** A step of a process, if it was started and has not died. */
    Step<World> running(String text, Consumer<StoreProcess> action) {
        return on(text, (world, device) -> {
            if (!device.process().wasKilled()) {
                action.accept(device.process());
            }
        });
    }

    Step<World> write() {
        WriteSpec spec = WriteSpec.any(random, scope(), strangeness);
        return running(spec.toString(), process -> {
            if (spec.extra() == WriteSpec.Extra.OVERFLOWS) {
                process.disturb();
            }
            new Writer(process).write(spec);
        });
    }

    /** One store writes several lives of one record, most often each write after the one before it was answered. */
    List<Step<World>> lives() {
        int index = random.nextInt(stores);
        List<Step<World>> steps = new ArrayList<>();
        for (WriteSpec spec : WriteSpec.lives(random, scope())) {
            Pause pause = random.nextInt(5) == 0 ? Pause.any(random) : Pause.of(500 + random.nextInt(1_000));
            steps.add(on(index, spec.toString(), pause, (world, device) -> {
                if (!device.process().wasKilled()) {
                    new Writer(device.process()).write(spec);
                }
            }));
        }
        return steps;
    }

    Step<World> batch() {
        List<WriteSpec> specs = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        String scope = scope();
        for (int i = 0; i < count; i++) {
            specs.add(WriteSpec.any(random, scope, WriteSpec.Strangeness.NONE));
        }
        return running("batch " + specs, process -> new Writer(process).batch(specs));
    }

    /** Each device opens all scopes. */
    Step<World> openEverything() {
        return new Step<>(
                "all open all scopes",
                Pause.any(random),
                world -> world.devices()
                        .forEach(device ->
                                world.scopes().forEach(scope -> device.process().open(scope, false))));
    }

    /** One who sees a record adds to its number and to its list, once or a few times, and so do the others, at times. */
    Step<World> count() {
        List<WriteSpec> specs = WriteSpec.counting(random, scope());
        boolean all = random.nextInt(2) == 0;
        int times = 1 + random.nextInt(3);
        return whereSeen("count", specs, all, times);
    }

    /** One who sees a record writes it at the version that they see, and so do the others, at times. */
    Step<World> decide() {
        List<WriteSpec> specs = WriteSpec.compared(random, scope());
        boolean all = random.nextInt(3) == 0;
        return whereSeen("decide", specs, all, 1);
    }

    /** Does the first write of some whose record is seen, at one store or at all. */
    private Step<World> whereSeen(String what, List<WriteSpec> specs, boolean all, int times) {
        return running(what + " on " + specs.get(0).scope() + (all ? ", as all do" : ""), process -> {
            List<Device> devices = all ? process.device().world().devices() : List.of(process.device());
            devices.stream()
                    .map(Device::process)
                    .filter(each -> !each.wasKilled() && each.isRunning() && !each.isClosing())
                    .map(Writer::new)
                    .forEach(writer -> specs.stream()
                            .filter(spec -> writer.version(spec).isPresent())
                            .findFirst()
                            .ifPresent(spec -> Collections.nCopies(times, spec).forEach(writer::write)));
        });
    }

    /** Many writes at once. */
    Step<World> burst() {
        int count = 2 + random.nextInt(random.nextInt(3) == 0 ? LARGEST_BURST : 20);
        WriteSpec like = WriteSpec.any(random, scope(), WriteSpec.Strangeness.NONE);
        return running("%d times %s".formatted(count, like), process -> {
            Writer writer = new Writer(process);
            for (int i = 0; i < count; i++) {
                writer.write(like.kind() == WriteKind.CREATE ? like.numbered(10 + i) : like);
            }
        });
    }

    /** Writes, and does something else on the same thread before any of that has happened. */
    Step<World> writeAndGo() {
        String scope = scope();
        List<WriteSpec> specs = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            specs.add(WriteSpec.any(random, scope, WriteSpec.Strangeness.NONE));
        }
        String user = World.USERS.get(random.nextInt(World.USERS.size()));
        int next = random.nextInt(5);
        String what = List.of(
                        "log out",
                        "log in as " + user,
                        "close " + scope,
                        "close the store",
                        "log out, and in as " + user)
                .get(next);
        return running("write " + specs + " and " + what, process -> {
            Writer writer = new Writer(process);
            specs.forEach(writer::write);
            switch (next) {
                case 0 -> process.login().logOut();
                case 1 -> process.login().logIn(user);
                case 2 -> process.closeScope(scope);
                case 3 -> process.close();
                default -> {
                    process.login().logOut();
                    process.login().logIn(user);
                }
            }
        });
    }

    /** Watches each change from now on, and makes some. */
    Step<World> watchAndWrite() {
        String scope = scope();
        WriteSpec spec = WriteSpec.any(random, scope, WriteSpec.Strangeness.NONE);
        return running("watch mutations of " + scope + " and " + spec, process -> {
            Scope handle = process.handle(scope);
            if (handle != null) {
                process.views().add(new EventView(process, handle, true, -1, false));
                new Writer(process).write(spec);
            }
        });
    }

    Step<World> open() {
        String scope = scope();
        boolean replaces = random.nextInt(3) == 0;
        return running((replaces ? "replace " : "open ") + scope, process -> process.open(scope, replaces));
    }

    Step<World> close() {
        String scope = scope();
        return running("close " + scope, process -> process.closeScope(scope));
    }

    Step<World> load() {
        String scope = scope();
        return random.nextBoolean()
                ? running("load " + scope, process -> process.ask("loadScope()", store -> store.loadScope(scope)))
                : running("clear " + scope, process -> process.ask("clearScope()", store -> store.clearScope(scope)));
    }

    Step<World> watch() {
        String scope = scope();
        int kind = random.nextInt(5);
        int patience = random.nextInt(4) == 0 && careless ? random.nextInt(6) : -1;
        boolean overflows = patience >= 0 && random.nextInt(10) == 0;
        EntityType<ObjectNode> type = Entities.SCOPED.get(random.nextInt(Entities.SCOPED.size()));
        String what = List.of("events", "mutations", "records", "pending", "nothing any more")
                .get(kind);
        return running("watch %s of %s%s".formatted(what, scope, patience < 0 ? "" : ", and throw"), process -> {
            Scope handle = process.handle(scope);
            if (handle == null) {
                return;
            }
            if (overflows) {
                process.disturb();
            }
            switch (kind) {
                case 0, 1 -> process.views().add(new EventView(process, handle, kind == 1, patience, overflows));
                case 2, 3 -> process.views().add(new ListView(process, handle, type, kind == 3, patience));
                default ->
                    process.views().stream()
                            .filter(view -> !view.isOver())
                            .findFirst()
                            .ifPresent(View::cancel);
            }
        });
    }

    /** Tries a rule, when it is quiet. */
    Step<World> probe() {
        String scope = scope();
        int variant = random.nextInt(1_000);
        return on("try a rule in " + scope, (world, device) -> {
            StoreProcess process = device.process();
            if (process.isRunning() && !process.isClosing() && new Checks(world).look(device)) {
                new Writer(process).probeUnique(scope, variant);
            }
        });
    }

    /** Looks closely, when it is quiet. */
    Step<World> look() {
        return on("look", Pause.NONE, (world, device) -> {
            if (device.process().isRunning()) {
                new Checks(world).look(device);
            }
        });
    }

    Step<World> logOut() {
        return running("log out", process -> process.login().logOut());
    }

    Step<World> logIn() {
        String user = World.USERS.get(random.nextInt(World.USERS.size()));
        return running("log in as " + user, process -> process.login().logIn(user));
    }

    Step<World> connect() {
        return switch (random.nextInt(4)) {
            case 0 -> running("disconnect", process -> process.ask("disconnect()", store -> store.disconnect()));
            case 1 ->
                running("reconnect", process -> {
                    process.login().comeBack();
                    process.ask("reconnect()", store -> store.reconnect());
                });
            default ->
                running("connect", process -> {
                    process.login().comeBack();
                    process.ask("connect()", store -> store.connect());
                });
        };
    }

    Step<World> ask() {
        String scope = scope();
        return switch (random.nextInt(4)) {
            case 0 ->
                running("retry what is parked", process -> process.ask("retryParked()", store -> store.retryParked()));
            case 1 ->
                running(
                        "read " + scope,
                        process -> process.ask("read()", store -> store.read(Entities.PROJECT, scope)));
            case 2 ->
                running(
                        "list tasks",
                        process -> process.ask("list()", store -> store.list(Entities.TASK, ListQuery.all())));
            default ->
                running(
                        "list roots",
                        process -> process.ask(
                                "listRoots()",
                                store -> store.listRoots(Entities.PROJECT).then()));
        };
    }

    /** Looks at what is pending, and drops one of it, or has it tried again. */
    Step<World> reconsider() {
        int which = random.nextInt(100);
        boolean drops = random.nextInt(4) > 0;
        return running(
                drops ? "drop a pending write" : "have a pending write tried again",
                process -> process.reconsider(which, drops));
    }

    Step<World> start() {
        return running("start", process -> {
            process.login().comeBackBeforeLeaving(); // A store that was started and disconnected connects again.
            process.startAgain();
        });
    }

    Step<World> endProcess() {
        int choice = random.nextInt(10);
        if (choice < 5) {
            return on("the process dies", (world, device) -> device.kill());
        }
        return choice < 9
                ? running("close the store", StoreProcess::close)
                : running("clear the local data", StoreProcess::clear);
    }

    Step<World> restart() {
        return on("start the process anew", (world, device) -> device.restart());
    }

    Step<World> dieAndRestart() {
        return on("the process dies and is started anew", (world, device) -> {
            device.kill();
            device.restart();
        });
    }

    Step<World> disk() {
        int count = 1 + random.nextInt(3);
        boolean after = random.nextInt(3) == 0;
        int slow = random.nextInt(5_000);
        int choice = random.nextInt(10);
        if (choice < 5) {
            return onDisk(
                    "the next %d batches fail%s".formatted(count, after ? " after they were written" : ""), disk -> {
                        disk.faults().failingBatches = count;
                        disk.faults().failsAfterWriting = after;
                    });
        }
        if (choice < 7) {
            return onDisk("the next %d reads fail".formatted(count), disk -> disk.faults().failingReads = count);
        }
        if (choice < 9) {
            return onDisk("reads take %d ms more".formatted(slow), disk -> disk.faults().readDelayMillis = slow);
        }
        return onDisk("the disk takes up to %d ms".formatted(slow), disk -> disk.faults().longestDelayMillis = slow);
    }

    private Step<World> onDisk(String text, Consumer<Disk> action) {
        return on(text, (world, device) -> {
            Disk disk = device.disk();
            if (disk != null) {
                action.accept(disk);
            }
        });
    }
}
