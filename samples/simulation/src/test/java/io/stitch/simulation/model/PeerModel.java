package io.stitch.simulation.model;

import io.stitch.simulation.model.State.Message;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Peers that write, delete, merge and compare one record (protocol sections 5.1 to 5.4, and when a tombstone may go), in every order, with every
 * loss, repetition and delay, while one may leave for good: breadth first, each state once. In each state everything under way is lost, those who are
 * left compare with one another until nothing changes, and then must agree on what follows from all that any of them has ever heard.
 */
final class PeerModel {
    private static final int WRITERS = 4;
    private static final int MOST_ROUNDS = 50;

    private final Bounds bounds;
    private final Set<Fault> faults;

    /** How much is looked at. */
    record Bounds(int peers, int fields, int writes) {}

    /** What the model may get wrong on purpose, so that it is known to notice. */
    enum Fault {
        /** Who hears of a delete does not remember it. */
        FORGETS_ON_RECEIPT,
        /** A tombstone goes though a peer may still hold the record. */
        FORGETS_EARLY,
        /**
         * A peer that once said that it does not hold what was deleted counts as one that never will, while somebody else still holds it, and may give it
         * to that peer.
         */
        BELIEVES_A_HELLO_FOR_EVER,
        /** The later record wins as a whole. */
        MERGES_WHOLE_RECORDS,
        /** Records with one stamp count as the same, whatever the stamps of their fields. */
        COMPARES_ONE_STAMP,
        /** A delete wins whatever its stamp. */
        DELETES_ALWAYS_WIN,
        /** The clock does not learn from what it hears. */
        CLOCK_STANDS_ALONE
    }

    /** What came of it: how many states there are, and how one of them came about that is wrong. */
    record Result(int states, Optional<String> counterexample) {}

    PeerModel(Bounds bounds, Fault... faults) {
        this.bounds = bounds;
        this.faults = faults.length == 0 ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(Arrays.asList(faults));
    }

    // ---- looking at all states ----

    private record Step(String from, String action) {}

    Result check() {
        State first = new State(bounds.peers(), bounds.fields());
        Map<String, Step> reached = new HashMap<>();
        Deque<State> next = new ArrayDeque<>(List.of(first));
        reached.put(first.text(), new Step("", ""));
        Set<String> judged = new HashSet<>();
        while (!next.isEmpty()) {
            State state = next.poll();
            String wrong = judged.add(state.held()) ? wrongWhenAllHaveCompared(state) : null;
            if (wrong != null) {
                return new Result(reached.size(), Optional.of(path(reached, state) + wrong + " in " + state));
            }
            successors(state, (action, after) -> {
                if (reached.putIfAbsent(after.text(), new Step(state.text(), action)) == null) {
                    next.add(after);
                }
            });
        }
        return new Result(reached.size(), Optional.empty());
    }

    private static String path(Map<String, Step> reached, State state) {
        List<String> actions = new ArrayList<>();
        for (Step step = reached.get(state.text());
                step != null && !step.from().isEmpty();
                step = reached.get(step.from())) {
            actions.add(step.action());
        }
        Collections.reverse(actions);
        return String.join("; ", actions) + ": ";
    }

    /** Takes what may come next. */
    @FunctionalInterface
    private interface Successors {
        void add(String action, State after);
    }

    private void successors(State state, Successors all) {
        for (int peer = 0; peer < state.peers(); peer++) {
            int each = peer;
            if (!state.isThere(each)) {
                continue;
            }
            if (state.writes < bounds.writes()) {
                for (int field = 0; field < bounds.fields(); field++) {
                    int written = field;
                    add(state, each + " writes field " + written, after -> write(after, each, written), all);
                }
                if (state.has(each)) {
                    add(state, each + " deletes", after -> delete(after, each), all);
                }
            }
            for (Message message : state.underWay) {
                add(state, each + " hears " + message, after -> receive(after, each, message), all);
            }
            for (int other = 0; other < state.peers(); other++) {
                int asked = other;
                if (asked != each && state.isThere(asked)) {
                    add(state, asked + " hears hello of " + each, after -> hello(after, each, asked), all);
                }
            }
            if (mayForget(state, each)) {
                add(state, each + " forgets the delete", after -> forget(after, each), all);
            }
            if (state.gone == 0 && state.peers() > 2) {
                add(state, each + " leaves", after -> after.gone = 1 << each, all);
            }
        }
        for (Message message : state.underWay) {
            add(state, message + " is over", after -> after.underWay.remove(message), all);
        }
    }

    private static void add(State state, String action, Consumer<State> does, Successors all) {
        State after = new State(state);
        does.accept(after);
        all.add(action, after);
    }

    // ---- what peers do ----

    private int tick(State state, int peer) {
        state.clocks[peer]++;
        state.writes++;
        return state.clocks[peer] * WRITERS + peer + 1;
    }

    private void write(State state, int peer, int field) {
        boolean creates = !state.has(peer);
        int stamp = tick(state, peer);
        for (int each = 0; each < bounds.fields(); each++) {
            if (creates || each == field) {
                state.fields[peer][each] = stamp;
                state.heard[peer][each] = stamp;
            }
        }
        state.tombstones[peer] = State.NONE;
        state.underWay.add(Message.of(state.fields[peer]));
    }

    private void delete(State state, int peer) {
        int stamp = tick(state, peer);
        state.heardDeleted[peer] = stamp;
        bury(state, peer, stamp);
        state.underWay.add(Message.ofDelete(stamp));
    }

    private static void bury(State state, int peer, int stamp) {
        Arrays.fill(state.fields[peer], State.NONE);
        state.tombstones[peer] = stamp;
        state.clean[peer] = 0;
    }

