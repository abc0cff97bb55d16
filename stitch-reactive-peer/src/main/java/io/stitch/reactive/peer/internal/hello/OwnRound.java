package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The round of this peer's last hello: what it was answered with, what is asked next, and whether hello has to be said again, because an event
 * of the answer did not come or nobody answered (protocol sections 4.8 and 4.9). On the worker.
 */
public final class OwnRound {
    private static final String ROOT = "";
    /** Topics may overtake one another: so long an event may come behind the word that it was said. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final int MOST_REPETITIONS = 3;
    private static final int MOST_PEERS = 1_000;
    private static final long RANDOM_NAMES = 1L << 40;
    /** An entry is never shorter, so more of them fit into no message. */
    private static final int SHORTEST_ENTRY = 64;

    private final SyncContext context;
    private final Duration spacing;
    private final Supplier<DigestTree> tree;
    private final Speech speech;
    private final Disposable.Swap silence = Disposables.swap();
    private final Disposable.Swap judging = Disposables.swap();
    /** Of each peer that answers: how many events came, less how many it said that it published. */
    private final Map<String, Integer> balance = new HashMap<>();

    private final Set<String> asked = new HashSet<>();
    private final Set<String> told = new HashSet<>();
    private String round = "";
    private boolean open;
    private boolean isWhole;
    /** Whether an answer is missed where somebody is there. */
    private boolean wanted;
    /** Whether all is sent here that others hold and this peer lacks. */
    private boolean mayBeFilled;

    private boolean heardSomething;
    private boolean beingFilled;
    private int messages;
    private boolean cut;
    private int repetitions;
    private int failures;

    /** What is said in a round, and who is there to hear it. */
    public interface Speech {
        /**
         * Asks a peer for the fingerprints below some prefixes.
         *
         * @param round the round
         * @param to who is asked
         * @param prefixes the prefixes
         */
        void ask(String round, String to, List<String> prefixes);

        /**
         * Says what is held below some prefixes, if it fits into a message.
         *
         * @param round the round
         * @param prefixes the prefixes
         * @param held what is held there
         * @return whether it fits
         */
        boolean part(String round, List<String> prefixes, List<StoredRecord> held);

        /** Says hello again, as soon as that may be. */
        void again();

        /** Somebody has answered the hello, and all of the answer is here. */
        void compared();

        /** {@return whether somebody who answers hellos is known to be there} */
        boolean isAnyoneThere();
    }

    /**
     * Begins without a round.
     *
     * @param context the store
     * @param spacing how long an answer may take
     * @param tree what is held here
     * @param speech says what is to be said
     */
    public OwnRound(SyncContext context, Duration spacing, Supplier<DigestTree> tree, Speech speech) {
        this.context = context;
        this.spacing = spacing;
        this.tree = tree;
        this.speech = speech;
    }

    /**
     * Hello is said: what comes from now on is about this one.
     *
     * @param whole whether it is a manifest of everything
     * @param isAnswered whether whoever is there would answer it in any case
     * @return its round, a fresh name
     */
    public String begin(boolean whole, boolean isAnswered) {
        end();
        isWhole = whole;
        round = Long.toString((long) (context.jitter().getAsDouble() * RANDOM_NAMES), Character.MAX_RADIX);
        open = true;
        wanted = isAnswered;
        mayBeFilled = whole;
        messages = 1;
        awaitAnswer();
        return round;
    }

    private void end() {
        open = false;
        cut = false;
        heardSomething = false;
        beingFilled = false;
        balance.clear();
        asked.clear();
        told.clear();
        silence.update(Disposables.disposed());
        judging.update(Disposables.disposed());
    }

    /** Nothing comes of it any more. */
    public void stop() {
        end();
        repetitions = 0;
        failures = 0;
    }

    /**
     * {@return whether this peer is being sent what it lacks, so that what it holds says nothing yet}
     */
    public boolean isBeingFilled() {
        return beingFilled;
    }

    /**
     * {@return whether nothing more is to come for it: nobody owes an answer, and all that was said to come is here}
     */
    public boolean isSettled() {
        return !(wanted && speech.isAnyoneThere()) && !beingFilled && !cut && isComplete();
    }

    /**
     * {@return whether an answer was missed so often that hello is not said again for it}
     */
    public boolean isGivenUp() {
        return wanted && repetitions >= MOST_REPETITIONS;
    }

    // ---- silence ----

    private void awaitAnswer() {
        Duration wait = spacing.multipliedBy(1L << repetitions);
        silence.update(context.after(wait, () -> {
            if (heardSomething) { // A long replay.
                heardSomething = false;
                awaitAnswer();
            } else {
                beingFilled = false;
                if (wanted && repetitions < MOST_REPETITIONS && speech.isAnyoneThere()) {
                    repetitions++;
                    speech.again();
                }
            }
        }));
    }

    private void answered() {
        repetitions = 0;
        wanted = false;
    }

