package io.stitch.simulation.server;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.simulation.Disk;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Who is logged in on a process, as far as its application can know: while somebody logs in or out, it may be the one or the other.
 */
final class Login {
    /** Nobody: what is written then belongs to whoever logs in next. */
    static final String NOBODY = "";

    private final StoreProcess process;
    private final Set<String> possible = new LinkedHashSet<>();
    /** Whose login the store may have. */
    private final Set<String> logins = new LinkedHashSet<>();

    private String target;
    private int changes;
    private int underWay;
    private int logoutsUnderWay;
    private boolean mayComeBack;
    private long changedAt = -1;
    private int writtenBeforeLogout;
    private boolean loggedOut;

    Login(StoreProcess process, String user) {
        this.process = process;
        this.target = user;
        logins.add(user);
        possible.add(user);
        if (process.device()
                .world()
                .conditions()
                .tickets()) { // Until they are asked, nobody knows who comes with tickets.
            possible.add(NOBODY);
        }
    }

    /** Who it may be now. */
    Set<String> possible() {
        return possible;
    }

    /** Whether a user's own may be told and shown now. */
    boolean mayBe(Set<String> users) {
        return users.contains(NOBODY) || users.stream().anyMatch(possible::contains);
    }

    void logOut() {
        begin(NOBODY);
        int change = changes;
        logoutsUnderWay++;
        process.ask("resetForLogout()", process.store().resetForLogout(), error -> {
            logoutsUnderWay--;
            loggedOut(change, error);
        });
    }

    private void loggedOut(int change, @Nullable Throwable error) {
        if (error != null || change != changes) {
            return;
        }
        settled(NOBODY);
        loggedOut = true;
        writtenBeforeLogout = process.device().world().ledger().writes().size();
        Disk disk = process.device().disk();
        if (disk != null && process.isRunning() && !process.isClosing()) {
            Entities.ALL.stream()
                    .flatMap(type -> disk.records(type.name()).stream())
                    .filter(record -> isOlder(record.entity() + '/' + record.id()))
                    .findFirst()
                    .ifPresent(record -> process.device()
                            .world()
                            .run()
                            .problem(
                                    "records after logout",
                                    "%s has %s on its disk when resetForLogout() has completed"
                                            .formatted(process.device().name(), record.key())));
        }
    }

    /** Whether nobody has written a record here since the logout began. */
    private boolean isOlder(String record) {
        return process.device().world().ledger().of(process.device(), record).noneMatch(write -> write.at >= changedAt);
    }

    void logIn(String user) {
        process.device().user(user);
        begin(user);
        int change = changes;
        underWay++;
        logins.add(user);
        process.ask(
                "reconnect(" + user + ")",
                process.store().reconnect(process.device().login(user)),
                error -> {
                    underWay--;
                    if (error == null && change == changes) {
                        logins.retainAll(Set.of(user));
                    }
                    if (error == null
                            && change == changes
                            && !process.device().world().conditions().tickets()) {
                        settled(user);
                    }
                });
    }

    /** Connects with the login that is there, when whoever is about to log out has, or when another's login has failed: they are back. */
    void comeBack() {
        if (target.equals(NOBODY)) {
            begin(process.device().user());
        }
        possible.addAll(logins);
    }

    /** Starts a store that has started, which connects it, too, when whoever is about to log out has. */
    void comeBackBeforeLeaving() {
        if (logoutsUnderWay == 0) {
            comeBack();
        } else {
            mayComeBack = true;
            possible.addAll(logins);
        }
    }

    /** A store that starts, maybe after it could not, begins with the login that it was made with: reconnecting needs one that has started. */
    void startsWith(String user) {
        if (loggedOut) {
            begin(user);
        } else {
            possible.add(user); // Whatever is under way comes after it.
        }
    }

    /** When somebody logged in or out last. */
    long changedAt() {
        return changedAt;
    }

    /** Whether somebody has begun to log in or out since something was written, or was about to. */
    boolean changedSince(Write write) {
        return changedAt >= write.at || possible.size() > 1;
    }

    /** Whether somebody has logged out since something was written. */
    boolean loggedOutSince(Write write) {
        return write.number <= writtenBeforeLogout;
    }

    private void begin(String user) {
        changes++;
        loggedOut = false;
        mayComeBack = false;
        changedAt = process.device().world().run().time().elapsed();
        target = user;
        possible.add(user);
    }

    /** The store says who it is. */
    void seen(Optional<AuthenticatedUser> user) {
        String now = user.map(AuthenticatedUser::id).orElse(NOBODY);
        process.device().world().run().trace(() -> process.device().name() + " is used by '" + now + "'");
        if (now.equals(target) && underWay > 1) {
            possible.add(now); // It may be the one before the last who comes once more.
        } else if (now.equals(target)) {
            settled(now);
        } else if (mayComeBack
                || (!loggedOut && process.device().world().conditions().tickets())) {
            possible.add(now); // Whoever was here last, until the ticket says who has come.
        } else if (loggedOut) {
            process.device()
                    .world()
                    .run()
                    .problem("logged in by itself", process.device().name() + " is " + now);
            settled(now);
        }
    }

    private void settled(String user) {
        possible.clear();
        possible.add(user);
    }
}
