package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What peers answer to the fingerprint of all that somebody holds (protocol section 4.9): that theirs is the same, or their own. Each waits a
 * random time first, and is silent if somebody else has meanwhile said what it would say. On the worker.
 */
public final class RootAnswers {
    private static final String ROOT = "";
    private static final long LONGEST_WAIT_MILLIS = 200;

    private final SyncContext context;
    private final Supplier<DigestTree> tree;
    private final Sayer sayer;
    private final Map<String, Question> questions = new HashMap<>();

    /** Says the answers. */
    public interface Sayer {
        /**
         * Says that both hold the same.
         *
         * @param asker who asked
         * @param round the round
         */
        void same(String asker, String round);

        /**
         * Says what is held here.
         *
         * @param asker who asked
         * @param round the round
         * @param nodes the children by prefix
         */
        void nodes(String asker, String round, Map<String, List<DigestNode>> nodes);

        /** Says all that is held here, which is little. */
        void whole();
    }

    private record Question(String round, DigestNode theirs, boolean quiet, Disposable.Swap timer) {}

    /**
     * Begins with no question.
     *
     * @param context the store
     * @param tree what is held here
     * @param sayer says the answers
     */
    public RootAnswers(SyncContext context, Supplier<DigestTree> tree, Sayer sayer) {
        this.context = context;
        this.tree = tree;
        this.sayer = sayer;
    }

    /**
     * Somebody said what they hold. A newer question of the same peer takes the place of an older one.
     *
     * @param asker who
     * @param round the round
     * @param theirs what
     * @param quiet whether no word is needed if it is the same
     * @param alone whether nobody else could answer
     */
    public void asked(String asker, String round, DigestNode theirs, boolean quiet, boolean alone) {
        Question question = new Question(round, theirs, quiet, Disposables.swap());
        Question before = questions.put(asker, question);
        if (before != null) {
            before.timer.dispose();
        }
        long wait = alone ? 0 : (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
        question.timer.update(context.after(Duration.ofMillis(wait), () -> {
            if (questions.remove(asker, question)) {
                answer(asker, question);
            }
        }));
    }

    private void answer(String asker, Question question) {
        DigestTree held = tree.get();
        DigestNode ours = held.node(ROOT);
        if (!ours.equals(question.theirs)) {
            if (ours.n() <= DigestNode.MAX_ITEMS) {
                sayer.whole();
            } else {
                sayer.nodes(asker, question.round, Map.of(ROOT, held.children(ROOT)));
            }
        } else if (!question.quiet) {
            sayer.same(asker, question.round);
        }
    }

    /**
     * Somebody else has answered.
     *
     * @param answer the answer
     * @return whether that shows that they hold what is held here
     */
    public boolean heard(PeerInbound.Answer answer) {
        Question question = questions.get(answer.to());
        if (question == null || !question.round.equals(answer.round()) || !isOurs(answer, question)) {
            return false;
        }
        questions.remove(answer.to());
        question.timer.dispose();
        return true;
    }

    /** Whether the one who answered holds what is held here. */
    private boolean isOurs(PeerInbound.Answer answer, Question question) {
        DigestTree held = tree.get();
        if (answer.isEnd()) {
            return answer.events() == 0 && held.node(ROOT).equals(question.theirs);
        }
        return held.children(ROOT).equals(answer.nodes().get(ROOT));
    }

    /** Nobody hears it any more. */
    public void disconnected() {
        questions.values().forEach(each -> each.timer.dispose());
        questions.clear();
    }
}
