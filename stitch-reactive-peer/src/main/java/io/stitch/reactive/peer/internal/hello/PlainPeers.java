package io.stitch.reactive.peer.internal.hello;

import io.stitch.reactive.internal.writes.Journal;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Which other peers do not list a feature: what they would not understand is not said where they were heard. Kept across restarts. At most 1 000; the one unheard longest goes first. On the worker.
 */
public final class PlainPeers {
    /** The fact that keeps those who know hellos with manifests alone, and answer without a word at the end. */
    public static final String WITHOUT_DIGESTS = "plain-peers";
    /** The fact that keeps those who merge whole records. */
    public static final String WITHOUT_FIELDS = "whole-peers";

    private static final String SEPARATOR = "\n";
    private static final int MOST = 1_000;

    private final Journal journal;
    private final Supplier<Map<String, String>> facts;
    private final String fact;
    private final Set<String> plain = new LinkedHashSet<>();
    private boolean restored;

    /**
     * Knows what was kept.
     *
     * @param journal keeps it
     * @param facts what was kept, final once the store has started
     * @param fact under which name it is kept
     */
    public PlainPeers(Journal journal, Supplier<Map<String, String>> facts, String fact) {
        this.fact = fact;
        this.journal = journal;
        this.facts = facts;
    }

    private Set<String> plain() {
        if (!restored) {
            restored = true;
            String kept = facts.get().getOrDefault(fact, "");
            plain.addAll(kept.isEmpty() ? List.of() : List.of(kept.split(SEPARATOR, -1)));
        }
        return plain;
    }

    /**
     * A peer said hello, or answered one.
     *
     * @param peer the peer
     * @param lists whether it lists the feature
     */
    public void heard(String peer, boolean lists) {
        boolean known = plain().remove(peer); // It is the last one now.
        boolean changed = lists ? known : plain.add(peer) && !known;
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
        journal.put(fact, String.join(SEPARATOR, plain));
    }

    /**
     * Tells what is known of a peer.
     *
     * @param peer the peer
     * @return whether it does not list the feature
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
