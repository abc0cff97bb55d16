package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The last words on the hellos of others: with how many events they were answered from here (protocol section 4.8, {@code answers}). Who had
 * something to say tells that at once, when the broker has it all. Who had nothing waits a random time first, and is silent if somebody else has
 * said a last word meanwhile: one is enough for the asker to know that it was heard. On the worker.
 */
public final class RoundEnds {
    private static final long LONGEST_WAIT_MILLIS = 200;
    private static final int MOST = 1_000;

    private final SyncContext context;
    private final Sayer sayer;
    private final Map<String, Open> open = new LinkedHashMap<>();
    private final Map<String, Silent> silent = new HashMap<>();

    /** Says a last word. */
    @FunctionalInterface
    public interface Sayer {
        /**
         * Says it.
         *
         * @param asker whose hello it was
         * @param round the round of the hello
         * @param events how many events it was answered with
         */
        void say(String asker, String round, int events);
    }

    /** What is being answered. */
    private static final class Open {
        private final String round;
        /** Whether no word is needed where there was nothing to say. */
        private final boolean quiet;
        /** Whether nobody else could say it. */
        private final boolean alone;

        private int events;

        private Open(String round, boolean quiet, boolean alone) {
            this.round = round;
            this.quiet = quiet;
            this.alone = alone;
        }
    }

    /** What had nothing to be said to, and whose time runs. */
    private record Silent(String round, Disposable.Swap timer) {}

    /**
     * Begins with nothing.
     *
     * @param context the store
     * @param sayer says the last words
     */
    public RoundEnds(SyncContext context, Sayer sayer) {
        this.context = context;
        this.sayer = sayer;
    }

    /**
     * A hello is being answered. A newer one of the same peer takes its place.
     *
     * @param asker whose it is
     * @param round its round
     * @param quiet whether no word is needed if there is nothing to say
     * @param alone whether nobody else could answer
     */
    public void begin(String asker, String round, boolean quiet, boolean alone) {
        Open before = open.get(asker);
        if (before == null || !before.round.equals(round)) {
            open.put(asker, new Open(round, quiet, alone));
            if (open.size() > MOST) {
                open.remove(open.keySet().iterator().next());
            }
        }
    }

    /** One more event was published, for all who are being answered. */
    public void published() {
        open.values().forEach(each -> each.events++);
    }

    /** The broker has all that was to be said. */
    public void over() {
        if (open.isEmpty()) {
            return;
        }
        Map<String, Open> done = new LinkedHashMap<>(open);
        open.clear();
        done.forEach((asker, each) -> {
            if (each.events > 0) {
                sayer.say(asker, each.round, each.events);
            } else if (!each.quiet) {
                sayLater(asker, each);
            }
        });
    }

    private void sayLater(String asker, Open each) {
        if (each.alone) {
            sayer.say(asker, each.round, 0);
            return;
        }
        Silent next = new Silent(each.round, Disposables.swap());
        Silent before = silent.put(asker, next);
        if (before != null) {
            before.timer.dispose();
        }
        long jitter = (long) (LONGEST_WAIT_MILLIS * context.jitter().getAsDouble());
        next.timer.update(context.after(Duration.ofMillis(jitter), () -> {
            if (silent.remove(asker, next)) {
                sayer.say(asker, next.round, 0);
            }
        }));
    }

    /**
     * Somebody else has said a last word.
     *
     * @param answer it
     */
    public void heard(PeerInbound.Answer answer) {
        Silent waiting = silent.get(answer.to());
        if (answer.isEnd() && waiting != null && waiting.round.equals(answer.round())) {
            silent.remove(answer.to());
            waiting.timer.dispose();
        }
    }

    /** Nobody hears it any more. */
    public void disconnected() {
        open.clear();
        silent.values().forEach(each -> each.timer.dispose());
        silent.clear();
    }
}
