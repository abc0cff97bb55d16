package io.stitch.simulation.server;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.spi.TicketProvider;
import io.stitch.simulation.Disk;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A device: its disk and its clock outlive the processes on it, of which one runs at a time. */
final class Device {
    private final World world;
    private final String name;
    private final @Nullable Disk disk;
    private final Set<String> users = new LinkedHashSet<>();
    private final List<StoreProcess> ended = new ArrayList<>();
    private long skew;
    private String user;
    private StoreProcess process;

    Device(World world, String name, String user, @Nullable Disk disk, long skew) {
        this.world = world;
        this.name = name;
        this.user = user;
        this.disk = disk;
        this.skew = skew;
        this.process = new StoreProcess(this, 1);
        users.add(user);
    }

    String name() {
        return name;
    }

    World world() {
        return world;
    }

    @Nullable
    Disk disk() {
        return disk;
    }

    StoreProcess process() {
        return process;
    }

    /** The processes that ended, as they were meant to or not. */
    List<StoreProcess> ended() {
        return ended;
    }

    /** Who has logged in here. */
    Set<String> users() {
        return users;
    }

    /** Who logged in last. */
    String user() {
        return user;
    }

    void user(String newUser) {
        user = newUser;
        users.add(newUser);
    }

    long skew() {
        return skew;
    }

    /** Sets the clock. */
    void skew(long millis) {
        skew = millis;
        process.lane().offset(millis);
    }

    RemoteOptions login(String who) {
        RemoteOptions remote = RemoteOptions.to("mqtt://broker.example");
        return world.conditions().tickets() ? remote.tickets(new Tickets(who)) : remote.login(who, World.password(who));
    }

    private static final class Tickets implements TicketProvider {
        private final String who;

        Tickets(String who) {
            this.who = who;
        }

        @Override
        public Mono<String> ticket() {
            return Mono.just(World.ticket(who));
        }

        @Override
        public Mono<AuthenticatedUser> user() {
            return Mono.just(new AuthenticatedUser(who));
        }
    }

    /** Starts a new process, if none runs. */
    void restart() {
        if (!process.isRunning()) {
            ended.add(process);
            process = new StoreProcess(this, process.number() + 1);
            process.start();
        }
    }

    /** The process dies, as if the power had gone. */
    void kill() {
        if (process.isRunning()) {
            process.kill();
        }
    }
}
