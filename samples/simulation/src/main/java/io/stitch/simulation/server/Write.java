package io.stitch.simulation.server;

import io.stitch.reactive.WriteKind;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** One write of an application: what was meant, what its writer was told, and what the server did. */
final class Write {
    /** What its writer knows. */
    enum Told {
        /** Nothing yet. */
        NOTHING,
        /** That the server has it. */
        SYNCED,
        /** That it is durable, and sent when it can be. */
        QUEUED,
        /** That it is kept on this device. */
        LOCAL,
        /** That it is undone, or never was applied. */
        FAILED,
        /** Nothing any more: its writer went away, or the process died. */
        GONE
    }

    /**
     * The server did it.
     *
     * @param at when, as the time that has elapsed
     * @param order its place among all that the server did
     * @param user whom the server took its sender for
     * @param request the topic of the answer
     * @param generation which life of the server it was
     */
    record Execution(long at, int order, String user, String request, int generation) {}

    final int number;
    final Device device;
    final int process;
    final WriteKind kind;
    final String entity;
    final String id;
    final @Nullable String scope;
    /** Whose it may be: more than one where it was made while somebody logged in or out. */
    final Set<String> users;

    /** Whether it has a field that no other write touches, so that it is found in whatever it becomes part of. */
    final boolean marked;

    /** The records that it names. */
    final List<String> refersTo = new ArrayList<>();

    /** What it adds to the number of its record, or 0; then its value is in the list, too. */
    int adds;

    final List<Execution> executions = new ArrayList<>();
    final long at;
    /** The version that it is to be done at, or 0 for any. */
    long expected;

    /** Whether it is never kept, and ends where others wait. */
    boolean onlineOnly;
    /** Whether it is undone here, and nobody knows whether the server did it, or will yet. */
    boolean openEnded;
    /** Whether whoever is told of it throws, so that what it was told is not what was said. */
    boolean tellingFails;

    /** Whether nothing was closed, or being closed, when it was made. */
    boolean madeOpen;

    Told told = Told.NOTHING;
    long toldAt;

    @Nullable
    Throwable error;

    @Nullable
    String rejected;
    /** Whether it was made where nothing is kept, or what was kept has been deleted: it may be lost. */
    boolean perishable;
    /** The requests with which the server was asked for it, and did not do it then, by where they are answered. */
    final Set<String> refusedAs = new HashSet<>();
    /** Whether the store said that a write of its record is refused, which may have been this one. */
    boolean undone;
    /** Whether it was reported to be dropped. */
    boolean dropped;
    /** Whether somebody lied about it: an error was answered though it was executed. */
    boolean excused;
    /** Whether its result comes behind those of the writes before it, and may be old news by then. */
    boolean toldInTurn;
    /** Whether its disk could not take that it was refused, so that it is sent again by a process that comes after. */
    boolean mayComeBack;

    Write(
            int number,
            Device device,
            WriteKind kind,
            String entity,
            String id,
            @Nullable String scope,
            boolean marked,
            Set<String> users,
            long at) {
        this.number = number;
        this.device = device;
        this.process = device.process().number();
        this.kind = kind;
        this.entity = entity;
        this.id = id;
        this.scope = scope;
        this.marked = marked;
        this.users = Set.copyOf(users);
        this.at = at;
    }

    /** The field that only it has. */
    String mark() {
        return "m" + number;
    }

    /** The value that only it has, in a field that others write too. */
    String value() {
        return "w" + number;
    }

    String record() {
        return entity + '/' + id;
    }

    /** {@return whether it is known to be done or undone, and not waiting any more} */
    boolean isSettled() {
        return !executions.isEmpty() || told == Told.FAILED || rejected != null;
    }

    boolean isCompared() {
        return expected > 0;
    }

    /** Whether a user may have made it: what nobody made is whoever's who comes next. */
    boolean mayBeOf(String user) {
        return users.contains(Login.NOBODY) || users.contains(user);
    }

    boolean isBefore(Write other) {
        return number < other.number;
    }

    @Override
    public String toString() {
        return "%s (%s%s %s by %s of %s, told %s%s)"
                .formatted(
                        value(),
                        kind.name().toLowerCase(Locale.ROOT),
                        expected == 0 ? "" : (onlineOnly ? " or fail" : " or queue") + " at " + expected,
                        record(),
                        device.name(),
                        users,
                        told,
                        error == null ? "" : ": " + error);
    }
}