    /**
     * Somebody has said all that they hold.
     *
     * @param greets whether that shows that they heard this peer's hello
     */
    public void heardWhole(boolean greets) {
        if (greets || !isWhole) { // In place of the fingerprints of what is little.
            answered();
        }
    }

    // ---- answers ----

    /**
     * An event of an answer came, whomever it answers.
     *
     * @param sender who published it
     */
    public void replayed(String sender) {
        if (open && (balance.size() < MOST_PEERS || balance.containsKey(sender))) {
            heardSomething = true;
            beingFilled = mayBeFilled;
            balance.merge(sender, 1, Integer::sum);
        }
    }

    /**
     * Tells whether an answer is to this round.
     *
     * @param answer the answer
     * @return whether it is
     */
    public boolean isMine(PeerInbound.Answer answer) {
        return answer.to().equals(context.clientId()) && answer.round().equals(round);
    }

    /**
     * Somebody answered in this round.
     *
     * @param answer the answer
     */
    public void heard(PeerInbound.Answer answer) {
        answered();
        if (answer.isEnd()) {
            ended(answer.from(), answer.events());
        } else {
            compare(answer.from(), answer.nodes());
        }
    }

    private void ended(String from, int events) {
        if (events > 0) {
            mayBeFilled = false;
            beingFilled = false;
        }
        int missing = events - balance.getOrDefault(from, 0);
        if (events > 0 && (balance.size() < MOST_PEERS || balance.containsKey(from))) {
            balance.merge(from, -events, Integer::sum);
        }
        if (missing > 0) {
            judging.update(context.after(PATIENCE, this::judge));
            return;
        }
        if (events > 0 && isComplete()) {
            failures = 0;
        }
        if (cut) {
            cut = false;
            speech.again();
        } else if (isSettled()) {
            speech.compared();
        }
    }

    private boolean isComplete() {
        return balance.values().stream().allMatch(events -> events >= 0);
    }

    private void judge() {
        if (isComplete()) {
            failures = 0;
            if (isSettled()) {
                speech.compared();
            }
            return;
        }
        balance.clear();
        failures++;
        if (failures == 1) {
            speech.again();
        } else {
            judging.update(context.after(context.backoff(spacing, failures - 1), speech::again));
        }
    }

    private void compare(String from, Map<String, List<DigestNode>> nodes) {
        DigestTree held = tree.get();
        Map<String, List<DigestNode>> answers = new LinkedHashMap<>(nodes);
        answers.keySet().removeIf(prefix -> !prefix.equals(ROOT) && !asked.contains(from + '/' + prefix));
        DigestTree.Difference difference = held.difference(answers);
        List<String> asks = difference.branches();
        List<String> parts = difference.parts();
        asks.removeIf(prefix -> !asked.add(from + '/' + prefix));
        parts.removeIf(prefix -> !told.add(prefix));
        for (int i = 0; i < asks.size() && isRoom(); i += DigestNode.MAX_PREFIXES) {
            messages++;
            speech.ask(round, from, asks.subList(i, Math.min(asks.size(), i + DigestNode.MAX_PREFIXES)));
        }
        for (int i = 0; i < parts.size(); i += DigestNode.MAX_PREFIXES) {
            say(held, parts.subList(i, Math.min(parts.size(), i + DigestNode.MAX_PREFIXES)));
        }
        if (!asks.isEmpty() || !parts.isEmpty()) {
            wanted = true;
            awaitAnswer();
        }
    }

    /** Everything with one round counts as one hello, but only up to a bound: the next hello begins from what is there then. */
    private boolean isRoom() {
        cut |= messages >= DigestNode.MAX_MESSAGES;
        return messages < DigestNode.MAX_MESSAGES;
    }

    /** Says what is held below some prefixes, in as many messages as it takes. */
    private void say(DigestTree held, List<String> prefixes) {
        if (prefixes.isEmpty() || !isRoom()) {
            return;
        }
        int count = prefixes.stream().mapToInt(prefix -> held.node(prefix).n()).sum();
        boolean may = prefixes.size() <= DigestNode.MAX_PREFIXES && count <= DigestNode.MAX_BYTES / SHORTEST_ENTRY;
        if (may) {
            List<StoredRecord> records = new ArrayList<>(count);
            prefixes.forEach(prefix -> records.addAll(held.below(prefix)));
            if (speech.part(round, prefixes, records)) {
                messages++;
                return;
            }
        }
        List<String> parts = prefixes.size() > 1 ? prefixes : children(prefixes.get(0));
        int half = parts.size() / 2;
        say(held, parts.subList(0, half));
        say(held, parts.subList(half, parts.size()));
    }

    private static List<String> children(String prefix) {
        List<String> children = new ArrayList<>(DigestNode.CHILDREN);
        for (int digit = 0; digit < DigestNode.CHILDREN && prefix.length() < DigestNode.MAX_DIGITS; digit++) {
            children.add(DigestNode.child(prefix, digit));
        }
        return children;
    }
}
