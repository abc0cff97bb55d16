package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.writes.Journal;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Which other peers know hellos with manifests alone, and answer without a word at the end: what they would not understand is not said where they
 * were heard. Kept across restarts. At most 1 000; the one unheard longest goes first. On the worker.
 */
public final class PlainPeers {
    private static final String FACT = "plain-peers";
    private static final String SEPARATOR = "\n";
    private static final int MOST = 1_000;

    private final Journal journal;
    private final Supplier<Map<String, String>> facts;
    private final Set<String> plain = new LinkedHashSet<>();
    private boolean restored;

    /**
     * Knows what was kept.
     *
     * @param journal keeps it
     * @param facts what was kept, final once the store has started
     */
    public PlainPeers(Journal journal, Supplier<Map<String, String>> facts) {
        this.journal = journal;
        this.facts = facts;
    }

    private Set<String> plain() {
        if (!restored) {
            restored = true;
            String kept = facts.get().getOrDefault(FACT, "");
            plain.addAll(kept.isEmpty() ? List.of() : List.of(kept.split(SEPARATOR, -1)));
        }
        return plain;
    }

    /**
     * A peer said hello, or answered one.
     *
     * @param peer the peer
     * @param answers whether it lists that it does digests, and answers
     */
    public void heard(String peer, boolean answers) {
        boolean known = plain().remove(peer); // It is the last one now.
        boolean changed = answers ? known : plain.add(peer) && !known;
        if (plain.size() > MOST) {
            Iterator<String> oldest = plain.iterator();
            oldest.next();
            oldest.remove();
        }
        if (changed) {
            keep();
        }
    }

    private void keep() {
        journal.put(FACT, String.join(SEPARATOR, plain));
    }

    /**
     * Tells what is known of a peer.
     *
     * @param peer the peer
     * @return whether it knows hellos with manifests alone
     */
    public boolean isPlain(String peer) {
        return plain().contains(peer);
    }

    /** Forgets all of them. */
    public void clear() {
        if (!plain().isEmpty()) {
            plain.clear();
            keep();
        }
    }
}