    private void receive(State state, int peer, Message message) {
        if (!faults.contains(Fault.CLOCK_STANDS_ALONE)) {
            state.clocks[peer] = Math.max(state.clocks[peer], message.latest() / WRITERS);
        }
        state.heardDeleted[peer] = Math.max(state.heardDeleted[peer], message.deleted());
        for (int field = 0; field < message.fields().length(); field++) {
            state.heard[peer][field] =
                    Math.max(state.heard[peer][field], message.fields().charAt(field));
        }
        if (message.deleted() != State.NONE) {
            receiveDelete(state, peer, message.deleted());
        } else if (message.latest() <= state.tombstones[peer]) {
            state.underWay.add(Message.ofDelete(state.tombstones[peer])); // Whoever holds it is told.
        } else {
            state.fields[peer] = merged(state.fields[peer], message.stamps());
            state.tombstones[peer] = State.NONE;
        }
    }

    private void receiveDelete(State state, int peer, int stamp) {
        boolean wins = stamp > state.stamp(peer) || faults.contains(Fault.DELETES_ALWAYS_WIN);
        if (wins && stamp > state.tombstones[peer]) {
            bury(state, peer, stamp);
            if (faults.contains(Fault.FORGETS_ON_RECEIPT)) {
                state.tombstones[peer] = State.NONE;
            }
        }
    }

    private int[] merged(int[] one, int[] other) {
        if (faults.contains(Fault.MERGES_WHOLE_RECORDS)) {
            return State.latest(one) >= State.latest(other) ? one : other;
        }
        int[] both = one.clone();
        for (int field = 0; field < both.length; field++) {
            both[field] = Math.max(both[field], other[field]);
        }
        return both;
    }

    /** One says what it holds, and another one answers with what is missing or older there. */
    private void hello(State state, int peer, int asked) {
        boolean clean = !state.has(peer) || state.stamp(peer) > state.tombstones[asked];
        int buried = state.tombstones[asked];
        // An older event that comes after this hello makes it a wrong one: hellos are said more often than events are
        // late.
        if (clean
                && state.underWay.stream().noneMatch(message -> message.latest() <= buried)
                && nobodySpreads(state, buried)) {
            state.clean[asked] |= 1 << peer;
            // What is written after a hello is later than a delete before it, as far as clocks are right.
            state.clocks[peer] = Math.max(state.clocks[peer], buried / WRITERS);
        }
        if (state.has(asked)) {
            boolean newer = state.stamp(asked) > state.stamp(peer);
            boolean other = state.stamp(asked) == state.stamp(peer)
                    && !Arrays.equals(state.fields[asked], state.fields[peer])
                    && !faults.contains(Fault.COMPARES_ONE_STAMP);
            if (newer || other) {
                state.underWay.add(Message.of(state.fields[asked]));
            }
        } else if (!clean) {
            state.underWay.add(Message.ofDelete(state.tombstones[asked]));
        }
    }

    private boolean nobodySpreads(State state, int buried) {
        return faults.contains(Fault.BELIEVES_A_HELLO_FOR_EVER)
                || IntStream.range(0, state.peers())
                        .noneMatch(peer -> state.isThere(peer) && state.has(peer) && state.stamp(peer) <= buried);
    }

    private boolean mayForget(State state, int peer) {
        int others = ((1 << state.peers()) - 1) & ~(1 << peer);
        return state.tombstones[peer] != State.NONE
                && (faults.contains(Fault.FORGETS_EARLY) || (state.clean[peer] & others) == others);
    }

    /** Nothing is under way for as long as a tombstone is kept at least, and no clock is so far behind. */
    private static void forget(State state, int peer) {
        int stamp = state.tombstones[peer];
        state.underWay.removeIf(message -> message.latest() <= stamp);
        for (int each = 0; each < state.peers(); each++) {
            state.clocks[each] = Math.max(state.clocks[each], stamp / WRITERS);
        }
        state.tombstones[peer] = State.NONE;
    }

    // ---- what must hold ----

    /** What is wrong when everything under way was lost, and all have compared with all until nothing changes; null if nothing is. */
    private @Nullable String wrongWhenAllHaveCompared(State from) {
        State state = new State(from);
        state.underWay.clear();
        List<Integer> left =
                IntStream.range(0, state.peers()).filter(state::isThere).boxed().toList();
        String before = "";
        for (int round = 0; !before.equals(state.held()); round++) {
            if (round > MOST_ROUNDS) {
                return "they never agree";
            }
            before = state.held();
            left.forEach(one -> left.forEach(other -> compare(state, one, other)));
        }
        int first = left.get(0);
        for (int peer : left) {
            if (!Arrays.equals(state.fields[first], state.fields[peer])) {
                return "they differ, as " + state;
            }
        }
        return wrong(state.fields[first], state, left);
    }

    private void compare(State state, int one, int other) {
        if (one != other) {
            hello(state, one, other);
            for (Message message : List.copyOf(state.underWay)) {
                receive(state, one, message);
            }
            state.underWay.clear();
        }
    }

    private static @Nullable String wrong(int[] record, State state, List<Integer> left) {
        int deleted =
                left.stream().mapToInt(peer -> state.heardDeleted[peer]).max().orElse(State.NONE);
        int latest = State.NONE;
        for (int field = 0; field < record.length; field++) {
            int each = field;
            int written = left.stream()
                    .mapToInt(peer -> state.heard[peer][each])
                    .max()
                    .orElse(State.NONE);
            latest = Math.max(latest, written);
            if (written > deleted && record[field] != written) {
                return "the last write of field %d is lost".formatted(field);
            }
        }
        return latest <= deleted && State.latest(record) != State.NONE ? "what was deleted is back" : null;
    }
}
